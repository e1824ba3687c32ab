package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"billferry/internal/integration"
)

// usersField is the setting of an integration that names whom to tell when it
// is disabled: addresses, or ids of m3ter users.
const usersField = "integrationDisabledNotificationUsers"

// users is the target of those whom an integration itself names.
type users struct {
	mail *mailer
	feed Feed
	find func(ctx context.Context, id string) (string, error) // address of a m3ter user; may be nil
	log  *slog.Logger
	told map[string]bool // addresses that had the event that is being told
	of   string          // that event
}

func newUsers(m *mailer, o Options) *users {
	return &users{mail: m, feed: o.Feed, find: o.UserEmail, log: o.Logger}
}

func (u *users) name() string { return "mail to users" }

func (u *users) plan() plan { return plan{batch: 1, limit: time.Minute} }

func (u *users) wants(e integration.Event) bool { return e.Name == integration.EventDisabled }

// send writes to each user apart, so that an address that is wrong for good
// keeps nobody else from being told; those told are not told again in the
// tries that follow.
func (u *users) send(ctx context.Context, events []integration.Event) error {
	e := events[0]
	if u.of != e.ID {
		u.of, u.told = e.ID, map[string]bool{}
	}
	in, err := u.feed.Integration(ctx, e.IntegrationID)
	if errors.Is(err, integration.ErrNotFound) {
		return nil // it was deleted since
	}
	if err != nil {
		return err
	}
	for _, id := range in.ConfigData.Strings(usersField) {
		if u.told[id] {
			continue
		}
		address, err := u.address(ctx, id)
		if err == nil {
			err = u.mail.write(ctx, []string{address}, events)
		}
		if err != nil && !forGood(err) {
			return err
		}
		if u.told[id] = true; err != nil {
			u.log.Error("a user cannot be told that an integration was disabled", "user", id, "integration", in.Name, "error", err)
		}
	}
	return nil
}

// errNoAddress is a user whom no settings know.
var errNoAddress = errors.New("no address is known")

func (u *users) address(ctx context.Context, id string) (string, error) {
	if strings.Contains(id, "@") {
		return id, nil
	}
	if a := u.mail.set.Users[id]; a != "" {
		return a, nil
	}
	if u.find == nil {
		return "", fmt.Errorf("user %s: %w: list it under users in %s", id, errNoAddress, FileName)
	}
	a, err := u.find(ctx, id)
	if errors.Is(err, integration.ErrNotFound) || err == nil && a == "" {
		return "", fmt.Errorf("user %s: %w, in m3ter neither: list it under users in %s", id, errNoAddress, FileName)
	}
	return a, err
}

// forGood tells whether trying again is in vain.
func forGood(err error) bool {
	var sent *gomail.SendError
	return errors.Is(err, errNoAddress) || errors.As(err, &sent) && !sent.IsTemp() && sent.ErrorCode() >= 500
}
