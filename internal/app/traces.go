package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"billferry/internal/integration"
)

// traces turns attempts into OpenTelemetry spans. An attempt records when it
// and its requests began and ended, so spans are made afterwards, from what is
// on disk: the way of a Bill does not know of them. A nil *traces does nothing.
type traces struct {
	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
}

// openTraces sends spans where OpenTelemetry's own variables say; without one
// of them there are no traces. Faults go to the log: by default they would be
// written into the middle of a screen, with what the collector answered.
func openTraces(ctx context.Context, version string, log *slog.Logger) (*traces, error) {
	c, err := collectorFromEnv(os.Getenv)
	if c == nil {
		return nil, err
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn("traces are not taken", "error", err) }))
	exporter, err := otlptrace.New(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("traces: %w", err)
	}
	return newTraces(sdktrace.NewBatchSpanProcessor(exporter), version), nil
}

func newTraces(to sdktrace.SpanProcessor, version string) *traces {
	// OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES, which Environment reads, win.
	own := resource.NewSchemaless(attribute.String("service.name", "billferry"), attribute.String("service.version", version))
	all, err := resource.Merge(own, resource.Environment())
	if err != nil {
		all = own // the environment's is malformed
	}
	p := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(to), sdktrace.WithResource(all))
	return &traces{p, p.Tracer("billferry/delivery")}
}

// attempt tells of one attempt. It holds ids, never amounts, names or bodies.
func (t *traces) attempt(r integration.Run, a integration.Attempt) {
	ctx, span := t.tracer.Start(context.Background(), "deliver bill", trace.WithTimestamp(a.Start), trace.WithAttributes(
		attribute.String("billferry.run", r.ID), attribute.String("billferry.integration", r.IntegrationID),
		attribute.String("billferry.bill", r.EntityID), attribute.Int("billferry.attempt", a.N),
		attribute.String("billferry.status", string(a.Status)), attribute.String("billferry.outcome", string(r.Outcome)),
		attribute.String("billferry.cause", a.Cause),
	))
	if a.Status.Failed() {
		span.SetStatus(codes.Error, a.Cause)
	}
	for _, x := range a.Exchanges {
		_, child := t.tracer.Start(ctx, x.Purpose, trace.WithTimestamp(x.Start), trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
			attribute.String("http.request.method", x.Method), attribute.Int("http.response.status_code", x.Status)))
		if x.Status == 0 || x.Status >= 400 {
			child.SetStatus(codes.Error, http.StatusText(x.Status))
		}
		child.End(trace.WithTimestamp(x.Start.Add(x.Duration)))
	}
	span.End(trace.WithTimestamp(a.End))
}

// close sends what is left.
func (t *traces) close() error {
	if t == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if err := t.provider.Shutdown(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("send the last traces: %w", err)
	}
	return nil
}
