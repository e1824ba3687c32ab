package ui

import (
	"testing"

	"billferry/ui/screen"
)

// What is to be read and kept stays until a key is pressed, as an error does; a success
// goes by itself, and an old one's end takes nothing else away.
func TestToastsThatStay(t *testing.T) {
	t.Parallel()
	var shown toast
	if shown.show(screen.ToastMsg{Text: "Saved"}) == nil {
		t.Error("a success has no end")
	}
	old := toastOverMsg{gen: shown.gen}
	stay := screen.Stay("It is signed with the key k")().(screen.ToastMsg)
	if shown.show(stay) != nil {
		t.Error("what stays has an end")
	}
	shown.over(old)
	shown.over(toastOverMsg{gen: shown.gen})
	if len(shown.lines(80)) != 1 {
		t.Error("it went without a key")
	}
	if shown.keyPressed(); shown.lines(80) != nil {
		t.Error("it stayed after a key")
	}
}
