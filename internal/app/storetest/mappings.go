package storetest

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"billferry/internal/integration"
	"billferry/store"
)

// Many mappings are one transaction, with one audit entry and one note of what is
// new; what cannot be kept is told and stops nothing; a dry run writes nothing.
func importMappings(t *testing.T, b *testbed) {
	ctx := t.Context()
	of := func(id, ext string) integration.ExternalMapping {
		return integration.ExternalMapping{M3terEntity: "Account", M3terID: id, ExternalSystem: "Netsuite",
			ExternalTable: "Customer", ExternalID: ext}
	}
	linked := of("c", "3")
	linked.IntegrationID = "nowhere"
	had, err := b.PutMapping(ctx, of("a", "1"))
	if err != nil {
		t.Fatal(err)
	}
	batch := []integration.ExternalMapping{of("a", "2"), linked, of("b", "2"), of("b", "2")}
	for _, dry := range []bool{true, false} {
		got, err := b.ImportMappings(ctx, store.MappingImport{Who: "me", Source: "a.csv", DryRun: dry,
			Note: func(news []integration.ExternalMapping) (string, []byte, error) {
				return "note", fmt.Append(nil, len(news)), nil
			}}, batch)
		if err != nil || !got[0].Changed || !errors.Is(got[1].Err, integration.ErrNotFound) || !got[2].Added ||
			got[3].Added == !dry || got[3].Changed {
			t.Fatalf("dry %v: %+v, %v", dry, got, err)
		}
	}
	now, err := b.MappingByID(ctx, had.ID)
	if err != nil || now.ExternalID != "2" || now.Version != 2 || !now.Created.Equal(had.Created) {
		t.Errorf("changed: %+v, %v", now, err)
	}
	got, err := b.ImportMappings(ctx, store.MappingImport{Who: "it", Add: true}, []integration.ExternalMapping{of("a", "3")})
	id, _, _, err2 := b.LookupMapping(ctx, "", "Netsuite", "Customer", "Account", "a")
	if err != nil || err2 != nil || got[0] != (store.ImportedMapping{}) || id != "2" {
		t.Errorf("what is there is changed: %+v, %q, %v, %v", got, id, err, err2)
	}
	if all, err := b.Mappings(ctx); err != nil || len(all) != 2 {
		t.Errorf("%+v, %v", all, err)
	}
	if trail, err := b.AuditTrail(ctx, 9); err != nil || len(trail) != 1 || trail[0].Detail != "1 added, 1 changed of 4: a.csv" {
		t.Errorf("audit trail %+v, %v", trail, err)
	}
	if note, err := b.Meta(ctx, "note"); err != nil || string(note) != "2" {
		t.Errorf("note %q, %v", note, err)
	}
}

func mappings(t *testing.T, b *testbed) {
	ctx := t.Context()
	in := b.integration("x")
	plain, err := b.PutMapping(ctx, integration.ExternalMapping{ExternalSystem: "Netsuite", ExternalTable: "Customer", M3terEntity: "Account",
		M3terID: "a1", ExternalID: "7"})
	if err != nil || plain.Version != 1 {
		t.Fatalf("%+v, %v", plain, err)
	}
	look := func(id string) string {
		ext, linked, ok, err := b.LookupMapping(ctx, id, "NETSUITE", "customer", "account", "a1")
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join([]string{ext, map[bool]string{true: "linked", false: "plain"}[linked],
			map[bool]string{true: "ok", false: "none"}[ok]}, " ")
	}
	if got := look(in.ID); got != "7 plain ok" {
		t.Error(got)
	}
	linked := plain
	linked.ID, linked.Version, linked.ExternalID, linked.IntegrationID = "", 0, "8", in.ID
	if linked, err = b.PutMapping(ctx, linked); err != nil {
		t.Fatal(err)
	}
	if a, c := look(in.ID), look("other"); a != "8 linked ok" || c != "7 plain ok" {
		t.Errorf("%s; %s", a, c)
	}
	if _, err := b.PutMapping(ctx, integration.ExternalMapping{ExternalSystem: "netsuite", ExternalTable: "CUSTOMER", M3terEntity: "account",
		M3terID: "a1"}); !errors.Is(err, integration.ErrExists) {
		t.Errorf("a second mapping of the same gave %v", err)
	}
	stale := plain
	plain.M3terID = "a2"
	if plain, err = b.PutMapping(ctx, plain); err != nil || plain.Version != 2 {
		t.Fatalf("%+v, %v", plain, err)
	}
	if _, err := b.PutMapping(ctx, stale); !errors.Is(err, integration.ErrConflict) {
		t.Errorf("an update of an old version gave %v", err)
	}
	if got := look("other"); got != " plain none" {
		t.Errorf("after the mapping moved away: %s", got)
	}
	if err := b.DeleteMapping(ctx, linked.ID); err != nil {
		t.Fatal(err)
	}
	if got := look(in.ID); got != " plain none" {
		t.Errorf("after delete: %s", got)
	}
	if m, err := b.MappingByID(ctx, plain.ID); err != nil || m.M3terID != "a2" {
		t.Errorf("%+v, %v", m, err)
	}
	if err := b.DeleteMapping(ctx, linked.ID); !errors.Is(err, integration.ErrNotFound) {
		t.Errorf("deleting twice gave %v", err)
	}
}
