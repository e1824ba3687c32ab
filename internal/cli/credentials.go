package cli

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"billferry/internal/readfile"
	"billferry/internal/sandbox"
	"billferry/internal/secret"
	"billferry/internal/service"
	"billferry/internal/spec"
	"billferry/ui/connect"
)

// connectFlags are the fields of the Connect forms of all destinations as flags.
// Of a secret the flag names the file that holds it.
type connectFlags struct {
	values map[string]*string // by flag
	file   string             // of --credentials
	kept   sandbox.Files      // what it holds
}

// flagOf is the flag of a field: its own word for it, else its key in lower
// case with dashes.
func flagOf(x spec.Field) string {
	name := x.Flag
	if name == "" {
		var b strings.Builder
		for _, r := range x.Key {
			if r >= 'A' && r <= 'Z' {
				b.WriteByte('-')
				r += 'a' - 'A'
			}
			b.WriteRune(r)
		}
		name = b.String()
	}
	if x.Kind.Hidden() {
		name += "-file"
	}
	return name
}

func newConnectFlags(f *pflag.FlagSet, forms spec.Catalog) *connectFlags {
	out := &connectFlags{values: map[string]*string{}}
	for _, form := range forms {
		for _, x := range form.Auth {
			name, help := flagOf(x), x.Label+": "+x.Help
			if out.values[name] != nil {
				continue
			}
			if x.Kind.Hidden() {
				help = "file of: " + help + " - is standard input"
			}
			out.values[name] = f.String(name, "", help)
		}
	}
	f.StringVar(&out.file, "credentials", "", "credentials.json of 'billferry sandbox --write-credentials', for what no other flag gives")
	return out
}

// read reads the file of --credentials, if there is one, and refuses a call that
// gives too little for every destination: nothing is opened then.
func (c *connectFlags) read(e *env, forms spec.Catalog) error {
	if c.file != "" {
		b, err := e.readFile(c.file, readfile.Config)
		if err != nil {
			return fmt.Errorf("--credentials: %w", err)
		}
		if err := json.Unmarshal(b, &c.kept); err != nil {
			return fmt.Errorf("--credentials %s: %w: name the credentials.json that 'billferry sandbox --write-credentials' wrote",
				source(c.file), err)
		}
	}
	var lacking []string
	most := 0
	for _, form := range forms {
		given := 0
		for _, x := range form.Auth {
			if c.text(x) != "" {
				given++
			}
		}
		missing := c.missing(form)
		switch {
		case len(missing) == 0:
			return nil
		case given > most:
			lacking, most = []string{strings.Join(missing, ", ")}, given
		case given == most:
			lacking = append(lacking, strings.Join(missing, ", "))
		}
	}
	return usagef("give %s, or --credentials", strings.Join(lacking, ", or "))
}

// text is what was given for a field; of a secret, the file that holds it.
func (c *connectFlags) text(x spec.Field) string {
	return cmp.Or(*c.values[flagOf(x)], c.kept.Connect[x.Key])
}

// missing are the flags that a form wants and nobody gave.
func (c *connectFlags) missing(form spec.Form) (out []string) {
	for _, x := range form.Auth {
		if x.Required && c.text(x) == "" {
			out = append(out, "--"+flagOf(x))
		}
	}
	return out
}

// fill takes what the form asks for. names says which flag each field came from.
func (c *connectFlags) fill(e *env, form spec.Form, q *service.Connect) (names map[string]string, err error) {
	if missing := c.missing(form); len(missing) > 0 {
		return nil, usagef("give %s, or --credentials", strings.Join(missing, ", "))
	}
	names = map[string]string{}
	q.Values, q.Secrets = spec.Values{}, map[string]secret.Value{}
	left := maps.Clone(c.values)
	for _, x := range form.Auth {
		flag, text := flagOf(x), c.text(x)
		delete(left, flag)
		names[x.Key] = flag
		switch {
		case text == "":
		case x.Kind.Hidden():
			names[x.Key] += " " + text
			if q.Secrets[x.Key], err = e.readSecret(flag, text); err != nil {
				return nil, err
			}
			if x.Kind == spec.Key && text != "-" { // when the certificate ends is told in time
				q.Secrets[x.Key] = secret.New(connect.WithCertificate(text, q.Secrets[x.Key].Reveal()))
			}
		default:
			q.Values.Set(x.Key, text)
		}
	}
	for _, flag := range slices.Sorted(maps.Keys(left)) {
		if *left[flag] != "" {
			return nil, usagef("--%s is not for %s", flag, form.Words.System)
		}
	}
	return names, nil
}
