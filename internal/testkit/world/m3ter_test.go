package world

import (
	"context"
	"net/http"
	"time"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/internal/m3ter"
	"billferry/internal/sandbox/fault"
	"billferry/internal/sandbox/m3terapi"
	"billferry/internal/sandbox/seed"
	"billferry/internal/secret"
)

const (
	m3terOrigin = "http://127.0.0.1:8"
	m3terKey    = "m3ter-access-key"
	m3terSecret = "m3ter-api-secret-0123456789"
	pollEvery   = time.Minute
)

// makeM3ter makes m3ter without Bills: they come as the world goes on.
func (w *world) makeM3ter(company seed.World) (err error) {
	company.Bills = nil
	if w.m3terFaults, err = fault.NewSet(w.o.Seed+1, w.someFaults("m3ter faults", m3terFaults)); err != nil {
		return err
	}
	w.m3ter = m3terapi.New(m3terapi.Options{World: company, Faults: w.m3terFaults, AccessKeyID: m3terKey, APISecret: m3terSecret,
		Now: time.Now, Done: w.over})
	w.source = integration.Source{OrgID: company.OrgID, AccessKey: m3terKey, APISecret: secret.New(m3terSecret), BaseURL: m3terOrigin,
		Verified: true}
	w.rules.secrets = append(w.rules.secrets, m3terSecret)
	return nil
}

// change brings m3ter to where it is at this step.
func (w *world) change() {
	for w.at < len(w.feed) && w.feed[w.at].at <= w.step {
		w.put(w.feed[w.at])
		w.at++
	}
}

// put gives m3ter a version of a Bill.
func (w *world) put(v version) {
	switch {
	case v.gone:
		w.m3ter.Withdraw(v.bill)
		w.did("m3ter withdraws a Bill")
	default:
		if err := w.m3ter.PutBill(v.raw); err != nil {
			w.rules.breach(v.bill, "LIFE: %v", err)
		}
		w.history.add("m3ter has %s in version %d over %s, %s", v.bill, v.n, v.total, v.status())
	}
	w.truth[v.bill] = v
	w.acts["versions"]++
}

// wanted tells whether a version is to be in NetSuite.
func (w *world) wanted(v version) bool { return !v.gone && (v.approved || !w.approval) }

// approve is m3ter's side of the end: nearly all that is pending is approved.
func (w *world) approve() {
	for i := range w.o.Bills {
		v, ok := w.truth[billName(i)]
		if ok && !v.gone && !v.approved && w.draws("approve", i).IntN(10) > 0 {
			v.n++
			v.approved = true
			v.write()
			w.put(v)
		}
	}
}

// poll asks m3ter for Bills, as the program does, until the life ends.
func (l *life) poll(ctx context.Context, led delivery.Ledger) {
	var sink m3ter.Sink = l.engine
	if wrap := l.w.o.Break.sink; wrap != nil {
		sink = wrap(sink)
	}
	p := m3ter.Poller{Sink: sink, Memory: led, Now: l.w.now,
		Client: m3ter.New(l.w.source, m3ter.Options{HTTP: &http.Client{Transport: wire{l}}, Now: l.w.now, Logger: l.w.log})}
	for {
		pass, err := p.Poll(ctx)
		if err == nil && pass.Failed == 0 && !l.gone() {
			l.w.passes.Add(1)
		}
		select {
		case <-time.After(pollEvery):
		case <-ctx.Done():
			return
		}
	}
}

// submit is a person, or a client of the API, who hands over a Bill in a version
// that m3ter has or had.
func (w *world) submit(l *life) {
	if w.at == 0 {
		return
	}
	v := w.feed[w.rnd.IntN(w.at)]
	if !w.wanted(v) {
		return
	}
	said := l.ask(operator, http.MethodPost, "/bills/submit", v.raw)
	w.acts["submit"]++
	w.history.add("people submit %s version %d: %d", v.bill, v.n, said.status)
}
