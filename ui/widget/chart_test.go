package widget

import (
	"testing"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"billferry/ui/theme"
)

// A bar is exactly as wide as it was asked to be, no part that is there has no
// cell, and percentages add up; 100 is only the whole.
func TestBarsAndSharesAddUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		parts := rapid.SliceOfN(rapid.IntRange(0, 10_000), 1, 5).Draw(rt, "parts")
		width := rapid.IntRange(8, 60).Draw(rt, "width")
		whole, list, there := 0, []Part(nil), 0
		for i, n := range parts {
			whole += n
			list = append(list, Part{Share: n, Sign: string(rune('a' + i)), Style: theme.Plain})
			if n > 0 {
				there++
			}
		}
		bar := ansi.Strip(Bar(width, list...))
		if whole == 0 {
			if bar != "" {
				rt.Fatalf("a bar of nothing: %q", bar)
			}
			return
		}
		sum, shares := 0, Shares(parts)
		for i, n := range parts {
			cells := 0
			for _, r := range bar {
				if r == rune('a'+i) {
					cells++
				}
			}
			if (cells > 0) != (n > 0) || (shares[i] > 0) != (n > 0) || shares[i] == 100 && there > 1 {
				rt.Fatalf("%v: part %d has %d cells and %d %%", parts, i, cells, shares[i])
			}
			sum += shares[i]
		}
		if len(bar) != width || sum != 100 {
			rt.Fatalf("%v: %d of %d cells, %d %%", parts, len(bar), width, sum)
		}
	})
}

func TestSpark(t *testing.T) {
	t.Parallel()
	if got := Spark([]int{0, 1, 500, 1000}); got != "▁▂▄█" {
		t.Errorf("drawn as %s", got)
	}
	if got := Spark(make([]int, 3)); got != "▁▁▁" {
		t.Errorf("nothing is drawn as %s", got)
	}
}

// A frame in ASCII is as wide, and nothing else is in it.
func TestASCIIKeepsTheWidth(t *testing.T) {
	t.Parallel()
	if got := ASCII("╭─ Größe ─╮ ▸ ● 4/5 █▒░ 初音 ✓"); got != "+- Grosse -+ > * 4/5 #=! ???? +" && got != "+- Gro?e -+ > * 4/5 #=! ???? +" {
		t.Errorf("written %q", got)
	}
	rapid.Check(t, func(rt *rapid.T) {
		s := rapid.StringOf(rapid.RuneFrom([]rune("abc ─│●○▸✓éÜñ初█▁▂\n"))).Draw(rt, "s")
		got := ASCII(s)
		for _, r := range got {
			if r >= 0x80 {
				rt.Fatalf("%q has %q", got, r)
			}
		}
		if ansi.StringWidth(got) != ansi.StringWidth(s) {
			rt.Fatalf("%q is %q", s, got)
		}
	})
}

func TestFold(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{"Müller": "muller", "ÅSTRÖM": "astrom", "Straße": "strasse", "Łódź": "lodz", "初音": "初音",
		"Plain": "plain", "Mu\u0308ller": "muller"} {
		if got := Fold(s); got != want {
			t.Errorf("%s is looked for as %s", s, got)
		}
	}
}
