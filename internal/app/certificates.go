package app

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"billferry/internal/integration"
)

const (
	certificateEvery = 6 * time.Hour
	warnedPrefix     = "certificate-told/" // and the id of the credentials
)

// certificateDays are how many days before its end a certificate is warned of.
var certificateDays = []int{30, 7, 1, 0}

// watchCertificates warns of certificates that end, until ctx ends.
func (a *App) watchCertificates(ctx context.Context) {
	tick := time.NewTicker(certificateEvery)
	defer tick.Stop()
	for {
		if err := a.warnOfCertificates(ctx); err != nil && ctx.Err() == nil {
			a.log.Error("the certificates could not be checked; it is tried again later", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (a *App) warnOfCertificates(ctx context.Context) error {
	all, err := a.store.Integrations(ctx)
	if err != nil {
		return err
	}
	var failed error
	for _, in := range all {
		if in.CredentialsID == "" {
			continue
		}
		c, err := a.store.CredentialsInfo(ctx, in.ID)
		if err == nil && !c.CertificateEnds.IsZero() {
			err = a.warnOfCertificate(ctx, in, c)
		}
		failed = errors.Join(failed, err)
	}
	return failed
}

// warnOfCertificate raises an event each time one of certificateDays has come,
// and not in between: who has seen to it is not told again the next day.
func (a *App) warnOfCertificate(ctx context.Context, in integration.Integration, c integration.Credentials) error {
	left := c.CertificateEnds.Sub(a.now())
	step := -1
	for _, days := range certificateDays {
		if left <= time.Duration(days)*24*time.Hour {
			step = days
		}
	}
	told, err := a.store.Meta(ctx, warnedPrefix+c.ID)
	if err != nil || step < 0 || string(told) == strconv.Itoa(step) {
		return err
	}
	text := fmt.Sprintf("the certificate of %s ends on %s", in.Name, c.CertificateEnds.UTC().Format("2006-01-02 15:04 UTC"))
	if left <= 0 {
		text = fmt.Sprintf("the certificate of %s ended on %s, and %s takes its key no longer", in.Name,
			c.CertificateEnds.UTC().Format("2006-01-02 15:04 UTC"), in.Destination)
	}
	e := integration.Event{Name: integration.EventAuthentication, Group: integration.GroupCertificate, IntegrationID: in.ID, Time: a.now(),
		Message: text + ". To do: make a new key (Connect, ctrl+g), upload its certificate to " + in.Destination + " and connect with it"}
	if err := a.store.AddEvent(ctx, e); err != nil {
		return err
	}
	return a.store.SetMeta(ctx, warnedPrefix+c.ID, []byte(strconv.Itoa(step)))
}
