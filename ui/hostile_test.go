package ui

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/service/servicetest"
	"billferry/internal/spec"
	"billferry/mapping"
	"billferry/ui/screen"
)

// hostile is what a customer's name or an error of NetSuite may hold: a
// clipboard write, a window title, cursor moves in both forms, colours, a line
// of its own, and text turned round.
const hostile = "ev\x1b]52;c;cm0gLXJm\x07il\x1b]0;title\x1b\\\x1b[2J\x1b[1;1H\x1b[31m\u009b31m\r\n\bFORGED\u202e\u2066\u200b\x00"

// hostileStore has it in every text that comes from outside.
func hostileStore() *servicetest.Fake {
	f := servicetest.New()
	in := f.AddIntegration(integration.Integration{ID: "us", Name: hostile, Enabled: true, DisabledWhy: hostile, CreatedBy: hostile,
		ModifiedBy: hostile})
	f.AddCredentials(in.ID, integration.Credentials{
		Values:      spec.Values{"externalCustomerId": hostile, "clientId": hostile, "keyId": hostile, "restUrl": hostile, "tokenUrl": hostile},
		KeyType:     hostile,
		Algorithm:   hostile,
		Fingerprint: hostile,
		Verified:    true,
		ConnectedAt: servicetest.Start,
	})
	for i, st := range []integration.Status{integration.Errored, integration.AuthFailed, integration.Complete} {
		f.AddRunDetail(service.RunDetail{
			Run: integration.Run{ID: fmt.Sprintf("run-%d", i), IntegrationID: in.ID, Status: st, Cause: hostile, Error: hostile,
				Advice: hostile, EntityID: hostile,
				AccountID: hostile, AccountCode: hostile, BillRef: hostile, Currency: hostile, ExternalID: hostile, ExternalRef: hostile, URL: hostile,
				PeriodStart: hostile, PeriodEnd: hostile, Trigger: hostile, ReplayedFrom: hostile, DocumentKind: hostile, Warnings: []string{hostile},
				AmountIn: decimal.MustParse("1"), Created: servicetest.Start},
			Bill: []byte(`{"id":"x","lineItems":[{"description":"` + hostile + `"}]}` + hostile),
			Document: &service.Preview{Text: hostile, Verdict: hostile, Source: hostile,
				Encoded: mapping.Encoded{Body: []byte(hostile), Document: mapping.Document{Warnings: []string{hostile}}}},
			Attempts: []integration.Attempt{{N: 1, Status: st, Cause: hostile, Error: hostile, Document: []byte(hostile),
				Exchanges: []integration.Exchange{
					{Purpose: hostile, Method: hostile, URL: hostile, Status: 500, ReqBody: []byte(hostile),
						RespBody: []byte("{\"a\":\"" + hostile + "\"}"),
						ReqHead:  map[string]string{"X": hostile}, RespHead: map[string]string{"Location": hostile}},
					{Purpose: "create", Error: hostile}}}},
		})
	}
	f.AddEvent(integration.Event{Name: hostile, Message: hostile, IntegrationID: in.ID, RunID: "run-0", BillID: hostile, AccountID: hostile})
	f.SetAccounts(integration.Account{ID: "a", Name: hostile, Code: hostile, Email: hostile})
	_, _ = f.PutMapping(context.Background(), integration.ExternalMapping{M3terEntity: "Account", M3terID: hostile, ExternalSystem: "Netsuite",
		ExternalTable: "Customer", ExternalID: hostile})
	for _, method := range []string{"Test", "Delete", "SetEnabled", "Retry", "ActionEvent", "DeleteMapping", "PullMappings"} {
		f.Fail(method, errors.New(hostile))
	}
	return f
}

// ownCursor takes out what draws a text cursor where there are no colours.
var ownCursor = strings.NewReplacer("\x1b[7m", "", "\x1b[0m", "")

// Whatever screen is open and whatever is pressed, nothing that a terminal
// obeys is drawn, save the colours that the program itself sets (none here).
func TestNothingFromOutsideReachesTheTerminal(t *testing.T) {
	t.Parallel()
	keys := strings.Fields("enter enter enter tab tab shift+tab up down down left right space pgdown ctrl+p ctrl+f ctrl+l ctrl+o ctrl+g " +
		"esc esc f1 f2 f3 / ? " +
		"a b c d e f g h i j k l m n o p r s t u v w x y z 1 2 3 4 5 A C E F G H J L M N O P R S T [ ] . , -")
	for _, name := range []screen.RouteName{screen.Home, screen.Create, screen.Edit, screen.Details, screen.Runs, screen.Run,
		screen.Events, screen.Mappings} {
		for walk := range 4 {
			t.Run(fmt.Sprintf("%s/%d", name, walk), func(t *testing.T) {
				t.Parallel()
				id := map[screen.RouteName]string{screen.Edit: "us", screen.Details: "us", screen.Run: "run-0"}[name]
				drive(t, hostileStore(), 100+20*walk, 30, screen.Route{Name: name, ID: id}, func(d *driver) {
					rng := rand.New(rand.NewPCG(uint64(walk), uint64(len(name))))
					var pressed []string
					for range 60 {
						frame := ownCursor.Replace(d.root.View())
						if i := strings.IndexFunc(frame, obeyed); i >= 0 {
							t.Fatalf("after %v: %q is drawn", pressed, frame[max(0, i-30):min(len(frame), i+30)])
						}
						k := keys[rng.IntN(len(keys))]
						pressed = append(pressed, k)
						d.keys(k)
						if d.quit {
							return
						}
					}
				})
			})
		}
	}
}

// obeyed tells whether a terminal does something at r rather than draw it.
func obeyed(r rune) bool {
	return r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r))
}
