package app

import (
	"context"
	"errors"
	"path/filepath"

	"billferry/internal/integration"
	"billferry/internal/notify"
)

// newNotifier reads whom to tell of events.
func (a *App) newNotifier() (*notify.Notifier, error) {
	path := a.cfg.NotifyFile
	if path == "" {
		path = filepath.Join(a.cfg.DataDir, notify.FileName)
	}
	s, err := notify.Load(path)
	if err != nil {
		return nil, err
	}
	a.tellPayments = s.Names(integration.EventPayment)
	return notify.New(s, notify.Options{Feed: a.store, Now: a.now, Logger: a.log, HTTP: a.http, UserEmail: a.userEmail})
}

// userEmail finds the address of a m3ter user. Without m3ter there is none.
func (a *App) userEmail(ctx context.Context, id string) (string, error) {
	c, err := a.m3ter(ctx)
	if err != nil {
		return "", err
	}
	email, err := c.UserEmail(ctx, id)
	var f *integration.Failure
	if errors.As(err, &f) && f.Class == integration.ClassAuth {
		// The service user may read Bills and not users: no try will change that.
		return "", errors.Join(integration.ErrNotFound, err)
	}
	return email, err
}
