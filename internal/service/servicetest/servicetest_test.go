package servicetest_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/service/servicetest"
	"billferry/internal/spec"
)

func TestKeepsTheContract(t *testing.T) {
	t.Parallel()
	f, ctx := servicetest.New(), t.Context()
	form := f.Catalog()[0]
	draft, err := f.SaveDraft(ctx, integration.Draft{Title: "x"})
	if err != nil {
		t.Fatal(err)
	}
	n := service.NewIntegration{EntityType: form.EntityType, Destination: form.Destination, Name: "US",
		ConfigData: form.Defaults(), DraftID: draft.ID}
	in, err := f.Create(ctx, n)
	if err != nil || in.Version != 1 || !in.Enabled {
		t.Fatalf("%+v %v", in, err)
	}
	if drafts, _ := f.Drafts(ctx); len(drafts) != 0 {
		t.Fatal("Create leaves the draft")
	}
	if _, err := f.Create(ctx, n); !errors.Is(err, integration.ErrExists) {
		t.Fatalf("the same name twice: %v", err)
	}
	n.Name = ""
	var problems spec.Problems
	if _, err := f.Create(ctx, n); !errors.As(err, &problems) {
		t.Fatalf("no name: %v", err)
	}
	if _, err := f.Update(ctx, in); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Update(ctx, in); !errors.Is(err, integration.ErrConflict) {
		t.Fatalf("an old version: %v", err)
	}
	if _, err := f.Run(ctx, "none"); !errors.Is(err, integration.ErrNotFound) {
		t.Fatalf("no such run: %v", err)
	}
	var failure *integration.Failure
	if _, err := f.Items(ctx, in.ID, "", 1); !errors.As(err, &failure) || failure.Class != integration.ClassAuth {
		t.Fatalf("items without a connection: %v", err)
	}
}

func TestRunsPageAndRetry(t *testing.T) {
	t.Parallel()
	f, ctx := servicetest.New(), t.Context()
	for range 5 {
		f.AddRun(integration.Run{IntegrationID: "i", Status: integration.Errored, Cause: "c"})
	}
	seen, token := map[string]bool{}, ""
	for {
		page, err := f.Runs(ctx, integration.RunFilter{}, token, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Runs {
			seen[r.ID] = true
		}
		if token = page.Next; token == "" {
			break
		}
	}
	if len(seen) != 5 {
		t.Fatalf("%d runs through pages", len(seen))
	}
	q := service.RetryRequest{Filter: &integration.RunFilter{Causes: []string{"c"}}, DryRun: true}
	if got, err := f.Retry(ctx, q); err != nil || got.Eligible != 5 || len(got.Runs) != 0 {
		t.Fatalf("%+v %v", got, err)
	}
	q.DryRun = false
	if got, err := f.Retry(ctx, q); err != nil || len(got.Runs) != 5 {
		t.Fatalf("%+v %v", got, err)
	}
}

func TestHoldFailAndChanges(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := servicetest.New()
		ctx, cancel := context.WithCancel(t.Context())
		changes, err := f.Changes(ctx)
		if err != nil {
			t.Fatal(err)
		}
		release := f.Hold("Delete")
		f.Fail("Delete", errors.New("no"))
		done := make(chan error)
		go func() { _, err := f.Delete(ctx, "x"); done <- err }()
		synctest.Wait()
		select {
		case <-done:
			t.Fatal("a held call returned")
		default:
		}
		release()
		if err := <-done; err == nil || err.Error() != "no" {
			t.Fatalf("got %v", err)
		}
		f.Notify("run", "r1")
		if c := <-changes; c.ID != "r1" {
			t.Fatalf("%+v", c)
		}
		cancel()
		if _, open := <-changes; open {
			t.Fatal("changes go on after their context")
		}
	})
}
