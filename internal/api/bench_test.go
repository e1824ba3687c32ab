package api_test

import (
	"io"
	"net/http"
	"testing"

	"billferry/internal/api"
	"billferry/internal/integration"
	"billferry/internal/service/servicetest"
)

// BenchmarkGet is GET of one configuration by id over TCP with a token, client
// and server in this process: the cost of the API itself, over a fake service.
func BenchmarkGet(b *testing.B) {
	a := newBenchAPI(b)
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			req, err := http.NewRequest("GET", a.url, nil)
			if err != nil {
				b.Error(err)
				return
			}
			req.Header.Set("Authorization", a.auth)
			resp, err := a.client.Do(req)
			if err != nil {
				b.Error(err)
				return
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
			if resp.StatusCode != 200 {
				b.Errorf("status %d", resp.StatusCode)
				return
			}
		}
	})
}

type benchAPI struct {
	url, auth string
	client    *http.Client
}

func newBenchAPI(b *testing.B) benchAPI {
	a := newAPI(b, api.Options{Rate: -1})
	in := a.fake.AddIntegration(integration.Integration{Name: "One", ConfigData: servicetest.Catalog()[0].Defaults()})
	return benchAPI{a.url + theirs + "/integrationconfigs/" + in.ID, "Bearer " + a.token(b, "read"),
		&http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
}
