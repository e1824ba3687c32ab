package world

import (
	"slices"
	"testing"
)

// invariant is what must hold, where that is looked at, and the breaks that show
// that it can fail.
type invariant struct {
	says   string
	where  string
	breaks []string
}

// invariants are those on the wire, which NetSuite's own refusals do not hide,
// and those at rest, once the troubles are over and people have done what each
// run advises.
var invariants = []invariant{
	{"no create leaves without its intent on disk", "rules.leaves", []string{"the intent is not written", "the intent is written late"}},
	{"no create leaves after an unproven one of any version of the Bill, of either kind, without a look-up since that said absent",
		"rules.leaves", []string{"a second try does not look first", "other runs of the Bill are not asked for",
			"what other versions have in doubt is dropped",
			"the other kind is not looked for", "a gateway's error is taken for absence", "silence is taken for a refusal",
			"what was in flight at a crash counts as not sent", "a disk that says it wrote and did not"}},
	{"none of the other kind leaves within a quarter of an hour of one without an answer", "rules.leaves",
		[]string{"what may still come holds nothing back"}},
	{"where Bills go out by plan, nothing leaves but what an applied plan has, which another person than its author approved",
		"rules.leaves", []string{"what no plan has goes out"}},
	{"no amendment leaves without its intent on disk", "rules.leaves", []string{"an amendment's intent is not written"}},
	{"an amendment leaves when all documents of its Bill were looked at since they were sent or changed, and nothing may still come through " +
		"beside it; so does a change of the document that it stands beside", "rules.beside",
		[]string{"an amendment does not wait for what may still come"}},
	{"no amendment is changed, nor a document that was read as final", "rules.changes", []string{"what is final is changed"}},
	{"with each amendment the documents of a Bill come to one of its versions, no version is amended twice, and each names what it amends",
		"checkTaken", []string{"an amendment is counted twice", "amendments that stand are not counted", "what stands is read stale"}},
	{"there are never more requests about documents than slots", "rules.leaves", []string{"twice as many slots are used as are allowed"}},
	{"each document has an external id of ours, of a Bill that there is", "takes, judge",
		[]string{"a second try has another external id"}},
	{"a document that nobody changed reads back as it was sent", "remedy",
		[]string{"an update adds its lines to those that are there", "an amount has a digit more"}},
	{"no Bill has two live documents of ours, of either kind", "judge", []string{"what may still come holds nothing back"}},
	{"the newest version that qualifies stands for its Bill, in each integration", "judge",
		[]string{"a newer version is lost", "the poller takes a Bill once"}},
	{"NetSuite holds its amount to the last unit, and the run says so", "judgeRun",
		[]string{"silence is taken for success"}},
	{"no Bill and no account starves: all is settled and read back within a day", "play",
		[]string{"the result is not written", "what was in flight at a crash is not found", "some Bills are never due"}},
	{"NEEDS YOU is what a count of all runs and events says", "checkBooks", []string{"NEEDS YOU is off by one"}},
	{"store check finds nothing: totals, groups, indexes; the audit chain holds", "checkBooks, judge",
		[]string{"a run is missing in an index", "an entry of the audit trail is changed"}},
	{"of each event somebody was told", "untold", []string{"the notifier passes over an event"}},
	{"no key, token or secret is in the file, in what is packed in it, in the log or in a notification", "secrets",
		[]string{"the token is in what is kept"}},
	{"no goroutine is left, and nobody waits for a lock while the disk or the wire takes its time: the bubble ends, and its clock goes on",
		"synctest", []string{"a lock is held while NetSuite is asked", "a goroutine is left behind"}},
}

// Each break is there that shows that an invariant can fail, and is for one.
func TestEachBreakIsOfAnInvariant(t *testing.T) {
	t.Parallel()
	shown := map[string]bool{}
	all := slices.Concat(breaks, amendBreaks)
	for _, b := range bubbleBreaks {
		all = append(all, b.breakage)
	}
	for _, i := range invariants {
		for _, name := range i.breaks {
			shown[name] = true
			if !slices.ContainsFunc(all, func(b breakage) bool { return b.name == name }) {
				t.Errorf("%s: no break %q", i.says, name)
			}
		}
	}
	for _, b := range all {
		if !shown[b.name] {
			t.Errorf("the break %q is of no invariant", b.name)
		}
	}
}
