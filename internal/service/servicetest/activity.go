package servicetest

import (
	"context"
	"time"

	"billferry/internal/service"
)

// SetPaces replaces the accounts that Activity answers.
func (f *Fake) SetPaces(p ...service.AccountPace) {
	f.mu.Lock()
	f.paces = p
	f.mu.Unlock()
	f.Notify("run", "")
}

// Activity implements service.Service: the runs as they were seeded, and the
// paces that a test has set.
func (f *Fake) Activity(ctx context.Context) (service.Activity, error) {
	a := service.Activity{Hours: make([]int, service.ActivityHours), Days: make([]int, service.ActivityDays),
		Refused: make([]int, service.ActivityHours), Accounts: []service.AccountPace{}}
	if err := f.enter(ctx, "Activity"); err != nil {
		return a, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.now().Unix() / 3600
	for _, r := range f.runs {
		if !r.StandsForBill() {
			continue
		}
		ago := int(now - r.Created.Unix()/3600)
		if ago >= 0 && ago < service.ActivityHours {
			a.Hours[service.ActivityHours-1-ago]++
		}
		if ago >= 0 && ago/24 < service.ActivityDays {
			a.Days[service.ActivityDays-1-ago/24]++
		}
	}
	a.Accounts = append(a.Accounts, f.paces...)
	for i, p := range a.Accounts {
		a.Refused[service.ActivityHours-1] += p.Refusals
		if !p.Paused.After(f.now()) {
			a.Accounts[i].Paused = time.Time{}
		}
	}
	return a, nil
}
