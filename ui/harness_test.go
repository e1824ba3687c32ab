package ui

import (
	"context"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/service/servicetest"
	"billferry/internal/spec"
	"billferry/ui/screen"
)

func TestMain(m *testing.M) {
	lipgloss.SetColorProfile(termenv.Ascii)
	os.Exit(m.Run())
}

// driver runs the root as Bubble Tea does, on the clock of a synctest bubble:
// ticks and debounces cost no real time.
type driver struct {
	t    *testing.T
	root *root
	fake *servicetest.Fake
	msgs chan tea.Msg
	done chan struct{}
	quit bool
}

// drive starts the program at a size inside a bubble and hands it to do.
func drive(t *testing.T, fake *servicetest.Fake, width, height int, start screen.Route, do func(*driver)) {
	t.Helper()
	driveOn(t, func() time.Time { return servicetest.Start }, fake, width, height, start, do)
}

// driveOn is drive with a clock of its own.
func driveOn(t *testing.T, now func() time.Time, fake *servicetest.Fake, width, height int, start screen.Route, do func(*driver)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		info, err := fake.Info(ctx)
		if err != nil {
			t.Fatal(err)
		}
		changes, err := fake.Changes(ctx)
		if err != nil {
			t.Fatal(err)
		}
		d := &driver{t: t, fake: fake, msgs: make(chan tea.Msg), done: make(chan struct{})}
		d.root = newRoot(screen.Env{Service: fake, Now: now, Info: info}, start)
		go relay(ctx, fake, changes, d.send)
		defer func() {
			close(d.done)
			cancel()
			time.Sleep(time.Minute) // the ticks that are under way end
			synctest.Wait()
		}()
		d.run(d.root.Init())
		d.update(tea.WindowSizeMsg{Width: width, Height: height})
		d.settle()
		do(d)
	})
}

func (d *driver) send(m tea.Msg) {
	select {
	case d.msgs <- m:
	case <-d.done:
	}
}

func (d *driver) run(cmd tea.Cmd) {
	if cmd != nil {
		go func() { d.send(cmd()) }()
	}
}

// update handles one message as tea's loop does.
func (d *driver) update(m tea.Msg) {
	switch x := m.(type) {
	case nil:
	case tea.QuitMsg:
		d.quit = true
	case tea.BatchMsg:
		for _, c := range x {
			d.run(c)
		}
	default:
		if cmds, ok := sequence2(m); ok {
			go func() {
				for _, c := range cmds {
					if c != nil {
						d.send(c())
					}
				}
			}()
			return
		}
		_, cmd := d.root.Update(m)
		d.run(cmd)
	}
}

// sequence2 takes tea's private sequence message apart.
func sequence2(m tea.Msg) ([]tea.Cmd, bool) {
	v := reflect.ValueOf(m)
	if v.Kind() != reflect.Slice || v.Type().Elem() != reflect.TypeFor[tea.Cmd]() {
		return nil, false
	}
	return v.Convert(reflect.TypeFor[[]tea.Cmd]()).Interface().([]tea.Cmd), true
}

// settle handles what comes in for a second: every reply, debounce and burst
// of changes, but not the end of a toast.
func (d *driver) settle() {
	over := time.After(time.Second)
	for {
		select {
		case m := <-d.msgs:
			d.update(m)
		case <-over:
			return
		}
	}
}

// keys presses keys by their names and settles after each.
func (d *driver) keys(names ...string) {
	for _, n := range names {
		d.update(press(n))
		d.settle()
	}
}

// typeText types a text letter by letter.
func (d *driver) typeText(s string) {
	for _, r := range s {
		d.update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}})
	}
	d.settle()
}

var named = map[string]tea.KeyType{
	"enter": tea.KeyEnter, "esc": tea.KeyEsc, "tab": tea.KeyTab, "shift+tab": tea.KeyShiftTab, "up": tea.KeyUp, "down": tea.KeyDown,
	"left": tea.KeyLeft, "right": tea.KeyRight, "space": tea.KeySpace, "ctrl+c": tea.KeyCtrlC, "ctrl+s": tea.KeyCtrlS, "ctrl+t": tea.KeyCtrlT,
	"ctrl+f": tea.KeyCtrlF, "ctrl+l": tea.KeyCtrlL, "backspace": tea.KeyBackspace,
	"ctrl+p": tea.KeyCtrlP, "ctrl+u": tea.KeyCtrlU, "ctrl+g": tea.KeyCtrlG, "ctrl+z": tea.KeyCtrlZ, "f1": tea.KeyF1, "f2": tea.KeyF2,
	"f3": tea.KeyF3, "pgdown": tea.KeyPgDown, "home": tea.KeyHome, "end": tea.KeyEnd, "ctrl+o": tea.KeyCtrlO, "ctrl+n": tea.KeyCtrlN,
}

func press(name string) tea.KeyMsg {
	if k, ok := named[name]; ok {
		if k == tea.KeySpace {
			return tea.KeyMsg{Type: k, Runes: []rune{' '}}
		}
		return tea.KeyMsg{Type: k}
	}
	return tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(name)}
}

// view is the frame without the blanks at line ends, checked for its size.
func (d *driver) view() string {
	d.t.Helper()
	frame := d.root.View()
	if fault := misfit(frame, d.root.width, d.root.height); fault != "" {
		d.t.Fatalf("%s\n%s", fault, frame)
	}
	lines := strings.Split(ansi.Strip(frame), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n") + "\n"
}

// misfit says how a frame does not fit a terminal, or "".
func misfit(frame string, width, height int) string {
	lines := strings.Split(frame, "\n")
	if len(lines) != height {
		return fmt.Sprintf("%d lines in a terminal of %dx%d", len(lines), width, height)
	}
	for i, l := range lines {
		if w := ansi.StringWidth(l); w > width {
			return fmt.Sprintf("line %d is %d cells wide in a terminal of %dx%d", i, w, width, height)
		}
	}
	return ""
}

// shows fails unless the frame holds every text.
func (d *driver) shows(texts ...string) {
	d.t.Helper()
	for _, s := range texts {
		if v := d.view(); !strings.Contains(v, s) {
			d.t.Fatalf("%q is not on the screen:\n%s", s, v)
		}
	}
}

func (d *driver) hides(texts ...string) {
	d.t.Helper()
	for _, s := range texts {
		if v := d.view(); strings.Contains(v, s) {
			d.t.Fatalf("%q is on the screen:\n%s", s, v)
		}
	}
}

// seeded is a store with three integrations, a draft, and some runs.
func seeded() *servicetest.Fake {
	f := servicetest.New()
	us := f.AddIntegration(integration.Integration{ID: "us", Name: "NetSuite US", Enabled: true})
	f.AddIntegration(integration.Integration{ID: "uk", Name: "NetSuite UK", Enabled: true})
	f.AddIntegration(integration.Integration{ID: "de", Name: "NetSuite DE", DisabledWhy: "5 authentication failures in a row"})
	f.AddCredentials(us.ID, integration.Credentials{
		Values:      spec.Values{"externalCustomerId": "1234567_SB1", "clientId": "c1", "keyId": "k1"},
		KeyType:     "EC P-256",
		Algorithm:   "ES256",
		Fingerprint: strings.Repeat("ab12", 16),
		Verified:    true,
		ConnectedAt: servicetest.Start,
	})
	for i, st := range []integration.Status{integration.Complete, integration.Errored, integration.Complete} {
		r := integration.Run{
			ID: fmt.Sprintf("run-%d", i), IntegrationID: us.ID, Status: st, AccountID: "a1", AccountCode: "acme_uk",
			BillRef:  fmt.Sprintf("INVOICE-%d", 101+i),
			Currency: "USD", AmountIn: decimal.MustParse("1727.00"), Created: servicetest.Start.Add(-time.Hour * time.Duration(3-i)),
		}
		if st == integration.Complete {
			r.AmountOut = r.AmountIn
		}
		f.AddRun(r)
	}
	f.SetAccounts(
		integration.Account{ID: "11111111-0000-4000-8000-000000000001", Name: "Acme Corp", Code: "acme"},
		integration.Account{ID: "11111111-0000-4000-8000-000000000002", Name: "Globex", Code: "globex"})
	return f
}
