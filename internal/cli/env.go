package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"billferry/internal/app"
	"billferry/internal/destination"
	"billferry/internal/readfile"
	"billferry/internal/secret"
	"billferry/internal/service"
	"billferry/internal/spec"
)

// env is what every command works with.
type env struct {
	in       io.Reader
	out, err io.Writer

	dataDir    string
	theme      string
	json       bool
	noInput    bool
	ascii      bool
	noMouse    bool
	accessible bool
	noKeyring  bool
	started    bool // the call was understood

	destinations destination.Registry

	server, serverKey, serverSecretFile string // of --server

	owned *app.App
	logs  io.Closer
}

// catalog is everything that can be configured.
func (e *env) catalog() spec.Catalog { return e.destinations.Catalog() }

// system is what texts call the destination of a run or an integration.
func (e *env) system(entityType, destination string) string {
	return e.catalog().Words(entityType, destination).System
}

// print writes v as one JSON document when asked to, else as text.
func (e *env) print(v any, text func(io.Writer)) error {
	if !e.json {
		text(safe{e.out})
		return e.lost()
	}
	return e.printJSON(v)
}

// onNamed is a command that asks the service for what its argument names, and goes on
// with the answer.
func onNamed[T any](e *env, ask func(service.Service, context.Context, string) (T, error), then func(T) error) func(
	*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) error {
		s, err := e.open(c.Context(), idle)
		if err != nil {
			return err
		}
		got, err := ask(s, c.Context(), args[0])
		if err != nil {
			return err
		}
		return then(got)
	}
}

func (e *env) printJSON(v any) error {
	enc := json.NewEncoder(e.jsonOut())
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// compact writes v as one line of JSON, for what is a stream of documents.
func (e *env) compact(v any) error {
	enc := json.NewEncoder(e.jsonOut())
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// jsonOut is where JSON goes: as it is, unless a person looks at it.
func (e *env) jsonOut() io.Writer {
	if terminal(e.out) {
		return safeJSON{e.out}
	}
	return e.out
}

// dataOut is the same for other data (YAML, CSV), which cannot be escaped
// without changing it.
func (e *env) dataOut() io.Writer {
	if terminal(e.out) {
		return safe{e.out}
	}
	return e.out
}

// listed makes [] of a list that nobody made, where JSON would say null.
func listed[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// say writes a message for the person, apart from what a script reads. It is one
// line, whatever stands in its arguments: a Bill's reference must not forge another.
func (e *env) say(format string, args ...any) {
	for i, a := range args {
		switch a := a.(type) {
		case string:
			args[i] = oneLine(a)
		case error:
			args[i] = oneLine(a.Error())
		}
	}
	_, _ = fmt.Fprintf(safe{e.err}, format+"\n", args...)
}

// confirm asks before something that cannot be taken back; the default is no.
func (e *env) confirm(yes bool, question string) error {
	if yes {
		return nil
	}
	if e.noInput || !terminal(e.in) {
		return usagef("%s: say --yes to do it without being asked", question)
	}
	_, _ = fmt.Fprintf(safe{e.err}, "%s? [y/N] ", question)
	var answer string
	_, _ = fmt.Fscanln(e.in, &answer)
	if a := strings.ToLower(answer); a != "y" && a != "yes" {
		return errors.New("left as it was")
	}
	return nil
}

// input opens a regular file, or standard input for "-", to be read as a stream.
func (e *env) input(name string) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(e.in), nil
	}
	f, err := readfile.Open(name)
	return f, orStdin(err)
}

// readFile reads a file, or standard input for "-", of at most limit bytes.
func (e *env) readFile(name string, limit int64) ([]byte, error) {
	if name == "-" {
		return readfile.All(e.in, source(name), limit)
	}
	b, err := readfile.Read(name, limit)
	return b, orStdin(err)
}

// orStdin says what to do with a pipe such as <(command) of a shell.
func orStdin(err error) error {
	if errors.Is(err, readfile.ErrNotRegular) {
		return fmt.Errorf("%w, or - to read standard input", err)
	}
	return err
}

// readSecret reads the secret in the file that a flag names.
func (e *env) readSecret(flag, file string) (secret.Value, error) {
	b, err := e.readFile(file, readfile.Key)
	if err != nil {
		return secret.Value{}, fmt.Errorf("--%s: %w", flag, err)
	}
	text := strings.TrimSpace(string(b))
	if text == "" {
		return secret.Value{}, fmt.Errorf("--%s %s: it is empty; name the file that holds the secret", flag, file)
	}
	return secret.New(text), nil
}

// flagFault names the flags that the problems of a form came from.
func flagFault(err error, flags map[string]string) error {
	var p spec.Problems
	if !errors.As(err, &p) {
		return err
	}
	var lines []string
	for _, x := range p.Errors() {
		lines = append(lines, "--"+flags[x.Key]+": "+x.Message)
	}
	return errors.New(strings.Join(lines, "\n"))
}
