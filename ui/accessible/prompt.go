package accessible

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

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
		p.say("%s (enter leaves it empty):", label)
	} else {
		p.say("%s (enter keeps %q, - empties it):", label, def)
	}
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

// beginning finds the options that begin with a text, or that one which is the text.
func beginning(options []string, text string) (found []int) {
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

// part is what is read out of a long list at once, and the option that leads to the rest,
// if there is any.
func part[T any](all []T, from int) (shown []T, next []string) {
	if shown = all[min(from, len(all)):]; len(shown) > pageOf {
		return shown[:pageOf], []string{"More of them"}
	}
	return shown, nil
}

// confirm asks yes or no; only yes is yes.
func (p *prompt) confirm(ctx context.Context, question string) (bool, error) {
	p.say("%s Type yes or no (enter means no):", question)
	s, err := p.line(ctx)
	return strings.EqualFold(strings.TrimSpace(s), "yes"), err
}
