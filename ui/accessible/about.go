package accessible

import (
	"context"
	"strings"
	"time"

	"billferry/internal/service"
	"billferry/internal/spec"
	"billferry/ui/widget"
)

// about reads out what the page of an integration shows.
func (s *session) about(ctx context.Context) error {
	in, err := s.pick(ctx)
	if err != nil {
		return err
	}
	return s.aboutOne(ctx, in.ID)
}

func (s *session) aboutOne(ctx context.Context, id string) error {
	d, err := s.svc.Integration(ctx, id)
	if err != nil {
		return err
	}
	s.say("%s: entity type %s, integration destination %s, id %s, version %d. It is %s.", d.Name, d.EntityType, d.Destination, d.ID,
		d.Version, d.State())
	if !d.Enabled && d.DisabledWhy != "" {
		s.say("It is disabled: %s.", strings.TrimSuffix(d.DisabledWhy, "."))
	}
	for _, p := range d.Warnings {
		s.say("Warning: %s.", strings.TrimSuffix(p.Error(), "."))
	}
	for _, o := range d.Overlaps {
		s.say("Warning: %s.", o)
	}
	f, _ := s.svc.Catalog().Form(d.EntityType, d.Destination)
	s.credentialsOf(d, f)
	s.say("%s linked to it.", widget.Many(d.Mappings, "external mapping"))
	for i := range d.LastRuns {
		s.say("Run of %s: %s.", widget.Ago(time.Now(), d.LastRuns[i].Modified), summary(d.LastRuns[i]))
	}
	defaults := f.Defaults()
	names := s.names(ctx, d.ID, f.Fields, d.ConfigData)
	for _, x := range f.Fields {
		if now := d.ConfigData.Get(x.Key); x.Key != "name" && x.Show(now) != x.Show(defaults.Get(x.Key)) {
			s.say("%s: %s.", x.Label, x.ShowNamed(now, names))
		}
	}
	s.say("Every other setting is as usual.")
	return nil
}

// credentialsOf says what is known of the credentials, never a secret.
func (s *session) credentialsOf(d service.Detail, f spec.Form) {
	c := d.Credentials
	if c == nil {
		s.say("It has no credentials yet.")
		return
	}
	for _, x := range f.Auth {
		if v := c.Values.Text(x.Key); v != "" && !x.Kind.Hidden() {
			s.say("%s: %s.", x.Label, v)
		}
	}
	if c.KeyType != "" {
		s.say("Key: %s, signs with %s, SHA-256 %s.", c.KeyType, c.Algorithm, c.Fingerprint)
	}
	if !c.CertificateEnds.IsZero() {
		s.say("Its certificate ends on %s.", c.CertificateEnds.UTC().Format("2006-01-02"))
	}
	if c.Verified && !c.ConnectedAt.IsZero() {
		s.say("Connected since %s.", c.ConnectedAt.UTC().Format("2006-01-02 15:04 UTC"))
	} else {
		s.say("The credentials were never verified.")
	}
}
