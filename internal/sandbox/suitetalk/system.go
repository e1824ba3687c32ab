package suitetalk

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/sandbox/tree"
)

// system serves governanceLimits and serverTime.
func (s *Server) system(r request, name string) *reply {
	if r.Method != http.MethodGet {
		return notAllowed()
	}
	switch name {
	case "governanceLimits":
		s.limiter.mu.Lock()
		limit := tree.Num(strconv.Itoa(s.limiter.limit))
		s.limiter.mu.Unlock()
		return plain(tree.Obj(tree.M("accountConcurrencyLimit", limit), tree.M("accountUnallocatedConcurrencyLimit", limit),
			tree.M("integrationLimitType", tree.Str("accountLimit"))))
	case "serverTime":
		return plain(tree.Obj(tree.M("serverTime", tree.Str(s.o.Now().UTC().Format("2006-01-02T15:04:05.000Z")))))
	}
	return nonexistent()
}

func plain(v tree.Value) *reply {
	return &reply{status: http.StatusOK, ctype: "application/json", body: v.JSON()}
}

// metadata serves the catalogue of record types, and the schema of one.
func (s *Server) metadata(parts []string) *reply {
	base := s.o.Origin + recordPath + "metadata-catalog"
	if len(parts) == 0 || parts[0] == "" {
		items := make([]tree.Value, len(recordTypes))
		for i, k := range recordTypes {
			items[i] = tree.Obj(tree.M("name", tree.Str(k.name)), tree.M("links", tree.List(
				link("canonical", base+"/"+k.name), link("describes", s.o.Origin+recordPath+k.name))))
		}
		return plain(tree.Obj(tree.M("items", tree.List(items...)), self(base)))
	}
	k := typeNamed(parts[0])
	if k == nil {
		return noType(parts[0])
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if k == typeCurrency && !s.db.profile.MultiCurrency() {
		return noType(parts[0])
	}
	return &reply{status: http.StatusOK, ctype: "application/schema+json", body: s.schema(k).JSON()}
}

func noType(name string) *reply {
	return failure(http.StatusNotFound, "NONEXISTENT_ID", "Record type '"+name+"' does not exist.", "")
}

func fieldsOf(k *recordType) []string {
	if k.isTransaction() {
		return slices.Sorted(maps.Values(headFields))
	}
	for table, kind := range queryTables {
		if kind == k {
			return columns[table]
		}
	}
	return nil
}

// SetTax makes SuiteTax add so many percent to every transaction written from
// now on; zero, as at the start, adds none.
func (s *Server) SetTax(percent decimal.D) error {
	if percent.Sign() < 0 || percent.Cmp(decimal.New(100, 0)) > 0 {
		return fmt.Errorf("a tax of %s percent: give 0 to 100", percent)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.db.taxRate = percent
	return nil
}

// SetConcurrency changes the account's concurrency limit in mid-run.
func (s *Server) SetConcurrency(n int) { s.limiter.setLimit(n, time.Now()) }

// FillAnew counts how full the slots are (Snapshot.Fill) from now on, which leaves out
// what it took to fill them.
func (s *Server) FillAnew() { s.limiter.anew(time.Now()) }
