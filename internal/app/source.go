package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"billferry/internal/integration"
	"billferry/internal/m3ter"
	"billferry/internal/service"
	"billferry/store"
)

// pollEvery is how often m3ter is asked for changed Bills when Config does not say.
const pollEvery = 30 * time.Second

// sourceState is what is known of the m3ter side beside its credentials.
type sourceState struct {
	mu     sync.Mutex
	client *m3ter.Client
	key    string // of the source the client was made for
	poll   time.Time
	err    string
	known  int
	kick   chan struct{} // a new connection is polled at once
	alarm  alarm         // of the goroutine that polls
}

// note keeps how a pass went and tells whether a screen would show it anew.
func (s *sourceState) note(known int, err error, at time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	was, text := s.err, ""
	if err != nil {
		text = err.Error()
	} else {
		s.known = known
	}
	s.poll, s.err = at, text
	return was != text
}

// ConnectSource implements service.Service.
func (a *App) ConnectSource(ctx context.Context, src integration.Source, step func(service.Step)) error {
	src.BaseURL = strings.TrimRight(src.BaseURL, "/")
	c := m3ter.New(src, m3ter.Options{HTTP: a.http, Now: a.now, Logger: a.log})
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if err := c.Verify(ctx, func(x m3ter.Step) {
		if step != nil {
			step(service.Step{Name: x.Name, State: x.State, Detail: x.Detail, Remedy: x.Remedy})
		}
	}); err != nil {
		return err
	}
	src.Verified, src.Created = true, a.now()
	if err := a.store.PutSource(ctx, src); err != nil {
		return err
	}
	a.did("connect m3ter", fmt.Sprintf("organisation %s at %s", src.OrgID, src.BaseURL))
	a.source.again()
	return nil
}

// again has m3ter asked for Bills now.
func (s *sourceState) again() {
	select {
	case s.kick <- struct{}{}:
	default:
	}
}

// SourceFields implements service.Service.
func (a *App) SourceFields(ctx context.Context) ([]string, error) {
	c, err := a.m3ter(ctx)
	if err != nil {
		return nil, err
	}
	by, err := c.CustomFields(ctx)
	if err != nil {
		return nil, err
	}
	var out []string
	for entity, fields := range by {
		for _, name := range fields {
			out = append(out, entity+".customFields."+name)
		}
	}
	slices.Sort(out)
	return out, nil
}

// SourceStatus implements service.Service.
func (a *App) SourceStatus(ctx context.Context) (service.SourceStatus, error) {
	src, err := a.store.Source(ctx)
	if errors.Is(err, integration.ErrNotFound) {
		return service.SourceStatus{}, nil
	}
	if err != nil {
		return service.SourceStatus{}, err
	}
	last, err := a.lastPoll(ctx)
	return service.SourceStatus{
		Connected: src.Verified, OrgID: src.OrgID, BaseURL: src.BaseURL, AccessKey: src.AccessKey,
		LastPoll: last.At, LastError: last.Err, Known: last.Known,
	}, err
}

// m3ter gives the client of the connected organisation.
func (a *App) m3ter(ctx context.Context) (*m3ter.Client, error) {
	src, err := a.store.Source(ctx)
	if errors.Is(err, integration.ErrNotFound) {
		return nil, &integration.Failure{
			Class: integration.ClassAuth, Cause: "source_not_connected", Message: "no m3ter organisation is connected",
			Advice: "connect one: billferry source connect --org-id ... --access-key-id ... --api-secret-file ...", Err: err,
		}
	}
	if err != nil {
		return nil, err
	}
	a.source.mu.Lock()
	defer a.source.mu.Unlock()
	key := src.OrgID + "\n" + src.BaseURL + "\n" + src.AccessKey + "\n" + src.Created.String()
	if a.source.client != nil && a.source.key == key {
		return a.source.client, nil
	}
	c := m3ter.New(src, m3ter.Options{HTTP: a.http, Now: a.now, Logger: a.log})
	a.source.client, a.source.key = c, key
	return c, nil
}

// Accounts implements service.Service.
func (a *App) Accounts(ctx context.Context, query string, limit int) ([]integration.Account, error) {
	c, err := a.m3ter(ctx)
	if err != nil {
		return nil, err
	}
	return c.SearchAccounts(ctx, query, limit)
}

// Account implements delivery.Accounts.
func (a *App) Account(ctx context.Context, id string) (integration.Account, error) {
	c, err := a.m3ter(ctx)
	if err != nil {
		return integration.Account{}, err
	}
	return c.Account(ctx, id)
}

// Record implements delivery.Records.
func (a *App) Record(ctx context.Context, entity, id string) (map[string]string, error) {
	c, err := a.m3ter(ctx)
	if err != nil {
		return nil, err
	}
	return c.Record(ctx, entity, id)
}

// forgetSource implements delivery.Options.Forget.
func (a *App) forgetSource() {
	a.source.mu.Lock()
	if a.source.client != nil {
		a.source.client.Forget()
	}
	a.source.mu.Unlock()
	a.mappings.forget()
}

// poll asks m3ter for changed Bills until ctx ends.
func (a *App) poll(ctx context.Context) {
	every := a.cfg.PollEvery
	if every == 0 {
		every = pollEvery
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		a.pollOnce(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-a.source.kick:
		}
	}
}

// pollOnce is silent while there is no source: that is a state, not a fault.
func (a *App) pollOnce(ctx context.Context) {
	c, err := a.m3ter(ctx)
	if errors.Is(err, integration.ErrNotFound) {
		return
	}
	var pass m3ter.Pass
	if err == nil {
		p := m3ter.Poller{Client: c, Sink: a.engine, Memory: a.store, Window: a.cfg.PollWindow, Now: a.now, Logger: a.log}
		pass, err = p.Poll(ctx)
	}
	if ctx.Err() != nil {
		return
	}
	if a.source.note(pass.Seen, err, a.now()) {
		a.changed("source", "")
	}
	a.tellPolled(ctx)
	a.source.alarm.passed(ctx, a, err)
}

// PullMappings implements service.Service.
func (a *App) PullMappings(ctx context.Context) (int, error) {
	return a.pull(ctx, a.who, true)
}

// pull copies the destinations' external mappings from m3ter for who; change tells
// whether those that are here with another external id are changed. A page is one
// transaction, with one entry of the audit trail.
func (a *App) pull(ctx context.Context, who string, change bool) (int, error) {
	c, err := a.m3ter(ctx)
	if err != nil {
		return 0, err
	}
	all, err := a.store.Mappings(ctx)
	if err != nil {
		return 0, err
	}
	have := make(map[string]integration.ExternalMapping, len(all))
	for _, m := range all {
		if m.IntegrationID == "" {
			have[mappedEntity(m)] = m
		}
	}
	changed := 0
	defer func() {
		if changed > 0 {
			a.requeue(ctx)
		}
	}()
	for token := ""; ; {
		page, next, err := c.ExternalMappings(ctx, token)
		if err != nil {
			return changed, err
		}
		n, err := a.pullPage(ctx, who, a.news(have, page, change), change)
		changed += n
		if err != nil {
			return changed, err
		}
		if token = next; token == "" {
			return changed, nil
		}
	}
}

// news picks what m3ter has and we have not: one that is here with another
// external id too, where those are changed. m3ter's integration ids are not ours,
// so the link is left out.
func (a *App) news(
	have map[string]integration.ExternalMapping, page []integration.ExternalMapping, change bool,
) []integration.ExternalMapping {
	var news []integration.ExternalMapping
	for _, m := range page {
		if _, ours := a.adapters.Mapped(m.ExternalSystem); !ours {
			continue
		}
		m.ID, m.Version, m.IntegrationID = "", 0, ""
		if err := tidyMapping(&m); err != nil {
			a.log.Warn("an external mapping of m3ter is left out", "entity", m.M3terEntity, "id", m.M3terID, "error", err)
			continue
		}
		h, known := have[mappedEntity(m)]
		if known && (!change || h.ExternalID == m.ExternalID) {
			continue
		}
		m.M3terName = h.M3terName
		news = append(news, m)
	}
	return news
}

func (a *App) pullPage(ctx context.Context, who string, news []integration.ExternalMapping, change bool) (changed int, err error) {
	if len(news) == 0 {
		return 0, nil
	}
	if change { // a person waits; what m3ter has is taken in any case
		missing, err := a.checkMappings(ctx, news)
		if err != nil {
			return 0, err
		}
		for i, err := range missing {
			news[i].Unchecked = err.Error()
		}
	}
	q := store.MappingImport{Who: who, Source: "a page of m3ter's", Add: !change, Note: noteOfMappings}
	done, err := a.store.ImportMappings(ctx, q, news)
	for _, d := range done {
		if err == nil && (d.Added || d.Changed) {
			changed++
		}
	}
	return changed, err
}

// mappedEntity is what a mapping is for: the same entity and table are mapped once.
func mappedEntity(m integration.ExternalMapping) string {
	return strings.ToLower(m.M3terEntity+"\x00"+m.ExternalSystem+"\x00"+m.ExternalTable) + "\x00" + m.M3terID
}
