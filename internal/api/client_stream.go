package api

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"billferry/internal/integration"
	"billferry/internal/service"
)

// lines sends a request whose answer is a line after the other, and hands each over
// until it was the last, or an error.
func lines[L any](ctx context.Context, c *Client, method, path string, query url.Values, in any,
	each func(L) (last bool, err error)) error {
	resp, err := c.do(ctx, method, path, query, in)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	dec := json.NewDecoder(resp.Body)
	for {
		var line L
		if err := dec.Decode(&line); err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return c.lost(ctx, err)
		}
		if last, err := each(line); last || err != nil {
			return err
		}
	}
}

// stepped sends a request whose answer is steps and then a result.
func stepped[T any](ctx context.Context, c *Client, method, path string, query url.Values, in any, step func(service.Step)) (
	out T, err error) {
	err = lines(ctx, c, method, path, query, in, func(line stepLine) (last bool, err error) {
		switch {
		case line.Error != nil:
			return true, fromWire(0, *line.Error)
		case line.Result != nil:
			return true, json.Unmarshal(line.Result, &out)
		case line.Step != nil && step != nil:
			step(*line.Step)
		}
		return false, nil
	})
	return out, err
}

// Connect implements service.Service.
func (c *Client) Connect(ctx context.Context, n service.Connect, step func(service.Step)) (integration.Credentials, error) {
	if err := known("integration", n.IntegrationID); err != nil {
		return integration.Credentials{}, err
	}
	out := connectOut{n, map[string]string{}}
	for key, v := range n.Secrets {
		out.Secrets[key] = v.Reveal()
	}
	return stepped[integration.Credentials](ctx, c, http.MethodPost, at("/integrations", n.IntegrationID, "/connect"), nil, out, step)
}

// Test implements service.Service.
func (c *Client) Test(ctx context.Context, id string, step func(service.Step)) error {
	if err := known("integration", id); err != nil {
		return err
	}
	_, err := stepped[none](ctx, c, http.MethodPost, at("/integrations", id, "/test"), nil, nil, step)
	return err
}

// Coverage implements service.Service.
func (c *Client) Coverage(ctx context.Context, q service.CoverageRequest, step func(service.Step)) (service.Coverage, error) {
	if err := known("integration", q.IntegrationID); err != nil {
		return service.Coverage{}, err
	}
	return stepped[service.Coverage](ctx, c, http.MethodPost, at("/integrations", q.IntegrationID, "/coverage"), nil, q, step)
}

// ConnectSource implements service.Service.
func (c *Client) ConnectSource(ctx context.Context, s integration.Source, step func(service.Step)) error {
	_, err := stepped[none](ctx, c, http.MethodPut, "/source", nil, sourceOut{s, s.APISecret.Reveal()}, step)
	return err
}

// Changes implements service.Service. When the connection is lost it is made
// again, and then service.AnyChange is sent: something may have happened meanwhile.
func (c *Client) Changes(ctx context.Context) (<-chan service.Change, error) {
	body, err := c.follow(ctx)
	if err != nil {
		return nil, err
	}
	out := make(chan service.Change, 256)
	go func() {
		defer close(out)
		for {
			relay(body, out)
			_ = body.Close()
			if body = c.reconnect(ctx); body == nil {
				return
			}
			service.Offer(out, service.Change{Kind: service.AnyChange})
		}
	}()
	return out, nil
}

func (c *Client) follow(ctx context.Context) (io.ReadCloser, error) {
	resp, err := c.do(ctx, http.MethodGet, "/changes", nil, nil)
	if err != nil {
		return nil, err
	}
	return resp.Body, nil
}

// relay hands on what the stream says until it ends.
func relay(body io.Reader, out chan<- service.Change) {
	dec := json.NewDecoder(body)
	for {
		var change service.Change
		if dec.Decode(&change) != nil {
			return
		}
		service.Offer(out, change)
	}
}

// reconnect tries until it is served or ctx ends; then it returns nil.
func (c *Client) reconnect(ctx context.Context) io.ReadCloser {
	for try := 0; ; try++ {
		wait := time.NewTimer(c.backoff(try))
		select {
		case <-ctx.Done():
			wait.Stop()
			return nil
		case <-wait.C:
		}
		if body, err := c.follow(ctx); err == nil {
			return body
		}
	}
}
