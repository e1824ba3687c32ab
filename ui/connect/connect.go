// Package connect is the modal that authenticates an integration: what its
// destination asks for, a private key from a file, a paste or made on the spot,
// and the checks that tick off while it is asked. It stays open until
// the connection works or the operator leaves it.
package connect

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/integration"
	"billferry/internal/secret"
	"billferry/internal/service"
	"billferry/internal/spec"
	"billferry/ui/confirm"
	"billferry/ui/files"
	"billferry/ui/form"
	"billferry/ui/load"
	"billferry/ui/picker"
	"billferry/ui/screen"
	"billferry/ui/theme"
	"billferry/ui/widget"
)

const (
	connectDeadline = 60 * time.Second
	advanced        = spec.Panel("Advanced, for sandboxes")
)

// Dialog is the modal.
type Dialog struct {
	env        screen.Env
	in         integration.Integration
	then       Then
	fields     []spec.Field // as the catalog has them
	words      spec.Words
	title      string
	keyID      string // of the field of the private key; "": there is none
	form       *form.Form
	was        spec.Values // before anything was typed
	key        keyField
	steps      steps
	kept       *integration.Credentials // by the checks, once they are over
	busy       widget.Busy
	err        error  // why it is not connected
	unverified bool   // the destination is not asked
	note       string // what was made or filled in
	width      int
	height     int
}

// Then is called in the Update that closes the modal because credentials are kept: what
// lies below shows the new state from that frame on.
type Then func(kept integration.Credentials) tea.Cmd

// New returns the modal for an integration; f is its destination's form, old
// what is stored.
func New(env screen.Env, in integration.Integration, f spec.Form, old integration.Credentials, then Then) *Dialog {
	d := &Dialog{env: env, in: in, fields: f.Auth, words: f.Words, title: f.Title(), then: then}
	v, plain := spec.Values{}, true
	for _, x := range f.Auth {
		v.Set(x.Key, old.Values.Text(x.Key))
		if x.Kind == spec.Key {
			d.keyID = x.Key
		}
		plain = plain && (!x.Ours || v.Text(x.Key) == "")
	}
	d.was = v.Clone()
	d.form = form.New(d.shown(), "", v, "Save")
	d.form.Shut(advanced, plain)
	d.steps.owner = d
	return d
}

// shown turns the fields into those of the form: the key is asked for by its
// path, and what only sandboxes need has a panel of its own.
func (d *Dialog) shown() []spec.Field {
	out := make([]spec.Field, len(d.fields))
	for i, x := range d.fields {
		x.Panel = spec.Panel(d.title)
		if x.Kind == spec.Key {
			x.Kind, x.Check = spec.Text, nil
			x.Help = "The path of the file (tab completes it), or paste the key itself. " + x.Help
		}
		if x.Ours {
			x.Panel = advanced
		}
		out[i] = x
	}
	return out
}

// Init implements screen.Screen.
func (d *Dialog) Init() tea.Cmd { return nil }

// Update implements screen.Screen.
func (d *Dialog) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case tea.KeyMsg:
		if d.steps.on {
			return nil // esc stops it; nothing else is of use
		}
		return d.press(m)
	case load.Msg:
		return m.For(d)
	case picker.DoneMsg:
		if m.Tag == d.tag() && len(m.IDs) > 0 {
			return d.chosen(m.IDs[0])
		}
	case stepMsg:
		return d.steps.onStep(m)
	case stepsOverMsg:
		if m.owner == d && m.gen == d.steps.gen {
			return d.over(m.err)
		}
	default:
		return d.busy.Update(msg)
	}
	return nil
}

func bind(name, text string) key.Binding {
	return key.NewBinding(key.WithKeys(name), key.WithHelp(name, text))
}

var keys = struct{ choose, make, demo, anyway, complete key.Binding }{
	choose: bind("ctrl+f", "choose the key file"), make: bind("ctrl+g", "make a key pair"),
	demo: bind("f2", "fill in demo's values"), anyway: bind("f3", "save anyway"), complete: bind("tab", "complete the path"),
}

func (d *Dialog) press(m tea.KeyMsg) tea.Cmd {
	if mine, cmd := d.pasteKey(m); mine {
		return cmd
	}
	switch {
	case key.Matches(m, keys.choose) && d.keyID != "":
		d.form.Focus(d.keyID)
		path := d.typedPath()
		if path == pasted {
			path = ""
		}
		return d.chooseFile(path)
	case key.Matches(m, keys.make) && d.keyID != "":
		return d.generate()
	case key.Matches(m, keys.demo) && d.demo() != nil:
		return d.fillDemo()
	case key.Matches(m, keys.anyway) && d.err != nil:
		return d.save(true)
	case key.Matches(m, keys.complete) && d.keyID != "" && d.form.FocusID() == d.keyID:
		return d.tab()
	}
	before := d.typedPath()
	result := d.form.Update(m)
	d.strayKey()
	if result.Submit {
		return d.save(false)
	}
	if d.typedPath() != before {
		return d.pathChanged()
	}
	return result.Said()
}

// chosen takes a path from the picker; a folder is opened in it.
func (d *Dialog) chosen(path string) tea.Cmd {
	if files.IsFolder(path) {
		return d.chooseFile(path)
	}
	d.form.Set(d.keyID, path)
	return d.pathChanged()
}

func (d *Dialog) made(got service.KeyFiles, err error) tea.Cmd {
	if err != nil {
		return screen.Fail(err)
	}
	d.note = MadeKey(got, d.words)
	return d.chosen(got.KeyFile)
}

func (d *Dialog) fillDemo() tea.Cmd {
	demo := d.demo()
	for k, v := range demo.Connect {
		if k != d.keyID {
			d.form.Set(k, v)
		}
	}
	d.note = "Filled in what demo made; ctrl+s saves."
	if d.keyID == "" {
		return nil
	}
	return d.chosen(demo.Connect[d.keyID])
}

// demo is what demo made for this destination, if it did.
func (d *Dialog) demo() *service.DemoInfo {
	if demo := d.env.Info.Demo; demo != nil && demo.Destination == d.in.Destination {
		return demo
	}
	return nil
}

// save checks the fields and asks the destination, or keeps them as they are.
func (d *Dialog) save(unverified bool) tea.Cmd {
	d.err, d.unverified = nil, unverified
	if d.unread() { // typed this moment
		d.key.saveNext = true
		return d.readKey()
	}
	v := d.form.Values()
	if p := d.problems(v); p.Err() != nil {
		d.form.SetProblems(p)
		return nil
	}
	d.form.SetProblems(nil)
	c := service.Connect{IntegrationID: d.in.ID, Values: spec.Values{}, Secrets: map[string]secret.Value{}, Unverified: unverified}
	for _, x := range d.fields {
		switch {
		case x.Kind == spec.Key:
			c.Secrets[x.Key] = d.key.pem
		case x.Kind.Hidden():
			c.Secrets[x.Key] = secret.New(v.Text(x.Key))
		default:
			c.Values.Set(x.Key, v.Text(x.Key))
		}
	}
	svc := d.env.Service
	var kept integration.Credentials // written before the end is told
	d.kept = &kept
	return tea.Batch(d.busy.Start(), d.steps.start(func(ctx context.Context, step func(service.Step)) (err error) {
		kept, err = svc.Connect(ctx, c, step)
		return err
	}))
}

// problems checks every field by its spec; of the key it is the file that
// must be good.
func (d *Dialog) problems(v spec.Values) spec.Problems {
	var out spec.Problems
	for _, x := range d.fields {
		var err error
		switch {
		case x.Kind != spec.Key:
			err = x.Validate(v.Get(x.Key))
		case d.key.err != nil:
			err = d.key.err
		case d.key.pem.Empty():
			err = fmt.Errorf("%s is required", x.Label)
		}
		if err != nil {
			out = append(out, spec.Problem{Key: x.Key, Label: x.Label, Message: err.Error()})
		}
	}
	return out
}

// over ends the checks: the modal closes before another key comes, or a failure keeps
// it with the destination's words.
func (d *Dialog) over(err error) tea.Cmd {
	d.busy.Stop()
	switch {
	case err == nil: // also where esc came too late
		text := "Integration connected successfully"
		if d.unverified {
			text = "Credentials saved; " + d.words.System + " was not asked"
		}
		return tea.Batch(d.env.Close(d), d.then(*d.kept), screen.Toast(text))
	case !d.steps.on: // it was stopped, and says so
		return nil
	}
	d.steps.on, d.err = false, err
	var problems spec.Problems
	if errors.As(err, &problems) {
		d.form.SetProblems(problems)
	}
	return nil
}

func (d *Dialog) tag() string { return fmt.Sprintf("%p", d) }

// dirty tells whether something was typed.
func (d *Dialog) dirty() bool {
	v := d.form.Values()
	for k := range d.was {
		if v.Text(k) != d.was.Text(k) {
			return true
		}
	}
	return false
}

// Title implements screen.Screen.
func (d *Dialog) Title() string { return d.title }

// Typing implements screen.Screen.
func (d *Dialog) Typing() bool { return !d.steps.on && d.form.Typing() }

// Back implements screen.Screen: it stops the checks, or asks before typed
// work is lost.
func (d *Dialog) Back() (bool, tea.Cmd) {
	switch {
	case d.steps.on:
		d.steps.stop()
		d.busy.Stop()
		d.err = errors.New("stopped before the connection was verified; nothing was saved")
		return true, nil
	case d.dirty():
		return true, d.env.Open(confirm.New(d.env, "Close the connection form?", "What was typed into it is not saved.", "Close it",
			func() tea.Cmd { return d.env.Close(d) }))
	}
	return false, nil
}

// Leave implements screen.Leaver.
func (d *Dialog) Leave() (string, tea.Cmd) {
	if d.dirty() {
		return "The connection form holds values that are not saved.", nil
	}
	return "", nil
}

// Keys implements screen.Screen.
func (d *Dialog) Keys() []screen.Key {
	demo, anyway := "this is not demo", "nothing has failed yet"
	if d.demo() != nil {
		demo = ""
	}
	if d.err != nil {
		anyway = ""
	}
	noKey := ""
	if d.keyID == "" {
		noKey = d.words.System + " takes no private key"
	}
	out := []screen.Key{
		d.form.Keys("save")[0],
		{Binding: keys.demo, Disabled: demo, Footer: demo == ""}, {Binding: keys.anyway, Disabled: anyway, Footer: anyway == ""},
		{Binding: keys.choose, Disabled: noKey, Footer: noKey == ""}, {Binding: keys.make, Disabled: noKey, Footer: noKey == ""},
		{Binding: key.NewBinding(key.WithKeys("esc"), key.WithHelp("esc", "cancel")), Footer: true},
	}
	for _, k := range d.form.Keys("save")[1:] {
		if k.Help().Key != "ctrl+l" {
			k.Footer = false
			out = append(out, k)
		}
	}
	return out
}

// failed is what went wrong and the advice, in lines of at most width cells, of
// which the first has the mark.
func failed(err error, width int) (out []string) {
	parts := strings.Split(err.Error(), "\n")
	var f *integration.Failure
	if errors.As(err, &f) && f.Advice != "" {
		parts = append(parts, "→ "+f.Advice)
	}
	mark := "✗ "
	for _, part := range parts {
		for _, l := range widget.Wrap(widget.Clean(part), width-2) {
			out = append(out, theme.Bad.Render(mark+l))
			mark = "  "
		}
	}
	return out
}
