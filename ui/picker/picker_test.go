package picker_test

import (
	"context"
	"testing"
	"testing/synctest"

	"billferry/internal/service/servicetest"
	"billferry/ui/picker"
	"billferry/ui/uitest"
)

// Who types a name and presses enter gets the record of that name, not the
// name as an id, although that row stood alone until the search was over.
func TestEnterTakesTheBestMatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		search := func(_ context.Context, query string, _ int) ([]picker.Choice, error) {
			if query == "" {
				return nil, nil
			}
			return []picker.Choice{{ID: "601", Name: "Northwind Analytics"}}, nil
		}
		p := picker.New(picker.Options{Title: "Customer", Free: true, Search: search, Now: uitest.Env(servicetest.New()).Now})
		d := uitest.Start(t, p, 80, 20)
		d.Type("Northwin")
		searching := p.Update(uitest.Key("d"))
		d.Shows("│ ▸                                  use this id as it")
		d.Wait(searching)
		d.Shows("│ ▸     Northwind Analytics", "use this id as it")
	})
}
