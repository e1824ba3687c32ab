package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"billferry/internal/integration"
	"billferry/internal/mappingcsv"
	"billferry/internal/service"
	"billferry/internal/service/servicetest"
)

// imports keeps how many mappings a call had, and whether another was said to follow.
type imports struct {
	*servicetest.Fake
	sizes []int
	more  []bool
}

func (i *imports) ImportMappings(_ context.Context, q service.MappingImport) (service.MappingsImported, error) {
	i.sizes, i.more = append(i.sizes, len(q.Mappings)), append(i.more, q.More)
	return service.MappingsImported{Added: len(q.Mappings)}, nil
}

// The runs that wait are gone through with the last call of a file, whatever it
// is divided into, and of a very long one every mostAtOnce lines.
func TestAnImportSaysThatMoreFollows(t *testing.T) {
	t.Parallel()
	const full = service.MaxImport
	for lines, last := range map[int][]int{1: {0}, full: {0}, full + 1: {1}, 2 * full: {1},
		mostAtOnce + 1: {mostAtOnce/full - 1, mostAtOnce / full}} {
		s := &imports{Fake: servicetest.New()}
		i := &importer{env: &env{err: io.Discard, out: io.Discard}, s: s, out: &imported{}, rows: lines,
			bar: newBar(io.Discard), start: time.Now()}
		row := mappingcsv.Row{ExternalMapping: integration.ExternalMapping{M3terEntity: "Account"}}
		for n := range lines {
			row.M3terID = fmt.Sprint(n)
			if err := i.add(t.Context(), row); err != nil {
				t.Fatal(err)
			}
		}
		if err := i.send(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		sum := 0
		for at, n := range s.sizes {
			if sum += n; s.more[at] == slices.Contains(last, at) {
				t.Errorf("%d lines: call %d of %d says more: %v", lines, at+1, len(s.sizes), s.more[at])
			}
		}
		if sum != lines {
			t.Errorf("%d of %d lines were handed over", sum, lines)
		}
	}
}
