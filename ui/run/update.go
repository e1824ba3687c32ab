package run

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/integration"
	"billferry/internal/runfilter"
	"billferry/internal/service"
	"billferry/ui/confirm"
	"billferry/ui/learn"
	"billferry/ui/load"
	"billferry/ui/screen"
	"billferry/ui/settle"
	"billferry/ui/widget"
)

// keys is the screen's key map, and its help.
var keys = struct {
	tab, next, previous, earlier, later, find, hit, hitBack, curl, retry, more, integration, mapping, remedy key.Binding
}{
	tab:         key.NewBinding(key.WithKeys("1", "2", "3", "4", "5", "6", "7"), key.WithHelp("1-7", "tab")),
	next:        key.NewBinding(key.WithKeys("tab", "l", "right"), key.WithHelp("tab/l/→", "next tab")),
	previous:    key.NewBinding(key.WithKeys("shift+tab", "h", "left"), key.WithHelp("⇧tab/h/←", "tab before")),
	earlier:     key.NewBinding(key.WithKeys("["), key.WithHelp("[", "earlier attempt")),
	later:       key.NewBinding(key.WithKeys("]"), key.WithHelp("]", "later attempt")),
	find:        key.NewBinding(key.WithKeys("/"), key.WithHelp("/", "find")),
	hit:         key.NewBinding(key.WithKeys("n"), key.WithHelp("n", "next hit")),
	hitBack:     key.NewBinding(key.WithKeys("N"), key.WithHelp("N", "hit before")),
	curl:        key.NewBinding(key.WithKeys("Y"), key.WithHelp("Y", "copy as curl")),
	retry:       key.NewBinding(key.WithKeys("R"), key.WithHelp("R", "retry")),
	more:        key.NewBinding(key.WithKeys("x"), key.WithHelp("x", "more actions")),
	integration: key.NewBinding(key.WithKeys("o"), key.WithHelp("o", "open the integration")),
	mapping:     key.NewBinding(key.WithKeys("m"), key.WithHelp("m", "map this account")),
	remedy:      key.NewBinding(key.WithKeys("enter"), key.WithHelp("enter", "do what is advised")),
}

// Keys implements screen.Screen.
func (s *Screen) Keys() []screen.Key {
	switch {
	case s.menu.On():
		return s.menu.Keys()
	case s.search.Typing():
		return s.search.Keys()
	}
	advised := ""
	if s.remedy().do == nothing {
		advised = "there is nothing to do about this run"
	}
	at := func(end bool, why string) string {
		if end {
			return why
		}
		return ""
	}
	_, found := s.pane.Hits()
	hits := at(found == 0, "nothing was found: type / first")
	out := []screen.Key{
		{Binding: keys.tab, Footer: true},
		{Binding: keys.remedy, Footer: advised == "", Disabled: advised},
		{Binding: keys.retry, Footer: s.notRetryable() == "", Disabled: s.notRetryable()},
		{Binding: keys.more, Footer: true},
		{Binding: keys.curl},
		{Binding: keys.find, Footer: true},
		{Binding: keys.next},
		{Binding: keys.previous},
		{Binding: keys.earlier, Disabled: at(s.attempt == 0, "this is the first attempt")},
		{Binding: keys.later, Disabled: at(s.attempt >= len(s.run.Attempts)-1, "this is the last attempt")},
		{Binding: keys.hit, Disabled: hits},
		{Binding: keys.hitBack, Disabled: hits},
		{Binding: keys.integration},
		{Binding: keys.mapping, Disabled: at(s.run.AccountID == "", "the account of this run is not known")},
	}
	return append(out, widget.ListKeys()...)
}

// Update implements screen.Screen.
func (s *Screen) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case tea.KeyMsg:
		switch {
		case s.menu.On():
			return s.menu.Key(m)
		case s.search.Typing():
			s.typeKey(m)
			return nil
		}
		return s.key(m)
	case screen.ChangedMsg:
		if m.About("run", s.id) {
			return s.load()
		}
	case load.Msg:
		return m.For(s)
	}
	return s.busy.Update(msg)
}

func (s *Screen) typeKey(m tea.KeyMsg) {
	s.search.Key(m)
	s.pane.Find(s.search.Value())
}

func (s *Screen) key(m tea.KeyMsg) tea.Cmd {
	switch {
	case key.Matches(m, keys.next):
		s.open(s.tab + 1)
	case key.Matches(m, keys.previous):
		s.open(s.tab - 1)
	case key.Matches(m, keys.tab):
		s.open(tab(m.Runes[0] - '1'))
	case key.Matches(m, keys.earlier):
		s.choose(s.attempt - 1)
	case key.Matches(m, keys.later):
		s.choose(s.attempt + 1)
	case key.Matches(m, keys.find):
		s.search.Open()
	case key.Matches(m, keys.hit):
		s.pane.Hit(1)
	case key.Matches(m, keys.hitBack):
		s.pane.Hit(-1)
	case key.Matches(m, keys.curl):
		return s.copyCurl()
	case key.Matches(m, keys.retry):
		return s.retry()
	case key.Matches(m, keys.more):
		s.menu.Open("More actions", settle.Actions(s.env, s.run.Run, s.loaded))
	case key.Matches(m, keys.integration):
		return s.goTo(screen.Details, "")
	case key.Matches(m, keys.mapping):
		return s.goTo(screen.Mappings, s.run.AccountID)
	case key.Matches(m, keys.remedy):
		return s.doRemedy()
	default:
		s.pane.Key(m)
	}
	return nil
}

// open shows a tab; past the last comes the first.
func (s *Screen) open(t tab) {
	s.tab = (t + tab(len(tabNames))) % tab(len(tabNames))
	s.pane.Start()
	s.show()
}

func (s *Screen) choose(attempt int) {
	s.attempt = max(0, min(attempt, len(s.run.Attempts)-1))
	s.pane.Start()
	s.show()
}

func (s *Screen) goTo(name screen.RouteName, arg string) tea.Cmd {
	if !s.loaded {
		return nil
	}
	return s.env.Push(screen.Route{Name: name, ID: s.run.IntegrationID, Arg: arg})
}

func (s *Screen) doRemedy() tea.Cmd {
	r := s.run.Run
	switch m := s.remedy(); m.do {
	case mapAccount:
		return s.goTo(screen.Mappings, r.AccountID)
	case openMappings:
		return s.goTo(screen.Mappings, "")
	case openSetting:
		return s.env.Push(screen.Route{Name: screen.Edit, ID: r.IntegrationID, Arg: m.setting, Run: r.ID})
	case openIntegration:
		return s.goTo(screen.Details, "")
	case openPlans:
		return s.goTo(screen.Plans, r.Plan)
	case connect:
		return s.goTo(screen.Details, screen.ToConnect)
	case test:
		return s.goTo(screen.Details, screen.ToTest)
	case create:
		return s.env.Push(screen.Route{Name: screen.Create})
	case openBill:
		return s.goTo(screen.Runs, runfilter.Format(integration.RunFilter{BillID: r.EntityID}))
	case fillFields:
		return s.env.Open(learn.New(s.env, r))
	case tryAgain:
		return s.retry()
	case mendFirst:
		return s.askMended()
	case markSent:
		return settle.MarkSent(s.env, r)
	case skip:
		return settle.Skip(s.env, r)
	case release:
		return settle.Release(s.env, r)
	case copyAccount:
		return screen.Copy(r.AccountID, "the account's m3ter id")
	case copyBill:
		return screen.Copy(r.EntityID, "the Bill's id")
	case copyRecord:
		return screen.Copy(r.URL, "the address of the record in "+s.env.System(r))
	case makeAgain:
		return s.askGone()
	case copyReport:
		return screen.Copy(s.report(), "what is known of this run, without secrets")
	case copyCommand:
		return screen.Copy("billferry source connect", "the command: billferry source connect")
	}
	return nil
}

// askMended says what has to be done elsewhere before a retry can go through: it
// would only be refused again. R retries without a question.
func (s *Screen) askMended() tea.Cmd {
	text := widget.Clean(s.advice()) + "\n\nA retry before that is refused as this one was."
	title := widget.Clean(integration.CauseTitle(s.run.Cause)) + ": what to do first"
	return s.env.Open(confirm.New(s.env, title, text, "It is done: retry", s.retry))
}

// askGone says of a document that was deleted when that was found out, and what can be
// done: there is nothing to look at, its address leads nowhere.
func (s *Screen) askGone() tea.Cmd {
	r := s.run.Run
	found := r.Modified
	if n := len(s.run.Attempts); n > 0 {
		found = s.run.Attempts[n-1].Start
	}
	text := widget.Clean(r.Error) + ". That was found out on " + stamp(found) + ". Its address leads nowhere.\n\n" +
		"Ask who deleted it and why. To send its Bill again, make it anew. If it is to stay deleted, accept that: x, then p."
	title := kindOf(r) + " #" + widget.Clean(r.ExternalID) + " was deleted: what to do"
	return s.env.Open(confirm.New(s.env, title, text, "Make it anew: retry", s.retry))
}

// report is the run as text, for whoever is asked for help.
func (s *Screen) report() string {
	p := &page{width: 120}
	s.summary(p)
	s.exchanges(p, "This attempt sent no request.", func(p *page, x integration.Exchange) {
		sentPart(p, x)
		answerPart(p, x)
	})
	var b strings.Builder
	for _, l := range p.lines {
		b.WriteString(strings.TrimRight(l.Text, " ") + "\n")
	}
	return b.String()
}

func (s *Screen) copyCurl() tea.Cmd {
	x := request(s.current())
	if x == nil {
		return screen.Fail(errors.New("nothing to copy: this attempt sent no request"))
	}
	return screen.Copy(curl(*x), "the request as curl, without secrets")
}

// retry tries the run again without asking: it is one Bill, and the same Bill
// is never sent twice.
func (s *Screen) retry() tea.Cmd {
	if why := s.notRetryable(); why != "" {
		return screen.Fail(errors.New("not retried: " + why))
	}
	svc, req := s.env.Service, service.RetryRequest{RunIDs: []string{s.id}}
	s.retrying = true
	return load.Do(s, load.Deadline, func(ctx context.Context) (service.RetryResult, error) { return svc.Retry(ctx, req) }, s.retried)
}

// retried follows the work to the run that carries it on.
func (s *Screen) retried(got service.RetryResult, err error) tea.Cmd {
	s.retrying = false
	switch {
	case err != nil:
		return screen.Fail(fmt.Errorf("retry: %w", err))
	case got.Eligible == 0:
		for why := range got.Not {
			return screen.Fail(errors.New("not retried: " + why))
		}
		return screen.Fail(errors.New("not retried: it is not a failed run any more"))
	case len(got.Runs) == 1 && got.Runs[0] != s.id:
		return tea.Batch(screen.Toast("queued again: this is the new run"),
			s.env.Replace(screen.Route{Name: screen.Run, ID: got.Runs[0]}))
	}
	return tea.Batch(screen.Toast("queued again"), s.load())
}
