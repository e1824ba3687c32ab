// Package account tells one NetSuite account from another: what it makes
// mandatory, its own fields and segments, its subsidiaries, how it taxes,
// numbers, approves and recognises revenue. A profile is YAML; some are ready by
// name.
package account

import (
	"bytes"
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"billferry/internal/decimal"
	"billferry/internal/readfile"
)

// Plain is the profile of an account that demands nothing.
const Plain = "plain"

//go:embed ready/*.yaml
var ready embed.FS

// Profile is one account. The zero value is plain.
type Profile struct {
	Name  string `yaml:"name"`
	Shows string `yaml:"shows"` // what it is there for, in a sentence

	// Mandatory are standard fields without which a document is refused.
	Mandatory struct {
		Header []string `yaml:"header"`
		Line   []string `yaml:"line"`
	} `yaml:"mandatory"`
	Fields []Field `yaml:"fields"`
	// Lists replace the entries of department, class or location.
	Lists map[string][]Entry `yaml:"lists"`

	Subsidiaries []Entry    `yaml:"subsidiaries"` // none: not OneWorld
	Customers    []Customer `yaml:"customers"`
	// Items are the subsidiaries that may sell an item, by its id; one that is not
	// named is for all.
	Items map[string][]string `yaml:"items"`

	// Currency is that of an account without Multiple Currencies, and of all its
	// Bills then.
	Currency  string    `yaml:"currency"`
	Tax       Tax       `yaml:"tax"`
	Numbering Numbering `yaml:"numbering"`
	Approval  Approval  `yaml:"approval"`
	// RevenueDates makes both revenue dates mandatory on lines; they have to lie
	// within the accounting periods.
	RevenueDates bool `yaml:"revenueDates"`
	// PeriodsThisYear ends the accounting periods with the current year.
	PeriodsThisYear bool `yaml:"periodsThisYear"`
	// DateOutsidePeriod is the preference Allow Transaction Date Outside of the
	// Posting Period.
	DateOutsidePeriod DateOutside `yaml:"dateOutsidePeriod"`
	// History is how many invoices people made before, for the two customers that
	// m3ter does not know.
	History int `yaml:"history"`
}

// Field is a custom field or segment.
type Field struct {
	Key       string   `yaml:"key"` // custbody_, custcol_ or cseg_
	Label     string   `yaml:"label"`
	Type      Type     `yaml:"type"`
	On        []string `yaml:"on"` // header, line; of a custom field its prefix says it
	Mandatory bool     `yaml:"mandatory"`
	Values    []Entry  `yaml:"values"` // of a list, multi-select or segment
}

// Type is what a field holds.
type Type string

// The types of a field.
const (
	Text     Type = "text"
	Date     Type = "date"
	Number   Type = "number"
	Checkbox Type = "checkbox"
	List     Type = "list"
	Multi    Type = "multiselect"
)

// Entry is one of a list.
type Entry struct {
	ID           string   `yaml:"id"`
	Name         string   `yaml:"name"`
	ExternalID   string   `yaml:"externalId"`
	Subsidiaries []string `yaml:"subsidiaries"` // which may use it; none named: all
}

// Customer says which subsidiaries the customers of a currency belong to; the
// first is their primary one.
type Customer struct {
	Currency     string   `yaml:"currency"`
	Subsidiaries []string `yaml:"subsidiaries"`
}

// Tax is what the account adds to a document by itself.
type Tax struct {
	SuiteTax bool   `yaml:"suiteTax"`
	Percent  string `yaml:"percent"`
	Second   string `yaml:"second"` // percent that stand in tax2Total, as PST does
}

// Rates are both as numbers.
func (t Tax) Rates() (first, second decimal.D) {
	first, _ = decimal.Parse(cmp.Or(t.Percent, "0")) // check has read them
	second, _ = decimal.Parse(cmp.Or(t.Second, "0"))
	return first, second
}

// DateOutside is what becomes of a document whose posting period is named and is
// not that of its date.
type DateOutside string

// The values of the preference; the zero value is Disallow. Only a person at a
// screen sees a warning: a document that arrives is taken.
const (
	Allow    DateOutside = "allow"
	Warn     DateOutside = "warn"
	Disallow DateOutside = "disallow"
)

// Numbering is who numbers documents.
type Numbering string

// The ways of numbering; the zero value is automatic.
const (
	Manual   Numbering = "manual"   // a document without a number is refused
	Override Numbering = "override" // a number may be given
)

// Approval is what happens to an invoice that arrives.
type Approval struct {
	Pending bool `yaml:"pending"` // it is pending approval, and does not post
	Locked  bool `yaml:"locked"`  // a workflow locks it, also against reading
}

// Names lists the ready profiles.
func Names() []string {
	files, _ := ready.ReadDir("ready") // it is compiled in
	out := make([]string, len(files))
	for i, f := range files {
		out[i] = strings.TrimSuffix(f.Name(), ".yaml")
	}
	return out
}

// Ready is the profile of a name.
func Ready(name string) (Profile, error) {
	b, err := ready.ReadFile(path.Join("ready", name+".yaml"))
	if err != nil {
		return Profile{}, fmt.Errorf("no account is called %q: ready are %s", name, strings.Join(Names(), ", "))
	}
	return Parse(b)
}

// Open is the profile of a name or, where that is none, of a file.
func Open(nameOrFile string) (Profile, error) {
	if slices.Contains(Names(), nameOrFile) || !strings.ContainsAny(nameOrFile, `./\`) {
		return Ready(nameOrFile)
	}
	b, err := readfile.Read(nameOrFile, readfile.Config)
	if err != nil {
		return Profile{}, fmt.Errorf("the account's profile: %w; ready are %s", err, strings.Join(Names(), ", "))
	}
	p, err := Parse(b)
	if err != nil {
		return p, fmt.Errorf("%s: %w", nameOrFile, err)
	}
	return p, nil
}

// Parse reads a profile and refuses what it does not know.
func Parse(b []byte) (Profile, error) {
	var p Profile
	if err := yaml.NewDecoder(bytes.NewReader(b), yaml.DisallowUnknownField()).Decode(&p); err != nil && !errors.Is(err, io.EOF) {
		return p, fmt.Errorf("read the profile: %s", yaml.FormatError(err, false, true))
	}
	return p, p.check()
}

// standard are the fields that can be made mandatory.
var standard = []string{"department", "class", "location", "terms", "otherRefNum", "memo"}

func (p *Profile) check() error {
	for _, key := range slices.Concat(p.Mandatory.Header, p.Mandatory.Line) {
		if !slices.Contains(standard, key) {
			return fmt.Errorf("mandatory: %q is none of %s; a custom field says mandatory: true", key, strings.Join(standard, ", "))
		}
	}
	for i := range p.Fields {
		if err := p.Fields[i].check(); err != nil {
			return fmt.Errorf("fields: %w", err)
		}
	}
	for list := range p.Lists {
		if !slices.Contains(standard[:3], list) {
			return fmt.Errorf("lists: %q is none of department, class, location", list)
		}
	}
	for _, text := range []string{p.Tax.Percent, p.Tax.Second} {
		if n, err := decimal.Parse(cmp.Or(text, "0")); err != nil || n.Sign() < 0 {
			return fmt.Errorf("tax: %q is no percentage such as \"20\"", text)
		}
	}
	if !slices.Contains([]DateOutside{"", Allow, Warn, Disallow}, p.DateOutsidePeriod) {
		return fmt.Errorf("dateOutsidePeriod: %q is none of allow, warn, disallow", p.DateOutsidePeriod)
	}
	known := map[string]bool{}
	for _, s := range p.Subsidiaries {
		known[s.ID] = true
	}
	for _, c := range p.Customers {
		if len(c.Subsidiaries) == 0 {
			return fmt.Errorf("customers: those in %s have no subsidiaries", c.Currency)
		}
		for _, s := range c.Subsidiaries {
			if !known[s] {
				return fmt.Errorf("customers: no subsidiary has the id %q", s)
			}
		}
	}
	for id, subs := range p.Items {
		for _, s := range subs {
			if !known[s] {
				return fmt.Errorf("items: %s: no subsidiary has the id %q", id, s)
			}
		}
	}
	switch p.Numbering {
	case "", Manual, Override:
		return nil
	}
	return fmt.Errorf("numbering: %q is none of manual, override; without it NetSuite numbers", p.Numbering)
}

func (f *Field) check() error {
	prefix := map[string]string{"custbody": "header", "custcol": "line"}
	for p, on := range prefix {
		if strings.HasPrefix(f.Key, p) {
			f.On = []string{on}
		}
	}
	segment := strings.HasPrefix(f.Key, "cseg")
	if segment && f.Type == "" {
		f.Type = List
	}
	if segment && len(f.On) == 0 {
		f.On = []string{"header", "line"}
	}
	for _, on := range f.On {
		if on != "header" && on != "line" {
			return fmt.Errorf("%s: on: %q is neither header nor line", f.Key, on)
		}
	}
	switch {
	case len(f.On) == 0:
		return fmt.Errorf("%q begins with none of custbody, custcol, cseg", f.Key)
	case f.Label == "":
		return fmt.Errorf("%s has no label", f.Key)
	case !slices.Contains([]Type{Text, Date, Number, Checkbox, List, Multi}, f.Type):
		return fmt.Errorf("%s: type %q is none of text, date, number, checkbox, list, multiselect", f.Key, f.Type)
	case (f.Type == List || f.Type == Multi) != (len(f.Values) > 0):
		return fmt.Errorf("%s: a list has values, another type has none", f.Key)
	}
	return nil
}

// Field finds a custom field or segment that a header or a line has.
func (p *Profile) Field(key, on string) (Field, bool) {
	for _, f := range p.Fields {
		if strings.EqualFold(f.Key, key) && slices.Contains(f.On, on) {
			return f, true
		}
	}
	return Field{}, false
}

// Declares tells whether the profile says which custom fields exist: where it
// names none, all are taken by their prefix.
func (p *Profile) Declares() bool { return p.Name != "" && p.Name != Plain }

// MultiCurrency tells whether documents have a currency.
func (p *Profile) MultiCurrency() bool { return p.Currency == "" }

// OneWorld tells whether there are subsidiaries to choose from.
func (p *Profile) OneWorld() bool { return len(p.Subsidiaries) > 0 }
