package notify

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const example = `
webhooks:
  - url: https://example.com/hooks/billferry
    secretFile: webhook.secret
    events: [integration.disabled.error]
mail:
  host: smtp.example.com
  username: billferry
  passwordFile: smtp.secret
  from: billferry@example.com
  to: [ap@example.com]
`

// settings writes a file and its secrets, and loads it.
func settings(t *testing.T, text string) (Settings, error) {
	t.Helper()
	dir := t.TempDir()
	for name, b := range map[string]string{FileName: text, "webhook.secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n",
		"smtp.secret": "hunter2\n", "empty": " \n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(b), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return Load(filepath.Join(dir, FileName))
}

func TestLoad(t *testing.T) {
	t.Parallel()
	s, err := settings(t, example)
	if err != nil {
		t.Fatal(err)
	}
	if w := s.Webhooks[0]; w.Name != "example.com" || w.secret.Empty() {
		t.Errorf("%+v", w)
	}
	if m := s.Mail; m.Port != 587 || m.Security != "starttls" || m.password.Reveal() != "hunter2" || len(m.Events) != 4 {
		t.Errorf("%+v", *m)
	}
	if text := fmt.Sprintf("%+v %+v", s, *s.Mail); strings.Contains(text, "hunter2") || strings.Contains(text, "MfKQ") {
		t.Errorf("a secret prints: %s", text)
	}
	if s, err := Load(filepath.Join(t.TempDir(), "none.yaml")); err != nil || len(s.Webhooks) != 0 || s.Mail != nil {
		t.Errorf("no file: %+v, %v", s, err)
	}
}

func TestWhatLoadRefuses(t *testing.T) {
	t.Parallel()
	hook := func(line string) string { return "webhooks:\n  - " + line }
	post := func(line string) string { return "mail: {from: a@b.c, " + line + "}" }
	for name, c := range map[string]struct{ text, want string }{
		"unknown key":    {"slack: {}", "unknown field"},
		"no url":         {hook("secretFile: webhook.secret"), "url must be"},
		"plain http":     {hook("{url: 'http://example.com/x', secretFile: webhook.secret}"), "use https"},
		"no secret":      {hook("url: https://example.com"), "secretFile is required"},
		"empty secret":   {hook("{url: 'https://example.com', secretFile: empty}"), "is empty"},
		"missing secret": {hook("{url: 'https://example.com', secretFile: none}"), "no such file"},
		"unknown event":  {hook("{url: 'https://example.com', secretFile: webhook.secret, events: [x]}"), "is not known"},
		"two of one name": {hook("{url: 'https://h/1', secretFile: webhook.secret}\n  - {url: 'https://h/2', secretFile: webhook.secret}"),
			"give each a name"},
		"no host":          {post("to: [a@b.c]"), "host and from"},
		"odd security":     {post("host: h, security: ssl"), "starttls, tls or none"},
		"unprotected mail": {post("host: smtp.example.com, security: none"), "unprotected"},
		"no password":      {post("host: h, username: u"), "passwordFile is required"},
	} {
		if _, err := settings(t, c.text); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), FileName) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}
