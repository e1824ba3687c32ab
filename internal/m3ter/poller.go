package m3ter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"billferry/internal/bill"
	"billferry/internal/integration"
)

// DefaultWindow is how far back Bills are looked for, by their bill date.
const DefaultWindow = 100 * 24 * time.Hour

// Sink takes Bills in. The engine is one.
type Sink interface {
	// Missing tells which Bills it wants whole, knowing their heads.
	Missing(ctx context.Context, heads []bill.Head) ([]bool, error)
	// Submit records a Bill; the runs are on disk when it returns.
	Submit(ctx context.Context, integrationID string, raw []byte, trigger string) ([]integration.Run, error)
}

// Memory keeps the cursor. The ledger is one.
type Memory interface {
	Meta(ctx context.Context, key string) ([]byte, error)
	SetMeta(ctx context.Context, key string, value []byte) error
}

// Poller finds Bills that changed. A pass reads the heads of all Bills in the
// window, 100 in a request, and fetches whole only those the sink does not
// know in that version: 20,000 Bills with 50 changed are 250 requests. It
// needs no memory of its own of what it has seen, so nothing can be forgotten
// or believed wrongly.
type Poller struct {
	Client *Client
	Sink   Sink
	Memory Memory
	Window time.Duration    // 0 is DefaultWindow
	Now    func() time.Time // nil is time.Now
	Logger *slog.Logger     // nil logs nothing
}

// Pass is what one pass found.
type Pass struct {
	Start, End time.Time
	Seen       int // heads read
	Fetched    int // Bills read whole
	Runs       int // recorded
	Failed     int // Bills that could not be taken in; the next pass tries again
}

// cursor is where a pass stands, so that a stopped one goes on there.
type cursor struct {
	Since time.Time `json:"since"`
	Token string    `json:"token"`
	Begun time.Time `json:"begun"`
}

// staleCursor is when a stopped pass is begun anew: m3ter does not say how
// long its page tokens are good for.
const staleCursor = time.Hour

func (p *Poller) key() string { return "m3ter/cursor/" + p.Client.src.OrgID }

func (p *Poller) now() time.Time {
	if p.Now == nil {
		return time.Now()
	}
	return p.Now()
}

func (p *Poller) log() *slog.Logger {
	if p.Logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return p.Logger
}

// Poll makes one pass.
func (p *Poller) Poll(ctx context.Context) (Pass, error) {
	pass := Pass{Start: p.now()}
	at, err := p.begin(ctx)
	if err != nil {
		return pass, err
	}
	for {
		heads, next, err := p.Client.Bills(ctx, at.Since, at.Token)
		if err != nil {
			return p.ended(pass), p.spoiled(ctx, at, err)
		}
		pass.Seen += len(heads)
		if err := p.take(ctx, heads, &pass); err != nil {
			return p.ended(pass), err
		}
		if next == "" || next == at.Token {
			return p.ended(pass), p.keep(ctx, cursor{})
		}
		at.Token = next
		if err := p.keep(ctx, at); err != nil {
			return p.ended(pass), err
		}
	}
}

func (p *Poller) ended(pass Pass) Pass {
	pass.End = p.now()
	return pass
}

// begin reads where a stopped pass stood, or starts a new one.
func (p *Poller) begin(ctx context.Context) (cursor, error) {
	var at cursor
	b, err := p.Memory.Meta(ctx, p.key())
	if err != nil {
		return at, fmt.Errorf("read the poller's cursor: %w", err)
	}
	if len(b) > 0 && json.Unmarshal(b, &at) == nil && at.Token != "" && p.now().Sub(at.Begun) < staleCursor {
		return at, nil
	}
	window := p.Window
	if window <= 0 {
		window = DefaultWindow
	}
	return cursor{Since: p.now().Add(-window), Begun: p.now()}, nil
}

func (p *Poller) keep(ctx context.Context, at cursor) error {
	b, err := json.Marshal(at)
	if err == nil {
		err = p.Memory.SetMeta(ctx, p.key(), b)
	}
	if err != nil {
		return fmt.Errorf("keep the poller's cursor: %w", err)
	}
	return nil
}

// spoiled drops the cursor when m3ter refuses its token, so that the next pass
// starts anew instead of failing the same way for ever.
func (p *Poller) spoiled(ctx context.Context, at cursor, err error) error {
	f := asFailure(err)
	if at.Token == "" || f == nil || (f.Class != integration.ClassRefused && f.Class != integration.ClassData) {
		return err
	}
	return errors.Join(err, p.keep(ctx, cursor{}))
}

// take fetches and submits those of a page that the sink wants. Pages shift
// while Bills are added, so a Bill may be seen twice: the second time the sink
// knows it. One that is deleted meanwhile is no error.
func (p *Poller) take(ctx context.Context, heads []bill.Head, pass *Pass) error {
	missing, err := p.Sink.Missing(ctx, heads)
	if err != nil {
		return fmt.Errorf("compare with the known runs: %w", err)
	}
	for i, h := range heads {
		if !missing[i] {
			continue
		}
		runs, err := p.Nudge(ctx, h.ID)
		pass.Fetched++
		pass.Runs += len(runs)
		switch f := asFailure(err); {
		case err == nil || errors.Is(err, integration.ErrNotFound):
		case ctx.Err() != nil:
			return ctx.Err()
		case f != nil && f.Class != integration.ClassData && f.Class != integration.ClassRefused:
			return err // m3ter is down or refuses everything: the pass goes on later
		default:
			pass.Failed++
			p.log().Warn("a Bill could not be taken in", "bill", h.ID, "error", err)
		}
	}
	return nil
}

// Nudge fetches one Bill now and submits it to every integration it is for.
func (p *Poller) Nudge(ctx context.Context, billID string) ([]integration.Run, error) {
	raw, err := p.Client.Bill(ctx, billID)
	if err != nil {
		return nil, err
	}
	return p.Sink.Submit(ctx, "", raw, "poll")
}
