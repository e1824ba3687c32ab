package world

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"billferry/internal/integration"
	"billferry/internal/sandbox"
	"billferry/internal/service"
	"billferry/internal/spec"
	"billferry/netsuite"
)

// settings are those that an integration begins with.
func (w *world) settings(name string) spec.Values {
	v := netsuite.Form().Defaults()
	v.Set("netsuiteDefaultItemId", sandbox.ItemDefault)
	v.Set("billferry.negativeBills", "CREDIT_MEMO")
	v.Set("billferry.maxConcurrency", slots)
	v.Set("onlySendBillOnApproval", w.approval)
	v.Set("useExternalMappingAccountCode", w.mapped)
	if w.byPlan {
		v.Set(integration.KeyApproval, integration.ApprovalPlan)
	}
	w.amendSettings(v, name)
	return v
}

// names are what integrations are called: an id is another in each repetition.
type names struct{ sync.Map }

func (n *names) of(l *life, id string) string {
	if name, ok := n.Load(id); ok {
		return name.(string)
	}
	in, err := l.store.Integration(context.Background(), id)
	if err == nil {
		n.Store(id, in.Name)
	}
	return in.Name
}

// integrations are those that there are, by name.
func (w *world) integrations(l *life) []integration.Integration {
	all, err := l.store.Integrations(context.Background())
	if err != nil && !l.gone() {
		w.rules.breach("LIFE", "read the integrations: %v", err)
	}
	slices.SortFunc(all, byName)
	return all
}

func byName(a, b integration.Integration) int { return cmp.Compare(a.Name, b.Name) }

func (w *world) pick(l *life) integration.Integration {
	all := w.integrations(l)
	if len(all) == 0 { // the life is over
		return integration.Integration{Enabled: true, Authorized: true}
	}
	return all[w.rnd.IntN(len(all))]
}

// comeAndGo makes an integration, or deletes one whatever is under way for it. The
// first stays.
func (w *world) comeAndGo(l *life) {
	if !w.moving {
		return
	}
	all := w.integrations(l)
	if len(all) > 1 && w.rnd.IntN(2) == 0 {
		in := all[1+w.rnd.IntN(len(all)-1)]
		said := l.ask(operator, http.MethodDelete, "/integrations/"+in.ID, nil)
		w.did(fmt.Sprintf("people delete an integration: %s, %d", in.Name, said.status))
		return
	}
	if w.made == 2 { // each is sent all Bills
		return
	}
	w.made++
	name := fmt.Sprint("new", w.made)
	said := l.ask(operator, http.MethodPost, "/integrations", service.NewIntegration{EntityType: "Bill", Destination: "Netsuite",
		Name: name, ConfigData: w.settings(name)})
	w.did(fmt.Sprintf("people make an integration: %s, %d", name, said.status))
}

// retryAll is a retry of all that failed, by filter.
func (w *world) retryAll(l *life) {
	f := integration.RunFilter{IntegrationID: w.pick(l).ID}
	f.OnlyFailed()
	said := l.ask(operator, http.MethodPost, "/runs/retry", service.RetryRequest{Filter: &f})
	w.did(fmt.Sprintf("people retry all that failed: %d", said.status))
}

// connect is what a person does who finds an integration without authorisation
// or disabled: sets the clock, enters the credentials again, enables it.
func (w *world) connect(l *life, in integration.Integration) {
	w.set(0)
	secrets := map[string]string{}
	for k, v := range w.creds.Secrets {
		secrets[k] = v.Reveal()
	}
	said := l.ask(operator, http.MethodPost, "/integrations/"+in.ID+"/connect", map[string]any{"values": w.creds.Values, "secrets": secrets})
	err := said.result(&struct{}{})
	if err == nil && !in.Enabled {
		w.enable(l, in, true)
	}
	w.did(fmt.Sprintf("people connect: %s, %v", in.Name, err))
}

func (w *world) enable(l *life, in integration.Integration, enabled bool) {
	said := l.ask(operator, http.MethodPut, "/integrations/"+in.ID+"/enabled", map[string]any{"enabled": enabled})
	w.did(fmt.Sprintf("people enable or disable: %s, %t, %d", in.Name, enabled, said.status))
}

// configure is an edit of the settings.
func (w *world) configure(l *life) {
	in := w.pick(l)
	in.ConfigData = in.ConfigData.Clone()
	kinds := 3
	if w.amending.on {
		kinds = 5
	}
	switch w.rnd.IntN(kinds) {
	case 3, 4:
		w.reconsider(in)
	case 0:
		in.ConfigData.Set("billferry.maxConcurrency", 1+w.rnd.IntN(slots))
	case 1:
		in.ConfigData.Set("netsuiteDefaultItemId", []string{"101", "102", "199"}[w.rnd.IntN(3)])
	default:
		in.ConfigData.Set("billferry.negativeBills", []string{"HOLD", "CREDIT_MEMO"}[w.rnd.IntN(2)])
	}
	w.edit(l, in)
}

func (w *world) edit(l *life, in integration.Integration) {
	w.edits.Add(1)
	said := l.ask(operator, http.MethodPut, "/integrations/"+in.ID, in)
	w.did(fmt.Sprintf("people change settings: %s, %d", in.Name, said.status))
}

// purge deletes what is older than some minutes, as retention does what is older
// than years; and, like that, nothing of which a request may still be under way.
func (w *world) purge(l *life) {
	if !w.purging {
		return
	}
	age := lateFor + time.Duration(w.rnd.Int64N(int64(10*time.Minute)))
	err := l.app.Purge(context.Background(), w.now().Add(-age))
	w.did(fmt.Sprintf("old runs are deleted: %v", err != nil))
}
