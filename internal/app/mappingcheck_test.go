package app

import (
	"errors"
	"strings"
	"testing"

	"billferry/internal/integration"
	"billferry/internal/sandbox"
	"billferry/internal/service"
	"billferry/internal/spec"
)

func customerMapping(account, customer string) integration.ExternalMapping {
	return integration.ExternalMapping{M3terEntity: "Account", M3terID: account, ExternalSystem: "Netsuite", ExternalTable: "Customer",
		ExternalID:   customer,
		ExternalName: "what the caller says"}
}

// While connected a mapping names a record that exists, and shows its name; an
// import refuses the lines that do not. Without a connection it is taken, and says
// that it is unchecked.
func TestMappingsAreChecked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	ctx := t.Context()
	in := w.create(t, "US", spec.Values{"netsuiteDefaultItemId": sandbox.ItemDefault})
	before, err := w.app.PutMapping(ctx, customerMapping("a0", "99999"))
	if err != nil || before.ExternalName != "" || !strings.Contains(before.Unchecked, "connected") {
		t.Errorf("unconnected: %+v, %v", before, err)
	}
	w.connect(t, in)
	_, err = w.app.PutMapping(ctx, customerMapping("a1", "99999"))
	var faults spec.Problems
	if !errors.As(err, &faults) || faults[0].Key != "externalId" || !strings.Contains(err.Error(), "no customer 99999 (asked through US)") {
		t.Errorf("a customer that NetSuite has not: %v", err)
	}
	first := w.sb.World().Accounts[0].Name
	got, err := w.app.PutMapping(ctx, customerMapping("a2", "601"))
	if err != nil || got.ExternalName != first || got.Unchecked != "" {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err = w.app.PutMapping(ctx, customerMapping("a3", "name:CUST00010 "+first)); err != nil || got.ExternalID != "601" ||
		got.ExternalName != first {
		t.Errorf("by name: %+v, %v", got, err)
	}
	item := integration.ExternalMapping{M3terEntity: "Product", M3terID: "p1", ExternalSystem: "Netsuite",
		ExternalTable: "Item", ExternalID: "101"}
	if got, err = w.app.PutMapping(ctx, item); err != nil || got.ExternalName == "" {
		t.Errorf("an item: %+v, %v", got, err)
	}
	done, err := w.app.ImportMappings(ctx, service.MappingImport{DryRun: true, Mappings: []integration.ExternalMapping{
		customerMapping("a4", "602"), customerMapping("a5", "99998"), customerMapping("a6", "601")}})
	if err != nil || done.Added != 2 || len(done.Refused) != 1 || done.Refused[0].Index != 1 ||
		!strings.Contains(done.Refused[0].Reason, "no customer 99998") {
		t.Errorf("import: %+v, %v", done, err)
	}
	all, err := w.app.Mappings(ctx, service.MappingFilter{})
	if err != nil || len(all) != 4 || all[0].M3terID != "a0" || all[3].M3terEntity != "Product" {
		t.Errorf("sorted: %+v, %v", all, err)
	}
	w.sb.Close()
	w.app.dest.forget(in.ID)
	if got, err = w.app.PutMapping(ctx, customerMapping("a7", "603")); err != nil || !strings.Contains(got.Unchecked, "could not be asked") {
		t.Errorf("NetSuite is gone: %+v, %v", got, err)
	}
}
