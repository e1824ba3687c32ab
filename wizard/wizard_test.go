package wizard_test

import (
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"billferry/internal/service/servicetest"
	"billferry/internal/spec"
	"billferry/wizard"
)

func atConfigure(t *testing.T) wizard.Wizard {
	t.Helper()
	w := wizard.New(servicetest.Catalog())
	for range 2 {
		w = w.Choose(w.Options()[0])
		next, problems := w.Next()
		if problems.Err() != nil {
			t.Fatal(problems)
		}
		w = next
	}
	return w
}

func TestThreeStagesOneAfterTheOther(t *testing.T) {
	t.Parallel()
	w := wizard.New(servicetest.Catalog())
	if got := w.Options(); !reflect.DeepEqual(got, []string{"Bill"}) || w.Chosen() != "Bill" {
		t.Fatalf("stage 1 offers %v, chosen %q", got, w.Chosen())
	}
	w, _ = w.Next()
	if w.Step().Name != "Destination" || w.Steps()[0].State != wizard.Done {
		t.Fatalf("after Continue: %+v", w.Steps())
	}
	w, _ = w.Choose("Netsuite").Next()
	d := w.Draft()
	if d.Stage != wizard.Configure || d.ConfigData.Text("splitUsageLineItems") != "ITEM_PER_PRODUCT" ||
		d.ConfigData.Int("billferry.maxConcurrency") != 5 {
		t.Fatalf("stage 3 starts without its defaults: %+v", d)
	}
}

func TestNextStaysWithAProblem(t *testing.T) {
	t.Parallel()
	w := wizard.New(servicetest.Catalog()).Choose("Invoice")
	next, problems := w.Next()
	if problems.Err() == nil || next.Draft().Stage != wizard.Entity || !strings.Contains(problems.Error(), "one of Bill") {
		t.Fatalf("went on with an unknown entity type: %v", problems)
	}
	w, problems = atConfigure(t).Next()
	if problems.Err() == nil || problems[0].Key != "name" {
		t.Fatalf("a nameless integration passes: %v", problems)
	}
	if _, problems = w.SetField("name", "US").Next(); problems.Err() != nil {
		t.Fatal(problems)
	}
}

func TestBackKeepsEverything(t *testing.T) {
	t.Parallel()
	w := atConfigure(t).SetField("name", "US").SetField("billferry.maxConcurrency", 7)
	for range 2 {
		w, _ = w.Back()
	}
	if _, ok := w.Back(); ok {
		t.Fatal("there is nothing before stage 1")
	}
	for range 2 {
		w, _ = w.Next()
	}
	if d := w.Draft(); d.Name != "US" || d.ConfigData.Int("billferry.maxConcurrency") != 7 {
		t.Fatalf("lost: %+v", d)
	}
}

func TestASetLeavesTheOldWizardAlone(t *testing.T) {
	t.Parallel()
	w := atConfigure(t)
	w.SetField("billferry.negativeBills", "CREDIT_MEMO")
	if w.Draft().ConfigData.Text("billferry.negativeBills") != "HOLD" {
		t.Fatal("SetField changed the wizard it was called on")
	}
}

func TestResumeOfAStrangeDraft(t *testing.T) {
	t.Parallel()
	if _, err := wizard.Resume(servicetest.Catalog(), []byte("{")); err == nil {
		t.Fatal("half a draft was taken")
	}
	w, err := wizard.Resume(servicetest.Catalog(), []byte(`{"stage":3,"entityType":"Bill","destination":"Gone","name":"x"}`))
	if err != nil || w.Draft().Stage != wizard.Destination || w.Draft().Name != "x" {
		t.Fatalf("%v %+v", err, w.Draft())
	}
	w, err = wizard.Resume(servicetest.Catalog(), []byte(`{"stage":9,"entityType":"Gone"}`))
	if err != nil || w.Draft().Stage != wizard.Entity || w.Draft().EntityType != "Bill" {
		t.Fatalf("%v %+v", err, w.Draft())
	}
}

// Whatever is done in whatever order: the stage is one of three, stage 3 has a
// form, and a draft read back is the draft that was written.
func TestAnyPathKeepsTheRules(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := wizard.New(servicetest.Catalog())
		for range rapid.IntRange(0, 20).Draw(t, "steps") {
			switch rapid.IntRange(0, 3).Draw(t, "do") {
			case 0:
				w, _ = w.Next()
			case 1:
				w, _ = w.Back()
			case 2:
				w = w.Choose(rapid.SampledFrom([]string{"Bill", "Netsuite", "?"}).Draw(t, "option"))
			case 3:
				w = w.SetField(rapid.SampledFrom([]string{"name", "accountFilter", "billferry.strictItems"}).Draw(t, "key"), "x")
			}
			if _, ok := w.Form(); w.Draft().Stage == wizard.Configure && !ok {
				t.Fatal("stage 3 without a form")
			}
		}
		data, err := w.Data()
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := w.Form(); !ok {
			return // Resume mends it instead
		}
		back, err := wizard.Resume(servicetest.Catalog(), data)
		if err != nil || !same(back.Draft(), w.Draft()) {
			t.Fatalf("%v\n%+v\n%+v", err, back.Draft(), w.Draft())
		}
	})
}

func same(a, b wizard.Draft) bool {
	a.ConfigData, b.ConfigData = a.ConfigData.Clone(), b.ConfigData.Clone()
	if len(a.ConfigData) == 0 && len(b.ConfigData) == 0 {
		a.ConfigData, b.ConfigData = spec.Values{}, spec.Values{}
	}
	return reflect.DeepEqual(a, b)
}
