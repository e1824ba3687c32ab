package cli

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"billferry/internal/integration"
	"billferry/internal/service"
)

// hostile is what a customer's name or an error text may hold: a clipboard
// write, a title, a cursor move, both forms of a C1 sequence, a faked line,
// text turned round, and bytes that are no UTF-8.
const hostile = "a\x1b]52;c;cm0gLXJm\x07b\x1b[2J\x1b]0;t\x1b\\c\u009b31md\x9b31m\rOK\u202eevil\u2066\u200b"

func TestNothingATerminalObeysIsPrinted(t *testing.T) {
	t.Parallel()
	var out, errw bytes.Buffer
	e := &env{out: &out, err: &errw}
	d := service.RunDetail{Run: integration.Run{ID: "r1", Error: hostile, Advice: hostile, AccountCode: hostile, BillRef: hostile,
		Warnings: []string{hostile}},
		Document: &service.Preview{Text: "line one\n" + hostile + "\n"},
		Attempts: []integration.Attempt{{N: 1, Cause: hostile, Exchanges: []integration.Exchange{{Purpose: "create", URL: hostile, Status: 500,
			ReqBody: []byte(hostile), RespBody: []byte(hostile), RespHead: map[string]string{"Location": hostile}}, {Error: hostile}}}}}
	for _, err := range []error{
		e.print(d, runText(d)),
		e.print(nil, rowsOf(hostile+"\nFORGED ROW")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	e.say("refused: %v", errors.New(hostile))
	e.printStep(service.Step{Name: hostile, State: "failed", Detail: hostile, Remedy: hostile})
	printed := out.String() + errw.String() + safeText(explain(&integration.Failure{Message: hostile, Advice: hostile}))
	if i := strings.IndexFunc(printed, func(r rune) bool { return r != '\n' && r != '\t' && obeyed(r) }); i >= 0 {
		t.Errorf("%q is printed", printed[max(0, i-20):min(len(printed), i+20)])
	}
	if !strings.Contains(printed, "line one\n") || strings.Contains(printed, "\nFORGED ROW") {
		t.Errorf("lines of our own are lost, or one of theirs is made: %q", printed)
	}
}

func runText(d service.RunDetail) func(io.Writer) {
	return func(w io.Writer) { new(env).showRun(w, d) }
}

func rowsOf(cell string) func(io.Writer) {
	return func(w io.Writer) {
		table(w, "NAME", [][]string{{cell}})
		facts(w, "Name", cell)
	}
}

// A Bill's texts cannot forge a line of what a command says.
func TestMessagesAreOneLine(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	(&env{err: &b}).say("%s:%d: %s: %v", "bills.ndjson", 3, "INV-1\n40 would be sent\u2028x\r\ny", errors.New("a\nb"))
	if got, want := b.String(), `bills.ndjson:3: INV-1\n40 would be sent\nx\ny: a\nb`+"\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	b.Reset()
	indented(&b, []byte("<html>\n-> 204 after 1ms\r\n\x1b[2J</html>"))
	for line := range strings.Lines(b.String()) {
		if !strings.HasPrefix(line, "     ") {
			t.Errorf("the body of an answer forges %q", line)
		}
	}
	b.Reset()
	indented(&b, []byte(`{"a":{"b":1}}`))
	if want := "     {\n       \"a\": {\n         \"b\": 1\n       }\n     }\n"; b.String() != want {
		t.Errorf("%q", b.String())
	}
}
