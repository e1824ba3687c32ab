package app

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
)

func TestCollectorFromTheEnvironment(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		env  map[string]string
		url  string
		wait time.Duration
		says string // of the error
	}{
		{env: map[string]string{}},
		{env: map[string]string{"ENDPOINT": "http://otel:4318"}, url: "http://otel:4318/v1/traces", wait: 10 * time.Second},
		{env: map[string]string{"ENDPOINT": "https://otel/base/", "TIMEOUT": "1500"}, url: "https://otel/base/v1/traces",
			wait: 1500 * time.Millisecond},
		{env: map[string]string{"ENDPOINT": "http://a", "TRACES_ENDPOINT": "http://b/spans", "TIMEOUT": "1", "TRACES_TIMEOUT": "2"},
			url: "http://b/spans", wait: 2 * time.Millisecond},
		{env: map[string]string{"ENDPOINT": "otel:4318"}, says: "OTEL_EXPORTER_OTLP_ENDPOINT is no address"},
		{env: map[string]string{"TRACES_ENDPOINT": "grpc://x"}, says: "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is no address"},
		{env: map[string]string{"ENDPOINT": "http://a", "TIMEOUT": "10s"}, says: "OTEL_EXPORTER_OTLP_TIMEOUT=10s is no number"},
		{env: map[string]string{"ENDPOINT": "http://a", "HEADERS": "sesame"}, says: "OTEL_EXPORTER_OTLP_HEADERS is no list"},
	} {
		got, err := collectorFromEnv(func(name string) string { return c.env[strings.TrimPrefix(name, "OTEL_EXPORTER_OTLP_")] })
		switch {
		case c.says != "":
			if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "sesame") {
				t.Errorf("%v: %v, want %q", c.env, err, c.says)
			}
		case err != nil || (got == nil) != (c.url == ""):
			t.Errorf("%v: %+v %v", c.env, got, err)
		case got != nil && (got.url != c.url || got.limit != c.wait):
			t.Errorf("%v: %s, %s", c.env, got.url, got.limit)
		}
	}
}

// A collector that repeats its key does not bring it into the log.
func TestACollectorsKeyStaysOut(t *testing.T) {
	t.Parallel()
	var key string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key = r.Header.Get("X-Key")
		http.Error(w, "no such key: "+key, http.StatusForbidden)
	}))
	t.Cleanup(srv.Close)
	withPassword := strings.Replace(srv.URL, "http://", "http://ops:hunter2hunter@", 1)
	c, err := collectorFromEnv(func(name string) string {
		return map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": withPassword, "OTEL_EXPORTER_OTLP_HEADERS": "x-key=open%20sesame%20now"}[name]
	})
	if err != nil {
		t.Fatal(err)
	}
	err = c.UploadTraces(context.Background(), []*tracepb.ResourceSpans{{}})
	if key != "open sesame now" || err == nil || !strings.Contains(err.Error(), "403") ||
		strings.Contains(err.Error(), "sesame") || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("sent %q, told %v", key, err)
	}
}
