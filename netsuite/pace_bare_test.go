package netsuite_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"testing"

	"golang.org/x/sync/errgroup"

	"billferry/internal/bill"
	"billferry/internal/integration"
	"billferry/internal/sandbox"
	"billferry/mapping"
	"billferry/netsuite"
)

// bare is the floor under BenchmarkPace's processor time: a loader that keeps
// nothing and proves nothing. It decodes each Bill, maps it and posts it.
// What billferry does beyond that (records, attempts, the read-back, fsync) is
// what its multiple of this floor pays for.
func (l life) bare(ctx context.Context) (err error) {
	st, err := openStore(l.Dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	in, err := st.Integration(ctx, l.Integration)
	if err != nil {
		return err
	}
	creds, err := st.Credentials(ctx, l.Integration)
	if err != nil {
		return err
	}
	cfg, err := netsuite.Adapter{}.Config(in.ID, in.ConfigData)
	if err != nil {
		return err
	}
	wire := &tokenSpy{RoundTripper: &http.Transport{MaxIdleConnsPerHost: 64}}
	client := &http.Client{Transport: wire}
	ns, err := netsuite.New(netsuite.CredentialsOf(creds), netsuite.Options{HTTP: client})
	if err != nil {
		return err
	}
	currencies := map[string]string{}
	for _, iso := range []string{"USD", "EUR", "GBP", "JPY"} {
		if currencies[iso], err = ns.CurrencyID(ctx, iso, func(integration.Exchange) {}); err != nil {
			return err
		}
	}
	f, err := os.Open(l.billsFile())
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	var posts errgroup.Group
	posts.SetLimit(in.ConfigData.Int("billferry.maxConcurrency"))
	for lines := bufio.NewReaderSize(f, 256<<10); ; {
		raw, err := lines.ReadBytes('\n')
		if err == io.EOF {
			return posts.Wait()
		}
		if err != nil {
			return err
		}
		posts.Go(func() error {
			b, err := bill.Decode(raw)
			if err != nil {
				return err
			}
			d, err := mapping.Map(cfg, b, mapping.Lookups{CurrencyID: currencies[b.Currency]})
			if err != nil {
				return err
			}
			return post(client, netsuite.CredentialsOf(creds).RESTURL, wire.authorization, netsuite.Adapter{}.Encode(d).Body)
		})
	}
}

// tokenSpy remembers the token of the calls that pass through it.
type tokenSpy struct {
	http.RoundTripper
	authorization string
}

func (s *tokenSpy) RoundTrip(r *http.Request) (*http.Response, error) {
	if s.authorization == "" {
		s.authorization = r.Header.Get("Authorization")
	}
	return s.RoundTripper.RoundTrip(r)
}

func post(client *http.Client, origin, authorization string, body []byte) error {
	req, err := http.NewRequest(http.MethodPost, origin+"/services/rest/record/v1/invoice", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header = http.Header{"Authorization": {authorization}, "Content-Type": {"application/json"}}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if said, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != http.StatusNoContent {
		return errors.Join(err, fmt.Errorf("answered %s: %s", resp.Status, said))
	}
	return nil
}

// floor delivers the Bills with the bare loader.
func (p paced) floor(b *testing.B, bills int) cost {
	box, l := p.prepare(b, bills)
	l.Bare = true
	return l.deliverAll(b, box, bills)
}

// deliverAll runs the child to its end.
func (l life) deliverAll(b *testing.B, box *sandbox.Sandbox, bills int) cost {
	cmd, _, failed, err := l.command(b.Context())
	if err == nil {
		err = cmd.Run()
	}
	if err != nil {
		b.Fatalf("%v\n%s", err, failed)
	}
	return costOf(b, cmd, box, bills)
}
