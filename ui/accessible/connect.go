package accessible

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"billferry/internal/integration"
	"billferry/internal/secret"
	"billferry/internal/service"
	"billferry/internal/spec"
	"billferry/ui/connect"
)

func (s *session) connectOne(ctx context.Context) error {
	in, err := s.pick(ctx)
	if err != nil {
		return err
	}
	_, err = s.connect(ctx, in)
	return err
}

// connect asks for the credentials and proves them. After a failure it asks
// again with what was answered as defaults. It tells whether the destination can be
// asked then.
func (s *session) connect(ctx context.Context, in integration.Integration) (bool, error) {
	f, ok := s.svc.Catalog().Form(in.EntityType, in.Destination)
	if !ok {
		return false, fmt.Errorf("this version has no connection form for %s", in.Destination)
	}
	s.say("%s.", f.Title())
	answers := spec.Values{}
	// A draft has none, and what there is comes only in aid of typing.
	if d, err := s.svc.Integration(ctx, in.ID); err == nil && d.Credentials != nil {
		answers = d.Credentials.Values.Clone()
	}
	if d := s.info.Demo; d != nil && d.Destination == in.Destination {
		for _, x := range f.Auth {
			answers.Set(x.Key, d.Connect[x.Key])
			if x.Kind == spec.Key {
				s.say("demo: the defaults are those of the simulator; the private key is the file %s.", d.Connect[x.Key])
			}
		}
	}
	for {
		c := service.Connect{IntegrationID: in.ID, Values: spec.Values{}}
		var err error
		if c.Secrets, err = s.credentials(ctx, in, f, answers); err != nil {
			return false, err
		}
		for _, x := range f.Auth {
			if !x.Kind.Hidden() {
				c.Values.Set(x.Key, answers.Text(x.Key))
			}
		}
		_, err = s.svc.Connect(ctx, c, s.step)
		if err == nil {
			s.say("Integration connected successfully.")
			s.say("%s is CONNECTED.", in.Name)
			return true, nil
		}
		s.fault(err)
		i, err := s.choose(ctx, "What now?", []string{"Answer again", "Save anyway, unverified", "Leave it"}, 0)
		switch {
		case err != nil:
			return false, err
		case i == 1:
			c.Unverified = true
			if _, err := s.svc.Connect(ctx, c, s.step); err != nil {
				return false, err
			}
			s.say("Credentials saved; %s was not asked.", f.Words.System)
			return false, nil
		case i == 2:
			return false, nil
		}
	}
}

func (s *session) step(x service.Step) {
	if x.State == "running" {
		return
	}
	line := x.Name + ": " + x.State
	if x.Detail != "" {
		line += ", " + x.Detail
	}
	s.say("%s", line)
	if x.Remedy != "" {
		s.say("What to do: %s", x.Remedy)
	}
}

// errMade is the end of a round of questions in which a key pair was made.
var errMade = errors.New("a key pair was made")

// credentials asks for each field into answers and returns the secrets. What was asked
// before a key pair was made is asked again: its certificate has an id of its own.
func (s *session) credentials(ctx context.Context, in integration.Integration, f spec.Form, answers spec.Values) (
	map[string]secret.Value, error) {
	for {
		secrets, err := s.credentialsOnce(ctx, in, f, answers)
		if !errors.Is(err, errMade) {
			return secrets, err
		}
		s.say("The questions once more, since the new certificate has an id of its own.")
	}
}

// newKey is the answer that makes a key pair.
const newKey = "make"

func (s *session) credentialsOnce(ctx context.Context, in integration.Integration, f spec.Form, answers spec.Values) (
	map[string]secret.Value, error) {
	secrets := map[string]secret.Value{}
	keyField := ""
	for _, x := range f.Auth {
		if x.Kind == spec.Key {
			keyField = x.Key
			s.say("Without a key pair, answer any of these questions with %s: it makes one, and tells where its certificate is uploaded.", newKey)
		}
	}
	for _, x := range f.Auth {
		if x.Kind.Hidden() && !secrets[x.Key].Empty() {
			continue // it came as the answer to another question
		}
		s.say("%s. %s", x.Label, x.Help)
		for {
			label := x.Label
			if x.Kind == spec.Key {
				label += ", the path of the file, the key pasted, or " + newKey
			}
			text, err := s.askFor(ctx, x, label, answers.Text(x.Key))
			if err != nil {
				return secrets, err
			}
			switch {
			case keyField != "" && strings.EqualFold(text, newKey):
				if err = s.makeKey(ctx, in, f, keyField, answers); err != nil {
					break
				}
				if x.Kind == spec.Key {
					return secrets, errMade
				}
				delete(secrets, keyField) // one that was pasted before
				s.say("Now the answer to this question.")
				continue
			case x.Kind == spec.Key:
				secrets[x.Key], err = s.key(ctx, text)
			case keyField != "" && secret.HoldsKey(text):
				if secrets[keyField], err = s.key(ctx, text); err == nil {
					s.say("That is the private key, and is kept as that. Now the answer to this question.")
					continue
				}
			default:
				err = x.Validate(text)
			}
			if err == nil {
				switch {
				case x.Kind == spec.Secret:
					secrets[x.Key] = secret.New(text)
				case !secret.HoldsKey(text):
					answers.Set(x.Key, text)
				}
				break
			}
			s.say("Error: %v", err)
		}
	}
	return secrets, nil
}

// makeKey makes a key pair, and has it as the answer to the question for the key.
func (s *session) makeKey(ctx context.Context, in integration.Integration, f spec.Form, keyField string, answers spec.Values) error {
	got, err := connect.MakeKey(ctx, s.svc, s.info.DataDir, in.ID, time.Now())
	if err != nil {
		return err
	}
	answers.Set(keyField, got.KeyFile)
	s.say("%s", connect.MadeKey(got, f.Words))
	return nil
}

// key reads a private key and says what it is.
func (s *session) key(ctx context.Context, text string) (secret.Value, error) {
	if strings.HasPrefix(text, "-----BEGIN") {
		for !strings.Contains(text, "-----END") {
			line, err := s.line(ctx)
			if err != nil {
				return secret.Value{}, err
			}
			text += "\n" + line
		}
	}
	pem, err := connect.LoadKey(text)
	if err != nil {
		return pem, err
	}
	info, err := s.svc.InspectKey(ctx, pem)
	if err != nil {
		return pem, err
	}
	s.say("The key is %s, signs with %s, SHA-256 %s.", info.Type, info.Algorithm, info.Fingerprint)
	return pem, nil
}
