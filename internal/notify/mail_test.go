package notify

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"billferry/internal/integration"
)

// smtpd is a mail server that keeps what it takes. It refuses addresses that
// begin with "no-such" for good, and those that begin with "later" for now.
type smtpd struct {
	ln net.Listener
	mu sync.Mutex
	to []string
	in []string // whole messages
}

func newSMTPD(t *testing.T) (*smtpd, Mail) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &smtpd{ln: ln}
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go s.talk(c)
		}
	}()
	return s, Mail{Host: "127.0.0.1", Port: ln.Addr().(*net.TCPAddr).Port, Security: "none", From: "billferry@example.com",
		Events: []string{integration.EventDisabled, integration.EventAuthentication}}
}

func (s *smtpd) talk(c net.Conn) {
	defer func() { _ = c.Close() }()
	r := bufio.NewReader(c)
	say := func(line string) { _, _ = fmt.Fprintf(c, "%s\r\n", line) }
	say("220 test")
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		switch verb := strings.ToUpper(line[:4]); {
		case verb == "EHLO" || verb == "HELO":
			say("250 test")
		case verb == "RCPT":
			address := strings.Trim(strings.TrimSpace(line[len("RCPT TO:"):]), "<>")
			switch {
			case strings.HasPrefix(address, "no-such"):
				say("550 5.1.1 no such mailbox")
			case strings.HasPrefix(address, "later"):
				say("451 4.3.0 try later")
			default:
				s.mu.Lock()
				s.to = append(s.to, address)
				s.mu.Unlock()
				say("250 ok")
			}
		case verb == "DATA":
			say("354 go on")
			var body strings.Builder
			for line := ""; line != ".\r\n" && err == nil; body.WriteString(line) {
				line, err = r.ReadString('\n')
			}
			s.mu.Lock()
			s.in = append(s.in, body.String())
			s.mu.Unlock()
			say("250 taken")
		case verb == "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func (s *smtpd) received() (to, in []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.to), slices.Clone(s.in)
}

func TestMail(t *testing.T) {
	t.Parallel()
	s, set := newSMTPD(t)
	set.To = []string{"ap@example.com", "it@example.com"}
	fd := newFeed()
	m := newMailer(set, Options{Feed: fd})
	events := []integration.Event{fd.add(integration.EventDisabled), fd.add(integration.EventAuthentication)}
	if err := m.send(t.Context(), events); err != nil {
		t.Fatal(err)
	}
	to, in := s.received()
	if !slices.Equal(to, set.To) || len(in) != 1 {
		t.Fatalf("%d mails to %v", len(in), to)
	}
	for _, want := range []string{"Subject: billferry: 2 events", "NetSuite US", "To do: mend it", "billferry runs show run-1",
		"From: <billferry@example.com>"} {
		if !strings.Contains(in[0], want) {
			t.Errorf("the mail has no %q:\n%s", want, in[0])
		}
	}
	if m.wants(fd.add(integration.EventValidation)) {
		t.Error("an event that was not asked for is mailed")
	}
}

// Users are found as addresses, in the settings and in m3ter; one that is not
// found, or whom the server refuses for good, holds up nobody else; a refusal
// for now is tried again without writing twice to the others.
func TestUsersOfADisabledIntegration(t *testing.T) {
	t.Parallel()
	s, set := newSMTPD(t)
	set.Users = map[string]string{"u-settings": "settings@example.com"}
	fd := newFeed()
	fd.users = []any{"direct@example.com", "u-settings", "u-m3ter", "u-none", "no-such@example.com", "later@example.com", "last@example.com"}
	o := Options{Feed: fd, Logger: slog.New(slog.DiscardHandler), UserEmail: func(_ context.Context, id string) (string, error) {
		if id == "u-m3ter" {
			return "m3ter@example.com", nil
		}
		return "", fmt.Errorf("user %s: %w", id, integration.ErrNotFound)
	}}
	u := newUsers(newMailer(set, o), o)
	e := []integration.Event{fd.add(integration.EventDisabled)}
	if err := u.send(t.Context(), e); err == nil || errors.Is(err, integration.ErrNotFound) {
		t.Fatalf("a refusal for now is %v", err)
	}
	fd.users = slices.DeleteFunc(fd.users, func(x any) bool { return x == "later@example.com" })
	if err := u.send(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	to, _ := s.received()
	if want := []string{"direct@example.com", "settings@example.com", "m3ter@example.com", "last@example.com"}; !slices.Equal(to, want) {
		t.Errorf("written to %v, want %v", to, want)
	}
}
