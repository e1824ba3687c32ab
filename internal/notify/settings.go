package notify

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"billferry/internal/integration"
	"billferry/internal/readfile"
	"billferry/internal/secret"
)

// FileName is the settings file in a data folder.
const FileName = "notify.yaml"

// eventNames are those that can be asked for.
var eventNames = []string{
	integration.EventValidation, integration.EventMissingMapping, integration.EventAuthentication,
	integration.EventPerform, integration.EventDisabled, integration.EventSource, integration.EventDocument,
	integration.EventPlan, integration.EventPayment,
}

// Settings say whom to tell of what.
type Settings struct {
	Webhooks []Webhook `yaml:"webhooks"`
	Mail     *Mail     `yaml:"mail"`
}

// Names tells whether somebody asks by name to be told of an event.
func (s Settings) Names(event string) bool {
	named := s.Mail != nil && slices.Contains(s.Mail.Events, event)
	return named || slices.ContainsFunc(s.Webhooks, func(w Webhook) bool { return slices.Contains(w.Events, event) })
}

// Webhook is an HTTP endpoint to tell.
type Webhook struct {
	Name       string   `yaml:"name"`       // in logs and metrics; the host of URL when absent
	URL        string   `yaml:"url"`        // https, or http to this machine
	SecretFile string   `yaml:"secretFile"` // holds the signing secret, whsec_... or any text
	Events     []string `yaml:"events"`     // absent: all but billferry.payment.changed

	secret secret.Value
}

// Mail is a mail server and whom to write to.
type Mail struct {
	Host         string   `yaml:"host"`
	Port         int      `yaml:"port"`     // absent: as Security has it, 587 or 465
	Security     string   `yaml:"security"` // starttls (when absent), tls, or none to this machine
	Username     string   `yaml:"username"`
	PasswordFile string   `yaml:"passwordFile"`
	From         string   `yaml:"from"`
	To           []string `yaml:"to"`
	Events       []string `yaml:"events"` // for To; absent: disabled, authentication, source and plan
	// Users gives the addresses of m3ter users that an integration names.
	Users map[string]string `yaml:"users"`

	password secret.Value
}

// Load reads a settings file with the secrets it names; their paths are
// relative to it. A file that is not there is no settings.
func Load(path string) (Settings, error) {
	var s Settings
	b, err := readfile.Read(path, readfile.Config)
	if errors.Is(err, os.ErrNotExist) {
		return s, nil
	}
	if err == nil {
		err = yaml.UnmarshalWithOptions(b, &s, yaml.Strict())
	}
	if err == nil {
		err = s.complete(filepath.Dir(path))
	}
	if err != nil {
		return s, fmt.Errorf("notifications, %s: %w", path, err)
	}
	return s, nil
}

func (s *Settings) complete(dir string) error {
	names := map[string]bool{}
	for i := range s.Webhooks {
		w := &s.Webhooks[i]
		if err := w.complete(dir); err != nil {
			return fmt.Errorf("webhook %d: %w", i+1, err)
		}
		if names[w.Name] {
			return fmt.Errorf("webhook %d: another one is named %q already; give each a name", i+1, w.Name)
		}
		names[w.Name] = true
	}
	if s.Mail == nil {
		return nil
	}
	if err := s.Mail.complete(dir); err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	return nil
}

func (w *Webhook) complete(dir string) (err error) {
	u, err := url.Parse(w.URL)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return errors.New("url must be an address such as https://example.com/hook") // not repeated: it may hold a secret
	}
	if u.Scheme == "http" && !loopback(u.Hostname()) {
		return fmt.Errorf("events travel to %s unprotected: use https", u.Hostname())
	}
	if w.Name == "" {
		w.Name = u.Host
	}
	if w.secret, err = readSecret(dir, "secretFile", w.SecretFile); err != nil {
		return err
	}
	_, err = signingKey(w.secret)
	return errors.Join(err, knownEvents(w.Events))
}

func (m *Mail) complete(dir string) (err error) {
	if m.Host == "" || m.From == "" {
		return errors.New("host and from are required")
	}
	if m.Security == "" {
		m.Security = "starttls"
	}
	ports := map[string]int{"starttls": 587, "tls": 465, "none": 25}
	port, ok := ports[m.Security]
	switch {
	case !ok:
		return fmt.Errorf("security %q is not known: use starttls, tls or none", m.Security)
	case m.Security == "none" && !loopback(m.Host):
		return fmt.Errorf("mail would travel to %s unprotected: use starttls or tls", m.Host)
	case m.Port == 0:
		m.Port = port
	}
	if len(m.Events) == 0 {
		m.Events = []string{integration.EventDisabled, integration.EventAuthentication, integration.EventSource, integration.EventPlan}
	}
	if m.Username != "" {
		if m.password, err = readSecret(dir, "passwordFile", m.PasswordFile); err != nil {
			return err
		}
	}
	return knownEvents(m.Events)
}

func knownEvents(names []string) error {
	for _, n := range names {
		if !slices.Contains(eventNames, n) {
			return fmt.Errorf("event %q is not known: use %s", n, strings.Join(eventNames, ", "))
		}
	}
	return nil
}

func readSecret(dir, key, name string) (secret.Value, error) {
	if name == "" {
		return secret.Value{}, fmt.Errorf("%s is required: a file that holds the secret alone", key)
	}
	if !filepath.IsAbs(name) {
		name = filepath.Join(dir, name)
	}
	b, err := readfile.ReadPrivate(name, readfile.Key)
	if err != nil {
		return secret.Value{}, fmt.Errorf("%s: %w", key, err)
	}
	text := strings.TrimSpace(string(b))
	if text == "" {
		return secret.Value{}, fmt.Errorf("%s: %s is empty", key, name)
	}
	return secret.New(text), nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
