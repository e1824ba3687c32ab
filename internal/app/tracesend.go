package app

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"billferry/internal/outbound"
	"billferry/internal/secret"
)

// collector sends spans by OTLP over HTTP. OpenTelemetry's own client for it
// links gRPC, 69 packages of which none is used, and does not go through
// outbound. Start, Stop and UploadTraces are otlptrace.Client.
type collector struct {
	url    string
	shown  string // the same without a password
	header http.Header
	limit  time.Duration
	http   *http.Client
}

var _ otlptrace.Client = (*collector)(nil)

// collectorFromEnv reads OTEL_EXPORTER_OTLP_ENDPOINT, HEADERS and TIMEOUT, each
// with its twin for traces, which wins (the specification of the OpenTelemetry
// Protocol Exporter). Without an endpoint it is nil.
func collectorFromEnv(getenv func(string) string) (*collector, error) {
	env := func(name string) (string, string) {
		if v := getenv("OTEL_EXPORTER_OTLP_TRACES_" + name); v != "" {
			return "OTEL_EXPORTER_OTLP_TRACES_" + name, v
		}
		return "OTEL_EXPORTER_OTLP_" + name, getenv("OTEL_EXPORTER_OTLP_" + name)
	}
	name, endpoint := env("ENDPOINT")
	if endpoint == "" {
		return nil, nil
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, fmt.Errorf("traces: %s is no address such as http://localhost:4318", name)
	}
	if name == "OTEL_EXPORTER_OTLP_ENDPOINT" {
		u = u.JoinPath("v1", "traces")
	}
	c := &collector{url: u.String(), shown: u.Redacted(), header: http.Header{"Content-Type": {"application/x-protobuf"}},
		limit: 10 * time.Second}
	if name, ms := env("TIMEOUT"); ms != "" {
		n, err := strconv.Atoi(ms)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("traces: %s=%s is no number of milliseconds", name, ms)
		}
		c.limit = time.Duration(n) * time.Millisecond
	}
	transport := outbound.New(nil)
	name, pairs := env("HEADERS")
	for pair := range strings.SplitSeq(pairs, ",") {
		key, value, ok := strings.Cut(pair, "=")
		if strings.TrimSpace(pair) == "" {
			continue
		}
		value, err := url.PathUnescape(strings.TrimSpace(value))
		if !ok || err != nil {
			return nil, fmt.Errorf("traces: %s is no list of name=value, separated by commas", name)
		}
		c.header.Set(strings.TrimSpace(key), value)
		transport.Hide(secret.New(value)) // a collector's key
	}
	c.http = outbound.Client(&http.Client{Transport: transport})
	return c, nil
}

func (c *collector) Start(context.Context) error { return nil }

func (c *collector) Stop(context.Context) error {
	c.http.CloseIdleConnections()
	return nil
}

func (c *collector) UploadTraces(ctx context.Context, spans []*tracepb.ResourceSpans) error {
	body, err := proto.Marshal(&tracepb.TracesData{ResourceSpans: spans}) // the same bytes as an ExportTraceServiceRequest
	if err != nil {
		return fmt.Errorf("write spans: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, c.limit)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("send spans: %w", err)
	}
	req.Header = c.header.Clone()
	resp, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("send spans: %w", err)
	}
	said, err := outbound.ReadAll(resp)
	if err != nil {
		return fmt.Errorf("send spans: %w", err)
	}
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("send spans to %s: answered %s: %.200s", c.shown, resp.Status, said)
	}
	return nil
}
