package main

import (
	"strings"
	"testing"
)

func TestDraw(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	in := "\x1b[1mA\x1b[0m<\x1b[31mé\x1b[38;5;9mx\x1b[7m \x1b[0m\n\x1b]8;;http://x\x1b\\L\x1b]8;;\x1b\\ 漢Z\n"
	if err := draw(&b, strings.NewReader(in), 10); err != nil {
		t.Fatal(err)
	}
	svg := b.String()
	for _, want := range []string{
		`font-weight="bold">A<`, `>&lt;</text>`, palette[1] + `">é<`, palette[9] + `">x<`,
		`<rect x="45.6"`,                                   // the reversed blank is the fifth cell
		`>L</text>`, `x="45.6" y="43.5" fill="#d7dae0">Z<`, // after a blank and two cells of 漢
	} {
		if !strings.Contains(svg, want) {
			t.Errorf("no %s in\n%s", want, svg)
		}
	}
	if strings.Contains(svg, "http://x") {
		t.Error("the address of a link was drawn")
	}
}
