package ledgertest

import (
	"context"
	"errors"
	"reflect"
	"testing"

	"billferry/internal/delivery"
	"billferry/internal/integration"
)

// flags changes enabled and authorized one by one: nothing else changes with
// them, and what is so already stays with the reason that it had.
func flags(t *testing.T, l delivery.Ledger, in integration.Integration) {
	t.Helper()
	ctx := context.Background()
	if _, err := l.SetAuthorized(ctx, in.ID, "", true); err != nil {
		t.Fatal(err)
	}
	in.Authorized = true
	for _, step := range []struct {
		name    string
		set     func() (bool, error)
		changed bool
		want    func(*integration.Integration)
	}{
		{"disable", func() (bool, error) { return l.SetEnabled(ctx, in.ID, false, "too many errors") }, true,
			func(in *integration.Integration) { in.Enabled, in.DisabledWhy = false, "too many errors" }},
		{"disable again", func() (bool, error) { return l.SetEnabled(ctx, in.ID, false, "by a person") }, false, nil},
		{"refuse other credentials", func() (bool, error) { return l.SetAuthorized(ctx, in.ID, "those before", false) }, false, nil},
		{"refuse its credentials", func() (bool, error) { return l.SetAuthorized(ctx, in.ID, in.CredentialsID, false) }, true,
			func(in *integration.Integration) { in.Authorized = false }},
		{"refuse them again", func() (bool, error) { return l.SetAuthorized(ctx, in.ID, in.CredentialsID, false) }, false, nil},
		{"enable", func() (bool, error) { return l.SetEnabled(ctx, in.ID, true, "not kept") }, true,
			func(in *integration.Integration) { in.Enabled, in.DisabledWhy = true, "" }},
		{"accept", func() (bool, error) { return l.SetAuthorized(ctx, in.ID, "", true) }, true,
			func(in *integration.Integration) { in.Authorized = true }},
	} {
		if step.want != nil {
			step.want(&in)
		}
		changed, err := step.set()
		if err != nil || changed != step.changed {
			t.Errorf("%s: changed %v, %v", step.name, changed, err)
		}
		if got, err := l.Integration(ctx, in.ID); err != nil || !reflect.DeepEqual(got, in) {
			t.Errorf("%s: %+v, %v; want %+v", step.name, got, err, in)
		}
	}
	if _, err := l.SetEnabled(ctx, "nobody", true, ""); !errors.Is(err, integration.ErrNotFound) {
		t.Errorf("enabling none: %v", err)
	}
	if _, err := l.SetAuthorized(ctx, "nobody", "", true); !errors.Is(err, integration.ErrNotFound) {
		t.Errorf("authorising none: %v", err)
	}
}
