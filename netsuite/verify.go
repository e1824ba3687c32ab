package netsuite

import (
	"cmp"
	"context"
	"errors"
	"net/http"

	"billferry/internal/destination"
	"billferry/internal/integration"
)

// probe is one thing to try.
type probe struct {
	name string
	// needed: when it fails nothing after it can be tried.
	needed bool
	run    func(ctx context.Context) (detail string, err error)
}

// passing is the error of a probe that cannot tell, or tells of something that
// sending does without.
type passing struct{ remedy, detail string }

func (p *passing) Error() string { return p.remedy }

// Verify proves the credentials: it gets a real token and reads the metadata
// catalogue with it. step, which may be nil, hears of both as they happen. The
// error is an *integration.Failure.
func (c *Client) Verify(ctx context.Context, step func(destination.Step)) error {
	return walk(ctx, c.basics(), step)
}

// Login implements delivery.Login.
func (c *Client) Login(ctx context.Context) error { return c.Verify(ctx, nil) }

func (c *Client) basics() []probe {
	return []probe{
		{name: "Access token", needed: true, run: c.probeToken},
		{name: "REST record service", needed: true, run: c.probeMetadata},
	}
}

func walk(ctx context.Context, probes []probe, step func(destination.Step)) error {
	if step == nil {
		step = func(destination.Step) {}
	}
	var first error
	stopped := false
	for _, p := range probes {
		if stopped {
			step(destination.Step{Name: p.name, State: destination.Skipped, Detail: "not tried, since a step before it failed"})
			continue
		}
		step(destination.Step{Name: p.name, State: destination.Running})
		detail, err := p.run(ctx)
		var pass *passing
		var due *todo
		switch {
		case err == nil:
			step(destination.Step{Name: p.name, State: destination.Passed, Detail: detail})
		case errors.As(err, &pass):
			step(destination.Step{Name: p.name, State: destination.Skipped, Detail: cmp.Or(detail, pass.detail), Remedy: pass.remedy})
		case errors.As(err, &due):
			step(destination.Step{Name: p.name, State: destination.ToDo, Detail: due.detail, Remedy: due.remedy})
		case !p.needed && !passes(err):
			f := asFailure(err)
			step(destination.Step{Name: p.name, State: destination.ToDo, Detail: f.Message, Remedy: f.Advice})
		default:
			f := asFailure(err)
			step(destination.Step{Name: p.name, State: destination.Failed, Detail: f.Message, Remedy: f.Advice})
			if first == nil {
				first = f
			}
			stopped = p.needed
		}
	}
	return first
}

// probeToken asks for a new token even if one is held: the operator wants to
// know whether the credentials work now.
func (c *Client) probeToken(ctx context.Context) (string, error) {
	detail, skew, err := c.newToken(ctx)
	if skew != "" {
		detail += "; but " + skew + ": set it (NTP), since NetSuite refuses a login from another time"
	}
	return detail, err
}

// newToken asks for a token, and tells how far this machine's clock is off.
func (c *Client) newToken(ctx context.Context) (detail, skew string, err error) {
	t, err := c.tokens.request(ctx, nil)
	if err != nil {
		return "", "", err
	}
	c.tokens.keep(t)
	info := c.tokens.key.info
	return "NetSuite accepted the key " + info.Type + " with " + info.Algorithm + " for account " + c.account, t.skew, nil
}

func (c *Client) probeMetadata(ctx context.Context) (string, error) {
	_, err := c.do(ctx, call{purpose: "metadata", method: http.MethodGet, path: recordPath + "/metadata-catalog"})
	if err == nil {
		return "the metadata catalogue can be read", nil
	}
	f := *asFailure(err)
	if isDenied(f.Cause) {
		f.Class = integration.ClassAuth // nothing at all can be sent
	}
	if f.Class == integration.ClassAuth || f.Cause == causeDoubtful {
		f.Advice = "the token is good but the role may not use REST: give it Setup > REST Web Services (Full), and Log in using OAuth " +
			"2.0 Access Tokens; " +
			"check that the feature REST Web Services is enabled"
	}
	if f.Cause == causeDoubtful { // a person asks, and nobody tries again: the likelier reading is an answer
		f.Class = integration.ClassAuth
		f.Advice = "test again in a minute, since NetSuite may have refused for load; if it stays so, " + f.Advice
	}
	return "", &f
}
