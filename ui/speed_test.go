package ui

import (
	"context"
	"fmt"
	"io"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/service/servicetest"
	"billferry/ui/paint"
	"billferry/ui/screen"
)

// What a key costs in each list, from its message to the bytes for the
// terminal: 120x40 in 16 colours, the cursor going down and up again.
//
//	go test ./ui -run '^$' -bench Key -benchmem
func BenchmarkKey(b *testing.B) {
	lipgloss.SetColorProfile(termenv.ANSI)
	b.Cleanup(func() { lipgloss.SetColorProfile(termenv.Ascii) })
	fake := crowded()
	for _, l := range []struct {
		name  string
		start screen.Route
		keys  []string
	}{
		{"home", screen.Route{}, nil},
		{"runs", screen.Route{Name: screen.Runs}, nil},
		{"runs-by-cause", screen.Route{Name: screen.Runs}, []string{"b"}},
		{"run", screen.Route{Name: screen.Run, ID: "run-0"}, nil},
		{"events", screen.Route{Name: screen.Events}, nil},
		{"mappings", screen.Route{Name: screen.Mappings}, nil},
		{"details", screen.Route{Name: screen.Details, ID: "in-0"}, nil},
		{"create", screen.Route{Name: screen.Create}, []string{"enter", "enter"}},
		{"picker", screen.Route{Name: screen.Create}, []string{"enter", "enter", "tab", "enter"}},
	} {
		b.Run(l.name, func(b *testing.B) {
			m := opened(b, fake, l.start, l.keys...)
			down, up := press("down"), press("up")
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if i%80 < 40 {
					m.Update(down)
				} else {
					m.Update(up)
				}
			}
		})
	}
}

// opened is the program on a screen, all of it loaded.
func opened(b *testing.B, fake *servicetest.Fake, start screen.Route, keys ...string) tea.Model {
	b.Helper()
	info, err := fake.Info(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	drawn, _ := paint.New(io.Discard)
	// So many frames a second that none is put off.
	m := paint.Wrap(newRoot(screen.Env{Service: fake, Now: func() time.Time { return servicetest.Start }, Info: info}, start), drawn, 1e9)
	msgs := make(chan tea.Msg)
	send := func(msg tea.Msg) {
		select {
		case msgs <- msg:
		case <-b.Context().Done():
		}
	}
	do := func(cmd tea.Cmd) {
		if cmd == nil {
			return
		}
		go func() { send(cmd()) }()
	}
	give := func(msg tea.Msg) {
		_, cmd := m.Update(msg)
		do(cmd)
		for quiet := time.After(200 * time.Millisecond); ; {
			select {
			case msg := <-msgs:
				if batch, ok := msg.(tea.BatchMsg); ok {
					for _, c := range batch {
						do(c)
					}
					continue
				}
				if msg != nil {
					_, cmd := m.Update(msg)
					do(cmd)
				}
			case <-quiet:
				return
			}
		}
	}
	do(m.Init())
	give(tea.WindowSizeMsg{Width: 120, Height: 40})
	for _, k := range keys {
		give(press(k))
	}
	return m
}

// crowded is a store with more than a screen of everything.
func crowded() *servicetest.Fake {
	f := servicetest.New()
	for i := range 100 {
		f.AddIntegration(integration.Integration{ID: fmt.Sprint("in-", i), Name: fmt.Sprint("NetSuite ", i), Enabled: i%3 > 0})
	}
	var accounts []integration.Account
	for i := range 500 {
		r := integration.Run{
			ID: fmt.Sprint("run-", i), IntegrationID: "in-0", Status: integration.Complete, Outcome: integration.Created, ExternalID: "48213",
			AccountCode: fmt.Sprint("acct_", i), BillRef: fmt.Sprint("INVOICE-", i), Currency: "USD", AmountIn: decimal.MustParse("1727.00"),
			Created: servicetest.Start.Add(-time.Hour * time.Duration(i)),
		}
		if i%4 == 0 {
			r.Status, r.Outcome, r.Cause = integration.Errored, "", fmt.Sprint("cause_", i%60)
		}
		f.AddRun(r)
		f.AddEvent(integration.Event{Name: integration.EventMissingMapping, IntegrationID: "in-0", RunID: r.ID, AccountID: r.AccountCode,
			Message: "no external mapping for account " + r.AccountCode, Time: r.Created})
		accounts = append(accounts, integration.Account{ID: fmt.Sprintf("%08x-0000-4000-8000-000000000000", i), Name: fmt.Sprint("Account ", i),
			Code: r.AccountCode})
		mapping := integration.ExternalMapping{M3terEntity: "Account", M3terID: r.AccountCode, ExternalSystem: "Netsuite",
			ExternalTable: "Customer", ExternalID: "601"}
		if _, err := f.PutMapping(context.Background(), mapping); err != nil {
			panic(err)
		}
	}
	f.SetAccounts(accounts...)
	return f
}
