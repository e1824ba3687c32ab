package accessible

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"billferry/internal/spec"
	"billferry/ui/widget"
)

// errBack is the answer "back".
var errBack = errors.New("back")

// prompt asks and tells, one line at a time.
type prompt struct {
	lines <-chan string
	out   io.Writer
}

// newPrompt reads lines in a goroutine of its own, since a read cannot be
// given up when ctx ends.
func newPrompt(ctx context.Context, in io.Reader, out io.Writer) *prompt {
	ch := make(chan string)
	go func() {
		defer close(ch)
		r := bufio.NewReaderSize(in, 64<<10)
		for {
			line, err := r.ReadString('\n')
			if line != "" {
				select {
				case ch <- strings.TrimRight(line, "\r\n"):
				case <-ctx.Done():
					return
				}
			}
			if err != nil {
				return
			}
		}
	}()
	return &prompt{ch, out}
}

// say writes one line; text from outside must not move the cursor.
func (p *prompt) say(format string, args ...any) {
	fmt.Fprintln(p.out, widget.Clean(fmt.Sprintf(format, args...)))
}

// line reads one answer: io.EOF at the end of the input.
func (p *prompt) line(ctx context.Context) (string, error) {
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case s, ok := <-p.lines:
		if !ok {
			return "", io.EOF
		}
		return s, nil
	}
}

// ask asks for text. An empty answer takes the default, "-" empties it.
func (p *prompt) ask(ctx context.Context, label, def string) (string, error) {
	if def == "" {
		return p.answer(ctx, label+" (enter leaves it empty):", def)
	}
	return p.answer(ctx, fmt.Sprintf("%s (enter keeps %q, - empties it):", label, def), def)
}

// must is ask for what may not be empty, which is not offered then.
func (p *prompt) must(ctx context.Context, label, def string) (string, error) {
	if def == "" {
		return p.answer(ctx, label+":", def)
	}
	return p.answer(ctx, fmt.Sprintf("%s (enter keeps %q):", label, def), def)
}

// askFor is must or ask, as a setting is required or not.
func (p *prompt) askFor(ctx context.Context, x spec.Field, label, def string) (string, error) {
	if x.Required {
		return p.must(ctx, label, def)
	}
	return p.ask(ctx, label, def)
}

// answer is the text that is typed for a question.
func (p *prompt) answer(ctx context.Context, question, def string) (string, error) {
	p.say("%s", question)
	s, err := p.line(ctx)
	s = strings.TrimSpace(s)
	switch {
	case err != nil:
		return "", err
	case s == "":
		return def, nil
	case s == "-":
		return "", nil
	case strings.EqualFold(s, "back"):
		return "", errBack
	}
	return s, nil
}

// choose asks for one of options, by its number or the beginning of its words, and
// returns its index; def is the index an empty answer takes, or -1.
func (p *prompt) choose(ctx context.Context, label string, options []string, def int) (int, error) {
	p.say("%s", label)
	for i, o := range options {
		p.say("  %d. %s", i+1, o)
	}
	for {
		if def >= 0 {
			p.say("Number (enter takes %d, back goes back):", def+1)
		} else {
			p.say("Number (back goes back):")
		}
		s, err := p.line(ctx)
		if err != nil {
			return 0, err
		}
		s = strings.TrimSpace(s)
		n, numErr := strconv.Atoi(s)
		switch {
		case s == "" && def >= 0:
			return def, nil
		case strings.EqualFold(s, "back"):
			return 0, errBack
		case numErr == nil && n >= 1 && n <= len(options):
			return n - 1, nil
		}
		switch found := beginning(options, s); {
		case len(found) == 1:
			return found[0], nil
		case len(found) > 1 && s != "":
			p.say("%q is the beginning of %d of them: type more of it, or a number.", s, len(found))
		default:
			p.say("%q is none of them: type a number from 1 to %d, or the first letters of one.", s, len(options))
		}
	}
}

// beginning finds the options that begin with a text, or that one which is the text or
// has it as its name or its id: these stand before a comma or a colon, or between them.
func beginning(options []string, text string) (found []int) {
	if i := exactly(options, text); i >= 0 {
		return []int{i}
	}
	text = widget.Fold(text)
	for i, o := range options {
		switch o = widget.Fold(o); {
		case o == text:
			return []int{i}
		case strings.HasPrefix(o, text):
			found = append(found, i)
		}
	}
	return found
}

// exactly finds the one option that has a text as its name or its id, in the letter case
// of the text if that tells them apart; -1 when there is none, or more than one.
func exactly(options []string, text string) int {
	asIs := func(s string) string { return s }
	for _, fold := range []func(string) string{asIs, widget.Fold} {
		at, n := -1, 0
		for i, o := range options {
			o = fold(", " + strings.ReplaceAll(o, ": ", ", ") + ", ")
			if t := fold(text) + ", "; text != "" && (strings.Contains(o, ", "+t) || strings.Contains(o, ", id "+t)) {
				at, n = i, n+1
			}
		}
		if n == 1 {
			return at
		}
	}
	return -1
}

// pageFrom is what is read out of a long list at once, and the option that leads to the rest,
// if there is any.
func pageFrom[T any](all []T, from int) (shown []T, next []string) {
	if shown = all[min(from, len(all)):]; len(shown) > pageOf {
		return shown[:pageOf], []string{"More of them"}
	}
	return shown, nil
}

// confirm asks yes or no; only yes is yes, and back is neither.
func (p *prompt) confirm(ctx context.Context, question string) (bool, error) {
	p.say("%s Type yes or no (enter means no):", question)
	s, err := p.line(ctx)
	if s = strings.TrimSpace(s); err == nil && strings.EqualFold(s, "back") {
		err = errBack
	}
	return strings.EqualFold(s, "yes"), err
}
