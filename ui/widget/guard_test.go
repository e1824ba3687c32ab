package widget

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

func TestGuard(t *testing.T) {
	t.Parallel()
	good := "plain ✓ │ \x1b[1;38;5;2mgreen\x1b[0m\n" + ansi.SetHyperlink("https://1.app.netsuite.com/x?id=1") + "link" +
		ansi.ResetHyperlink() + " ä 漢"
	if got := Guard(good); got != good {
		t.Errorf("a good frame came out as %q", got)
	}
	for in, want := range map[string]string{
		"a\x1b]52;c;eA==\x07b":              "a]52;c;eA==b",
		"a\x1b[2Jb\x1b[1;1H":                "a[2Jb[1;1H",
		"a\u009b2Jb":                        "a2Jb",
		"x\r\b\x00y":                        "xy",
		"x\u202ey\u2066":                    "xy",
		"\x1b]8;;file:///etc/passwd\x1b\\x": "]8;;file:///etc/passwd\\x",
		"\x1b]8;;https://a\x1b]52;c;x\x07":  "]8;;https://a]52;c;x",
		"\x1bP+q\x1b\\":                     "P+q\\",
		"\x1b[31":                           "[31",
		strings.Repeat("─", 3) + "\x1b[1mB\x1b[m\x1bc": "───\x1b[1mB\x1b[mc",
	} {
		if got := Guard(in); got != want {
			t.Errorf("%q came out as %q, want %q", in, got, want)
		}
	}
}

func BenchmarkGuard(b *testing.B) {
	frame := strings.Repeat("\x1b[1;38;5;2mABC\x1b[0m some words of a row │ and more of it ─────────────\n", 50)
	for b.Loop() {
		Guard(frame)
	}
}
