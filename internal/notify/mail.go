package notify

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"billferry/internal/integration"
	"billferry/internal/outbound"
)

// What one mail holds, and how long after it the next may go: a thousand
// failing Bills are some mails, not a thousand.
const (
	mailBatch = 50
	mailGap   = time.Minute
)

// mailer is the target of Mail: those in To.
type mailer struct {
	set   Mail
	names namer
}

func newMailer(m Mail, o Options) *mailer { return &mailer{set: m, names: namer{o.Feed}} }

func (m *mailer) name() string { return "mail" }

func (m *mailer) plan() plan { return plan{batch: mailBatch, gap: mailGap, limit: time.Minute} }

func (m *mailer) wants(e integration.Event) bool {
	return len(m.set.To) > 0 && slices.Contains(m.set.Events, e.Name)
}

func (m *mailer) send(ctx context.Context, events []integration.Event) error {
	return m.write(ctx, m.set.To, events)
}

// write sends one mail. Nobody gets it when one address is refused.
func (m *mailer) write(ctx context.Context, to []string, events []integration.Event) error {
	msg, err := m.message(ctx, to, events)
	if err != nil {
		return err
	}
	c, err := m.client()
	if err != nil {
		return err
	}
	// A server's refusal may repeat what it was sent.
	return outbound.Clean(c.DialAndSendWithContext(ctx, msg), m.set.password)
}

func (m *mailer) client() (*gomail.Client, error) {
	o := []gomail.Option{gomail.WithPort(m.set.Port), gomail.WithTimeout(20 * time.Second)}
	switch m.set.Security {
	case "tls":
		o = append(o, gomail.WithSSL())
	case "none":
		o = append(o, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		o = append(o, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if m.set.Username != "" {
		o = append(o, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(m.set.Username),
			gomail.WithPassword(m.set.password.Reveal()))
	}
	return gomail.NewClient(m.set.Host, o...)
}

func (m *mailer) message(ctx context.Context, to []string, events []integration.Event) (*gomail.Msg, error) {
	msg := gomail.NewMsg()
	if err := msg.From(m.set.From); err != nil {
		return nil, fmt.Errorf("from: %w", err)
	}
	if err := msg.To(to...); err != nil {
		return nil, fmt.Errorf("to: %w", err)
	}
	msg.SetDate()
	msg.SetMessageIDWithValue(messageID(events[0]) + "." + fmt.Sprint(len(events)) + "@billferry")
	subject := fmt.Sprintf("billferry: %d events", len(events))
	if len(events) == 1 {
		subject = fmt.Sprintf("billferry: %s, %s", m.names.of(ctx, events[0]), events[0].Name)
	}
	msg.Subject(subject)
	var body strings.Builder
	for _, e := range events {
		_, _ = fmt.Fprintf(&body, "%s  %s  %s\n%s\n", lastTime(e).UTC().Format(time.RFC3339), m.names.of(ctx, e), e.Name, e.Message)
		if e.Times() > 1 {
			_, _ = fmt.Fprintf(&body, "It happened %d times since %s.\n", e.Count, e.Time.UTC().Format(time.RFC3339))
		}
		if e.RunID != "" {
			_, _ = fmt.Fprintf(&body, "Look: billferry runs show %s\n", e.RunID)
		}
		body.WriteString("\n")
	}
	msg.SetBodyString(gomail.TypeTextPlain, body.String())
	return msg, nil
}
