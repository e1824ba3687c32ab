package ui

import (
	"fmt"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/service/servicetest"
	"billferry/ui/screen"
)

// strayPEM has letters in it that retry, delete, leave and turn pages.
const strayPEM = "-----BEGIN PRIVATE KEY-----\nqRxdyqRxdy2345\nGgqDuU0n==\n-----END PRIVATE KEY-----\n"

// letters sends a text as a terminal does that marks no pastes, in reads of so many
// letters.
func (d *driver) letters(text string, each int) {
	for i, line := range strings.Split(text, "\n") {
		if i > 0 {
			d.update(press("enter"))
		}
		for r := []rune(line); len(r) > 0; {
			n := min(each, len(r))
			d.update(tea.KeyMsg{Type: tea.KeyRunes, Runes: r[:n]})
			r = r[n:]
		}
	}
}

// A private key that comes letter by letter while the screen is read for the first time
// goes nowhere, wherever in it the screen comes, and so do the keys that waited before it.
func TestAKeyWhileAScreenLoads(t *testing.T) {
	t.Parallel()
	for _, ahead := range []string{"", "2", strings.Repeat("23", heldKeys)} {
		for _, each := range []int{1, 4, 16} {
			for _, at := range []int{0, 3, 5, 6, 9, 10, 11, 40, len(strayPEM)} {
				t.Run(fmt.Sprintf("%d keys before, reads of %d, here after %d", len(ahead), each, at), func(t *testing.T) {
					t.Parallel()
					drive(t, reviewed(), 100, 30, onHome, func(d *driver) {
						release := d.fake.Hold("Run")
						d.update(screen.PushMsg{To: onRun})
						d.letters(ahead, 1)
						d.letters(strayPEM[:at], each)
						release()
						d.settle()
						d.letters(strayPEM[at:], each)
						d.settle()
						d.shows("✗ that is a private key", "Summary")
						if len(d.root.stack) != 2 || len(d.root.dialogs) > 0 || d.quit || d.fake.Calls("Retry") > 0 {
							t.Errorf("a letter of the key was a key press; calls of Retry: %d\n%s", d.fake.Calls("Retry"), d.view())
						}
						d.keys("3")
						d.shows("[3 Document]")
					})
				})
			}
		}
	}
}

// The same where keys that waited begin to type: what they typed is kept, and nothing of
// the key is in it.
func TestAKeyWhileAFilterIsTypedAhead(t *testing.T) {
	t.Parallel()
	for at := range len(pemBegin) + 2 {
		drive(t, reviewed(), 100, 30, onUS, func(d *driver) {
			release := d.fake.Hold("Runs")
			d.ahead("r", "/", "u", "m")
			d.letters(strayPEM[:at], 1)
			release()
			d.settle()
			d.letters(strayPEM[at:], 1)
			d.settle()
			d.shows("✗ that is a private key")
			d.hides("-----", "BEGIN")
			if at < len(pemBegin) {
				d.typeText("b") // which the message makes room for
				d.shows("/ umb ")
			}
		})
	}
}

// A key that is pasted letter by letter into the chooser of key files goes to the form
// below it.
func TestAKeyInTheChooserOfFiles(t *testing.T) {
	t.Parallel()
	for _, each := range []int{1, 4, 16} {
		drive(t, seeded(), 100, 40, onUK, func(d *driver) {
			d.keys("c", "ctrl+f")
			d.shows("Private key file")
			d.letters(strayPEM, each)
			d.settle()
			d.shows("(pasted key)")
			d.hides("Private key file", "BEGIN", "qRxdy")
		})
	}
}

// What only looks like the first line of a key is typed after all, or dropped where it
// would act.
func TestDashesThatBeginNoKey(t *testing.T) {
	t.Parallel()
	drive(t, reviewed(), 100, 30, onRuns, func(d *driver) {
		d.keys("/")
		d.typeText("x------BEG")
		d.typeText("s-----B")
		d.keys("enter")
		d.shows("/ x------BEGs-----B")
		d.keys("esc")
		d.typeText("-----BEG")
		d.keys("x")
		d.shows("More actions")
	})
}

// A question is not answered by a key that comes in the read that opened it, nor by the
// rest of that.
func TestAKeyAnswersNoQuestion(t *testing.T) {
	t.Parallel()
	drive(t, servicetest.New(), 100, 30, onHome, func(d *driver) {
		d.keys("n", "enter", "enter")
		d.typeText("NetSuite US")
		d.keys("ctrl+s")
		d.update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("d-----BEG")})
		d.letters(strings.ReplaceAll(strayPEM, "-----BEG", ""), 64)
		d.settle()
		d.shows("Delete NetSuite US?", "✗ that is a private key")
		if d.fake.Calls("Delete") > 0 {
			t.Error("a letter of the key answered the question")
		}
	})
}
