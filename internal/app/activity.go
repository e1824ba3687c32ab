package app

import (
	"cmp"
	"context"
	"slices"
	"time"

	"billferry/internal/integration"
	"billferry/internal/service"
)

// Activity implements service.Service.
func (a *App) Activity(ctx context.Context) (service.Activity, error) {
	const hours = service.ActivityDays * 24
	out := service.Activity{Hours: make([]int, service.ActivityHours), Days: make([]int, service.ActivityDays),
		Refused: make([]int, service.ActivityHours), Accounts: []service.AccountPace{}}
	ins, err := a.store.Integrations(ctx)
	if err != nil {
		return out, err
	}
	left, there := map[string]int{}, map[string]bool{}
	for _, in := range ins {
		made, err := a.store.BillsByHour(ctx, in.ID, a.now().Add(-(hours-1)*time.Hour))
		if err != nil {
			return out, err
		}
		for i, n := range made[:min(len(made), hours)] {
			out.Days[i/24] += n
			if at := i - (hours - service.ActivityHours); at >= 0 {
				out.Hours[at] += n
			}
		}
		there[in.ID] = true
		if left[in.ID], err = a.left(ctx, in.ID); err != nil {
			return out, err
		}
	}
	for _, p := range a.paces() {
		ours := slices.DeleteFunc(p.Integrations, func(id string) bool { return !there[id] })
		if len(ours) == 0 {
			continue // an account that nobody sends into any more
		}
		pace := service.AccountPace{Account: p.Account, Integrations: ours, Slots: p.Limit, InUse: p.InUse, PerMinute: p.PerMinute,
			LastAnswer: p.Heard, Refusals: p.Refusals, ToProve: int((p.ToProve + time.Second - 1) / time.Second)}
		if p.Paused.After(a.now()) {
			pace.Paused = p.Paused
		}
		for i, n := range p.Refused {
			out.Refused[i] += n
		}
		for _, id := range ours {
			pace.Left += left[id]
		}
		out.Accounts = append(out.Accounts, pace)
	}
	slices.SortFunc(out.Accounts, func(x, y service.AccountPace) int { return cmp.Compare(x.Account, y.Account) })
	return out, nil
}

// left counts the runs of an integration that are still to be sent.
func (a *App) left(ctx context.Context, id string) (int, error) {
	all, err := a.store.Totals(ctx, id)
	if err != nil {
		return 0, err
	}
	held, err := a.store.Sum(ctx, integration.RunFilter{IntegrationID: id, Outcomes: []integration.Outcome{integration.Held}})
	return all.Waiting() - held.Waiting(), err
}
