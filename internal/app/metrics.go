package app

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"billferry/internal/decimal"
	"billferry/internal/integration"
)

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("billferry_"+name, help, labels, nil)
}

// What can be scraped; docs/OPERATING.md says what to watch.
var (
	descInfo       = desc("build_info", "The version that runs.", "version")
	descUp         = desc("delivering", "1 while the engine delivers.")
	descRuns       = desc("runs", "Runs by status.", "integration", "status")
	descMoneyIn    = desc("money_in", "Sum of the Bills, each in its newest version.", "integration", "currency")
	descMoneyOut   = desc("money_out", "Sum of what the destination holds.", "integration", "currency")
	descMoneyOpen  = desc("money_open", "What of it is still to be sent, or differs there.", "integration", "currency")
	descMoneyExcl  = desc("money_excluded", "What settings and persons leave out.", "integration", "currency")
	descMoneyRound = desc("money_rounding", "Parts of a cent that no document holds.", "integration", "currency")
	descUnproven   = desc("money_unproven", "The part of money_out that was not read back.", "integration", "currency")
	descUnposted   = desc("money_unposted", "The part of money_out that waits to be approved in the destination.", "integration", "currency")
	descTax        = desc("money_tax", "What the destination added to money_out as tax.", "integration", "currency")
	descProofs     = desc("runs_proof", "Runs that were delivered, by proof.", "integration", "proof")
	descPayments   = desc("documents", "Documents by how far they are paid.", "integration", "payment")
	descGuard      = desc("guard_last_round_timestamp_seconds", "When the documents were looked at again.", "integration")
	descNeeds      = desc("needs_a_person", "Bills and events that wait for a person.", "integration")
	descEnabled    = desc("integration_enabled", "1 while the integration is enabled.", "integration")
	descAuthorized = desc("integration_authorized", "1 while its credentials work.", "integration")
	descSilent     = desc("integration_unreachable", "1 while its destination does not answer.", "integration")
	descQueued     = desc("runs_waiting", "Runs that are not settled.", "integration")
	descQueueAge   = desc("queue_age_seconds", "How long the run that waits longest has been due.")
	descLimit      = desc("slots_limit", "Requests at once that the account is given.", "account")
	descInUse      = desc("slots_in_use", "Requests under way.", "account")
	descWaiting    = desc("slots_wanted", "Bills ready that wait for a slot.", "account")
	descRefusals   = desc("refusals_total", "Requests the account refused for load.", "account")
	descPaused     = desc("paused_seconds", "How long the account is still left alone.", "account")
	descPoll       = desc("source_last_poll_timestamp_seconds", "When m3ter was last asked for Bills.")
	descSent       = desc("notifications_sent_total", "Events told.", "target")
	descFailed     = desc("notification_failures_total", "Tries to tell that failed.", "target")
	descLost       = desc("notifications_lost_total", "Events given up.", "target")
)

// metrics reads the figures when they are asked for: the store counts anyhow,
// and nothing has to be kept in step.
type metrics struct{ app *App }

// newMetrics makes the handler of GET /metrics. What it collects from is made
// for the first request: few processes ever get one.
func newMetrics(a *App) http.Handler {
	h := sync.OnceValue(func() http.Handler {
		r := prometheus.NewRegistry()
		r.MustRegister(metrics{a}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
		return promhttp.HandlerFor(r, promhttp.HandlerOpts{ErrorHandling: promhttp.HTTPErrorOnError})
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h().ServeHTTP(w, r) })
}

// Describe implements prometheus.Collector; what there is depends on the store.
func (m metrics) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (m metrics) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	gauge(descInfo, 1, m.app.cfg.Version)
	gauge(descUp, truth(m.app.delivering.Load()))
	err := m.integrations(ctx, gauge)
	if err == nil {
		err = m.queue(ctx, gauge)
	}
	if err != nil {
		ch <- prometheus.NewInvalidMetric(descRuns, err)
	}
	m.paces(ch, gauge)
}

type gaugeFunc func(d *prometheus.Desc, v float64, labels ...string)

func (m metrics) integrations(ctx context.Context, gauge gaugeFunc) error {
	ins, err := m.app.store.Integrations(ctx)
	if err != nil {
		return err
	}
	for _, in := range ins {
		gauge(descEnabled, truth(in.Enabled), in.Name)
		gauge(descAuthorized, truth(in.Authorized), in.Name)
		t, err := m.app.store.Totals(ctx, in.ID)
		if err != nil {
			return err
		}
		u, err := m.app.engine.Unreachable(ctx, in.ID, t.Waiting())
		if err != nil {
			return err
		}
		gauge(descSilent, truth(u != nil), in.Name)
		gauge(descQueued, float64(t.Waiting()), in.Name)
		for _, s := range integration.Statuses {
			gauge(descRuns, float64(t.ByStatus[s]), in.Name, string(s))
		}
		for currency, money := range t.Money {
			gauge(descMoneyIn, gaugeOf(money.In), in.Name, currency)
			gauge(descMoneyOut, gaugeOf(money.Out), in.Name, currency)
			gauge(descMoneyOpen, gaugeOf(money.Open), in.Name, currency)
			gauge(descMoneyExcl, gaugeOf(money.Excluded), in.Name, currency)
			gauge(descMoneyRound, gaugeOf(money.Rounding), in.Name, currency)
			gauge(descUnproven, gaugeOf(money.Unproven), in.Name, currency)
			gauge(descUnposted, gaugeOf(money.Unposted), in.Name, currency)
			gauge(descTax, gaugeOf(money.Tax), in.Name, currency)
		}
		for _, p := range integration.Proofs {
			gauge(descProofs, float64(t.ByProof[p]), in.Name, string(p))
		}
		for _, p := range integration.Payments {
			gauge(descPayments, float64(t.ByPayment[p]), in.Name, string(p))
		}
		if at := m.app.engine.LookedAgain(ctx, in.ID); !at.IsZero() {
			gauge(descGuard, float64(at.Unix()), in.Name)
		}
		_, needs, err := m.app.store.Summary24h(ctx, in.ID)
		if err != nil {
			return err
		}
		gauge(descNeeds, float64(needs), in.Name)
	}
	return nil
}

func (m metrics) queue(ctx context.Context, gauge gaugeFunc) error {
	now := m.app.now()
	due, err := m.app.store.Due(ctx, now, 1)
	if err != nil {
		return err
	}
	age := 0.0
	if len(due) > 0 {
		since := due[0].Created
		if due[0].Next.After(since) {
			since = due[0].Next
		}
		age = max(0, now.Sub(since).Seconds())
	}
	gauge(descQueueAge, age)
	s, err := m.app.SourceStatus(ctx)
	if err == nil && !s.LastPoll.IsZero() {
		gauge(descPoll, float64(s.LastPoll.UnixMilli())/1000)
	}
	return err
}

func (m metrics) paces(ch chan<- prometheus.Metric, gauge gaugeFunc) {
	count := func(d *prometheus.Desc, n int, label string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), label)
	}
	for _, p := range m.app.engine.Paces() {
		gauge(descLimit, float64(p.Limit), p.Account)
		gauge(descInUse, float64(p.InUse), p.Account)
		gauge(descWaiting, float64(p.Waiting), p.Account)
		gauge(descPaused, max(0, p.Paused.Sub(m.app.now()).Seconds()), p.Account)
		count(descRefusals, p.Refusals, p.Account)
	}
	for _, s := range m.app.notifier.Stats() {
		count(descSent, s.Sent, s.Target)
		count(descFailed, s.Failed, s.Target)
		count(descLost, s.Lost, s.Target)
	}
}

// gaugeOf is where an amount leaves the exact world, for a graph: Prometheus
// knows nothing but binary floating point. Nothing is ever read back from it.
func gaugeOf(d decimal.D) float64 {
	v, _ := strconv.ParseFloat(d.String(), 64) // a decimal is always a number; past 1e308 it shows as infinity
	return v
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
