package e2e

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"billferry/internal/api"
	"billferry/internal/app"
	"billferry/internal/integration"
	"billferry/internal/sandbox"
	"billferry/internal/secret"
	"billferry/internal/service"
	"billferry/internal/spec"
)

// From a key to its frame in the list of all runs, while Bills come in and are
// delivered on 10 slots at once: some hundred changes a second.
func BenchmarkKeyWhileDelivering(b *testing.B) {
	template, err := filled()
	if err != nil {
		b.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "bfd") // a short path: a socket is made in it
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = os.RemoveAll(dir) })
	copyStore(b, template, dir)
	sb, err := sandbox.Start(b.Context(), sandbox.Options{Latency: 90 * time.Millisecond, Concurrency: 12, Bills: 1, Clean: true, Seed: 1})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(sb.Close)
	deliverTo(b, dir, sb)

	other := startBare(b)
	s := start(b, 120, 40, nil, "--no-keyring", "--data-dir", dir)
	s.see("NetSuite US")
	openRuns(s)
	for range 40 { // to where each further key scrolls
		s.press("down")
	}
	c := api.Dial(app.SocketPath(dir), app.Catalog())
	old := complete(b, c)
	go deliver(b, c, 100)
	s.until("runs are delivered", func(string) bool { return complete(b, c) > old+50 })
	var ours, theirs []time.Duration
	before, begin := complete(b, c), time.Now()
	for range b.N {
		for range 40 {
			theirs = append(theirs, other.answer("down"))
			ours = append(ours, s.moved("down"))
		}
	}
	b.ReportMetric(float64(complete(b, c)-before)/time.Since(begin).Seconds(), "delivered/s")
	report(b, ours, theirs)
	b.ReportMetric(resident(b, s), "MB")
}

// copyStore copies the files of a data folder, for their owner alone.
func copyStore(b *testing.B, from, to string) {
	b.Helper()
	files, err := os.ReadDir(from)
	if err != nil {
		b.Fatal(err)
	}
	for _, f := range files {
		if !f.Type().IsRegular() {
			continue // the socket of a program that was killed
		}
		if err := copyFile(filepath.Join(from, f.Name()), filepath.Join(to, f.Name())); err != nil {
			b.Fatal(err)
		}
	}
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// moved presses a key and returns the time until another run is under the
// cursor: a screen on which much changes says nothing else.
func (s *terminal) moved(key string) time.Duration {
	s.t.Helper()
	time.Sleep(20 * time.Millisecond)
	screen, _ := s.text()
	was := underCursor.FindString(screen)
	return s.shown(key, func(screen string) bool {
		now := underCursor.FindString(screen)
		return now != "" && now != was
	})
}

var underCursor = regexp.MustCompile(`▸ .*(INVOICE|INV)-\S+`)

// deliverTo connects the integration of the store to the simulator.
func deliverTo(b *testing.B, dir string, sb *sandbox.Sandbox) {
	b.Helper()
	files, err := sb.WriteCredentials(filepath.Join(dir, "keys"))
	if err != nil {
		b.Fatal(err)
	}
	key, err := os.ReadFile(files.KeyFile)
	if err != nil {
		b.Fatal(err)
	}
	a, err := app.Open(app.Config{DataDir: dir, NoKeyring: true, Idle: true, PollEvery: -1})
	if err != nil {
		b.Fatal(err)
	}
	d, err := a.Integration(b.Context(), benchIntegration)
	if err == nil {
		in := d.Integration
		in.ConfigData = spec.Values{"netsuiteDefaultItemId": sandbox.ItemDefault, "billferry": map[string]any{"maxConcurrency": 10}}
		_, err = a.Update(b.Context(), in)
	}
	if err == nil {
		_, err = a.Connect(b.Context(), service.Connect{
			IntegrationID: benchIntegration,
			Values: spec.Values{"externalCustomerId": files.AccountID, "clientId": files.ClientID, "keyId": files.KeyID,
				"restUrl": files.RESTURL, "tokenUrl": files.TokenURL},
			Secrets: map[string]secret.Value{"privateKey": secret.New(string(key))},
		}, nil)
	}
	if err != nil {
		b.Fatal(err)
	}
	if err := a.Close(); err != nil {
		b.Fatal(err)
	}
}

// deliver hands Bills in, so many a second, until the benchmark ends.
func deliver(b *testing.B, c *api.Client, perSecond int) {
	r, pipe := io.Pipe()
	go func() {
		_, err := sandbox.BillStream(pipe, sandbox.StreamOptions{Bills: 1_000_000, Seed: 1})
		pipe.CloseWithError(err)
	}()
	defer func() { _ = r.Close() }()
	lines := bufio.NewReaderSize(r, 1<<20)
	tick := time.NewTicker(time.Second / time.Duration(perSecond))
	defer tick.Stop()
	for {
		select {
		case <-b.Context().Done():
			return
		case <-tick.C:
		}
		line, err := lines.ReadBytes('\n')
		if err == nil {
			_, err = c.Submit(context.WithoutCancel(b.Context()), benchIntegration, line, "api")
		}
		if err != nil {
			if b.Context().Err() == nil {
				b.Error(err)
			}
			return
		}
	}
}

// complete is how many runs are.
func complete(b *testing.B, c *api.Client) int {
	b.Helper()
	t, err := c.Totals(b.Context(), "")
	if err != nil {
		b.Fatal(err)
	}
	return t.ByStatus[integration.Complete]
}
