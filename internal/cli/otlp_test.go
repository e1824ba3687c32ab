//go:build unix

package cli

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"

	common "go.opentelemetry.io/proto/otlp/common/v1"
	traced "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"billferry/internal/sandbox"
)

// receiver is an OTLP/HTTP endpoint, as a collector has one.
type receiver struct {
	mu      sync.Mutex
	service string
	spans   []*traced.Span
	raw     bytes.Buffer
	wrong   []string
}

func (o *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	var got traced.TracesData
	if err == nil {
		err = proto.Unmarshal(body, &got)
	}
	if err != nil || r.URL.Path != "/v1/traces" || r.Header.Get("Content-Type") != "application/x-protobuf" ||
		r.Header.Get("X-Team") != "billing" {
		o.wrong = append(o.wrong, r.Method+" "+r.URL.Path+" "+r.Header.Get("Content-Type"))
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	o.raw.Write(body)
	for _, of := range got.ResourceSpans {
		if s := value(of.Resource.Attributes, "service.name"); s != "" {
			o.service = s
		}
		for _, scope := range of.ScopeSpans {
			o.spans = append(o.spans, scope.Spans...)
		}
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
}

func value(all []*common.KeyValue, key string) string {
	for _, kv := range all {
		if kv.Key == key {
			return kv.Value.GetStringValue()
		}
	}
	return ""
}

// The real program, told of an OTLP endpoint by OpenTelemetry's own variables,
// sends a span for each attempt with its requests below it: all of them by the
// time it has stopped, and nothing that no span may hold.
func TestServeSendsTraces(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bills := connected(t, dir, sandbox.Options{Bills: 4})
	o := &receiver{}
	endpoint := httptest.NewServer(o)
	t.Cleanup(endpoint.Close)

	serve := program(t, dir, "serve", "--json")
	serve.Env = append(serve.Env, "OTEL_EXPORTER_OTLP_ENDPOINT="+endpoint.URL, "OTEL_EXPORTER_OTLP_HEADERS=x-team=billing",
		"OTEL_SERVICE_NAME=ferry-7")
	out, err := serve.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := serve.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(out).ReadString('}'); err != nil { // it says where it serves once it does
		t.Fatal(err)
	}
	// Some seed Bills stop for good reason: exit code 3.
	sent, err := program(t, dir, "send", "--integration", "NS", "--from", bills).CombinedOutput()
	if err != nil && !strings.Contains(err.Error(), "exit status 3") {
		t.Fatalf("%v: %s", err, sent)
	}
	if err := serve.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := serve.Wait(); err != nil {
		t.Fatalf("serve ended with %v", err)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.wrong) > 0 || o.service != "ferry-7" {
		t.Errorf("refused %v, the service is %q", o.wrong, o.service)
	}
	attempts, below := map[string]string{}, 0
	runs := map[string]bool{}
	for _, s := range o.spans {
		if run := value(s.Attributes, "billferry.run"); len(s.ParentSpanId) == 0 {
			attempts[string(s.SpanId)] = run
			runs[run] = true
		}
	}
	for _, s := range o.spans {
		if len(s.ParentSpanId) > 0 {
			below++
			if attempts[string(s.ParentSpanId)] == "" || s.EndTimeUnixNano < s.StartTimeUnixNano {
				t.Errorf("a request stands below no attempt: %+v", s)
			}
		}
	}
	if len(runs) < 4 || below == 0 {
		t.Errorf("%d spans of %d runs, %d requests below them", len(o.spans), len(runs), below)
	}
	for _, secret := range []string{"Bearer ", "INVOICE-", "client_assertion"} {
		if bytes.Contains(o.raw.Bytes(), []byte(secret)) {
			t.Errorf("a span holds %q", secret)
		}
	}
}
