// Package connect is the modal that authenticates an integration: NetSuite's
// client credentials, a private key from a file, a paste or made on the spot,
// and the checks that tick off while NetSuite is asked. It stays open until
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
	"billferry/internal/service"
	"billferry/internal/spec"
	"billferry/ui/confirm"
	"billferry/ui/form"
	"billferry/ui/load"
	"billferry/ui/picker"
	"billferry/ui/screen"
	"billferry/ui/widget"
)

const (
	connectDeadline = 60 * time.Second
	certificateDays = 729 // NetSuite takes a certificate of at most two years
	advanced        = spec.Panel("Advanced, for sandboxes")
)

// Dialog is the modal.
type Dialog struct {
	env        screen.Env
	in         integration.Integration
	then       func(text string) tea.Cmd
	fields     []spec.Field // as the catalog has them
	form       *form.Form
	was        spec.Values // before anything was typed
	key        keyField
	steps      steps
	busy       widget.Busy
	err        error  // why it is not connected
	unverified bool   // NetSuite is not asked
	note       string // what was made or filled in
	width      int
	height     int
}

// New returns the modal for an integration; auth are the fields of its
// destination, old what is stored. then is called when credentials are kept:
// it closes the modal, once what lies below shows the new state, and says text.
func New(env screen.Env, in integration.Integration, auth []spec.Field, old integration.Credentials, then func(text string) tea.Cmd) *Dialog {
	d := &Dialog{env: env, in: in, fields: auth, then: then}
	v := spec.Values{
		"externalCustomerId": old.AccountID, "clientId": old.ClientID, "keyId": old.KeyID, keyFieldID: "", "restUrl": old.RESTURL, "tokenUrl": old.TokenURL,
	}
	d.was = v.Clone()
	d.form = form.New(shown(auth), "", v, "Save")
	d.form.Shut(advanced, old.RESTURL == "" && old.TokenURL == "")
	d.steps.owner = d
	return d
}

// shown turns the fields into those of the form: the key is asked for by its
// path, and what only sandboxes need has a panel of its own.
func shown(auth []spec.Field) []spec.Field {
	out := make([]spec.Field, len(auth))
	for i, x := range auth {
		if x.Kind == spec.Secret {
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
			return nil // esc stops it; everything else waits
		}
		return d.press(m)
	case load.Msg:
		return m.For(d)
	case picker.DoneMsg:
		if m.Tag == d.tag() && len(m.IDs) > 0 {
			return d.chosen(m.IDs[0])
		}
	case stepMsg:
		return d.steps.took(m)
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
	case key.Matches(m, keys.choose):
		d.form.Focus(keyFieldID)
		path := d.typedPath()
		if path == pasted {
			path = ""
		}
		return d.chooseFile(path)
	case key.Matches(m, keys.make):
		return d.generate()
	case key.Matches(m, keys.demo) && d.env.Info.Demo != nil:
		return d.fillDemo()
	case key.Matches(m, keys.anyway) && d.err != nil:
		return d.save(true)
	case key.Matches(m, keys.complete) && d.form.FocusID() == keyFieldID && len(completed(d.key.files)) > len(d.typedPath()):
		d.form.Set(keyFieldID, completed(d.key.files))
		return d.pathChanged()
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
	return nil
}

// chosen takes a path from the picker; a folder is opened in it.
func (d *Dialog) chosen(path string) tea.Cmd {
	if isFolder(path) {
		return d.chooseFile(path)
	}
	d.form.Set(keyFieldID, path)
	return d.pathChanged()
}

func (d *Dialog) made(got service.KeyFiles, err error) tea.Cmd {
	if err != nil {
		return screen.Fail(fmt.Errorf("the key pair was not made: %w", err))
	}
	d.note = fmt.Sprintf("Made %s, valid until %s. Upload this certificate in NetSuite: Setup > Integration > OAuth 2.0 Client Credentials (M2M) Setup. Then type the Certificate ID it shows as Key Id.",
		got.CertFile, got.Expires.Format("2006-01-02"))
	return d.chosen(got.KeyFile)
}

func (d *Dialog) fillDemo() tea.Cmd {
	demo := d.env.Info.Demo
	for k, v := range map[string]string{
		"externalCustomerId": demo.AccountID, "clientId": demo.ClientID, "keyId": demo.KeyID, "restUrl": demo.RESTURL, "tokenUrl": demo.TokenURL,
	} {
		d.form.Set(k, v)
	}
	d.note = "Filled in what demo made; ctrl+s saves."
	return d.chosen(demo.KeyFile)
}

// save checks the fields and asks NetSuite, or keeps them as they are.
func (d *Dialog) save(unverified bool) tea.Cmd {
	d.err, d.unverified = nil, unverified
	if d.key.pem.Empty() && d.key.err == nil && d.typedPath() != "" { // typed this moment
		d.key.saveNext = true
		return d.readKey()
	}
	v := d.form.Values()
	if p := d.problems(v); p.Err() != nil {
		d.form.SetProblems(p)
		return nil
	}
	d.form.SetProblems(nil)
	c := service.Connect{
		IntegrationID: d.in.ID, AccountID: v.Text("externalCustomerId"), ClientID: v.Text("clientId"), KeyID: v.Text("keyId"),
		PrivateKey: d.key.pem, RESTURL: v.Text("restUrl"), TokenURL: v.Text("tokenUrl"), Unverified: unverified,
	}
	svc := d.env.Service
	return tea.Batch(d.busy.Start(), d.steps.start(func(ctx context.Context, step func(service.Step)) error {
		_, err := svc.Connect(ctx, c, step)
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
		case x.Kind != spec.Secret:
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

// over ends the checks: a failure keeps the modal with NetSuite's words.
func (d *Dialog) over(err error) tea.Cmd {
	d.busy.Stop()
	if err == nil { // the steps stand until the modal closes: nothing is left to press
		text := "Integration connected successfully"
		if d.unverified {
			text = "Credentials saved; NetSuite was not asked"
		}
		return d.then(text)
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
func (d *Dialog) Title() string { return string(spec.Auth) }

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
		return true, d.env.Open(confirm.New(d.env, "Close the connection form?", "What was typed into it is not saved.", "Close it", d.env.Close))
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
	if d.env.Info.Demo != nil {
		demo = ""
	}
	if d.err != nil {
		anyway = ""
	}
	out := []screen.Key{
		d.form.Keys("save")[0],
		{Binding: keys.demo, Disabled: demo, Footer: demo == ""}, {Binding: keys.anyway, Disabled: anyway, Footer: anyway == ""},
		{Binding: keys.choose, Footer: true}, {Binding: keys.make, Footer: true},
		{Binding: key.NewBinding(key.WithKeys("esc"), key.WithHelp("esc", "cancel")), Footer: true},
	}
	for _, k := range d.form.Keys("save")[1:] {
		if k.Help().Key != "ctrl+f" {
			k.Footer = false
			out = append(out, k)
		}
	}
	return out
}

// failure is what to show of err: its words and what to do.
func failure(err error) []string {
	out := strings.Split(err.Error(), "\n")
	var f *integration.Failure
	if errors.As(err, &f) && f.Advice != "" {
		out = append(out, "→ "+f.Advice)
	}
	return out
}
