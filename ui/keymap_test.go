package ui

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"billferry/ui/screen"
)

// meanings are what the keys do, wherever they do something: a letter learnt on
// one screen does the same on the next. Free are the keys that belong to what
// has the focus.
var meanings = map[string][]string{
	"?": {"this help (f1 while typing)", "close"}, "q": {"quit, when nothing is typed into"}, "y": {"copy the id under the cursor", "yes"},
	"/": {"filter", "find"}, "n": {"create", "new", "next hit", "no"}, "N": {"hit before"},
	"e": {"edit"}, "d": {"delete", "discard the draft"}, "delete": {"delete"}, "R": {"retry", "retry the group"}, "x": {"more actions"},
	"r": {"runs", "its run"}, "v": {"events"}, "m": {"mappings", "map this account"}, "c": {"Connect"}, "C": {"cut-off"}, "t": {"test"},
	"o": {"open the integration", "its integration", "open one of them"}, "B": {"prepayments"},
	"b": {"group by cause", "back to the runs", "group the money", "back to the Bills"},
	"U": {"unmapped accounts", "back to the mappings"}, "p": {"copy from m3ter"}, "I": {"import CSV"}, "E": {"export CSV"},
	"F": {"saved filters"}, "f": {"follow"}, "s": {"status"}, "i": {"include actioned"}, "Y": {"copy as curl"}, "A": {"accept all exact ones"},
	"a": {"actioned or not", "accept the suggestion"},
	"g": {"first"}, "G": {"last"}, "j": {"down", "choose", "scroll"}, "k": {"up", "choose", "scroll"}, "h": {"tab before", "choose"},
	"l": {"next tab", "choose"},
	"[": {"earlier attempt"}, "]": {"later attempt"},
	"ctrl+u": {"half a page up"}, "ctrl+d": {"half a page down"}, "ctrl+b": {"page up"},
	"ctrl+f": {"page down", "find a setting", "choose the key file"}, "ctrl+l": {"find by name"},
	"ctrl+s": {"create", "save", "import", "use this file", "mark as sent", "resolve", "approve", "reject", "stop",
		"do it"},
	"ctrl+p": {"preview", "back to the settings"},
	"ctrl+o": {"open or close the panel"},
	"ctrl+g": {"make a key pair"}, "ctrl+k": {"connect first"},
	"ctrl+n": {"preview another Bill"}, "ctrl+x": {"take all out"}, "ctrl+c": {"quit, always"}, "ctrl+z": {"to the shell; fg comes back"},
	"esc": {"close or go back; never quits", "close", "back", "cancel", "clear it", "back to the settings", "stop and close"},
	"M":   {"month end"}, "P": {"plans"},
	"D":  {"demo's menu"},
	"f1": {"this help (f1 while typing)", "close"}, "f2": {"fill in demo's values"}, "f3": {"save anyway"},
	":": {"all actions by name"}, "ctrl+t": {"the mouse: ours (click, again opens) or the terminal's"}, "T": {"24 hours or 30 days"},
	"u": {"undo the last hold or release"},
	"z": {"fold the upper part"}, "V": {"mark a range"},
	"shift+up": {"move the rule up"}, "shift+down": {"move the rule down"},
}

var free = strings.Fields("enter tab shift+tab up down left right home end pgup pgdown 1 2 3 4 5 6 7")

// One meaning a key, over the key maps of all screens and dialogs. A menu's
// letters are its own: they stand beside what they do.
func TestOneMeaningAKey(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	used := map[string]map[string]string{} // key -> meaning -> page
	t.Run("pages", func(t *testing.T) {
		for _, p := range pages {
			if strings.HasSuffix(p.name, "-menu") {
				continue
			}
			t.Run(p.name, func(t *testing.T) {
				t.Parallel()
				p.open(t, 120, 40, func(d *driver) {
					mu.Lock()
					defer mu.Unlock()
					for _, k := range append(slices.Clone(globalKeys), topKeys(d)...) {
						for _, name := range k.Binding.Keys() {
							if used[name] == nil {
								used[name] = map[string]string{}
							}
							used[name][k.Help().Desc] = p.name
						}
					}
				})
			})
		}
	})
	for _, name := range slices.Sorted(maps.Keys(used)) {
		if slices.Contains(free, name) || name == " " {
			continue
		}
		for _, what := range slices.Sorted(maps.Keys(used[name])) {
			if !slices.Contains(meanings[name], what) {
				t.Errorf("%s is %q on %s; elsewhere it is %q", name, what, used[name][what], meanings[name])
			}
		}
	}
}

func topKeys(d *driver) []screen.Key { return d.root.top().Keys() }

// Where text is typed, ctrl+u empties the line as in a shell, in a search over a
// list as well.
func TestCtrlUIsTheLinesWhileTyping(t *testing.T) {
	t.Parallel()
	for _, lead := range [][]string{{"/"}, {"n", "enter", "enter", "tab", "enter"}} {
		drive(t, seeded(), 100, 30, onHome, func(d *driver) {
			d.keys(lead...)
			d.typeText("nobody")
			d.shows("nobody")
			d.keys("ctrl+u")
			d.hides("nobody")
		})
	}
}

// Before Connect there is no NetSuite to search: the picker says what is missing
// and takes an internal id, which letters are not.
func TestItemsBeforeConnect(t *testing.T) {
	t.Parallel()
	drive(t, seeded(), 120, 36, onHome, func(d *driver) {
		d.keys("n", "enter", "enter", "pgdown", "pgdown", "down", "down", "down", "ctrl+l")
		d.shows("items have names once NetSuite is connected")
		d.hides("not found")
		d.typeText("abc")
		d.hides("use this id as it is")
		d.keys("ctrl+u")
		d.typeText("4711")
		d.shows("use this id as it is")
		d.keys("enter")
		d.shows("4711", "● 3 Configure and create")
	})
}
