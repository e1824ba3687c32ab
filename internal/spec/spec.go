// Package spec holds the declarative settings of an integration: one list of
// fields that draws the wizard, validates API bodies and files, and prints the
// tables in README and docs. It knows no destination; each brings its fields.
package spec

import (
	"fmt"
	"slices"
	"strings"
)

// Kind says what a setting holds, and so which widget edits it and which JSON
// type it has in configData.
type Kind string

// The kinds of setting, with their JSON type.
const (
	Text     Kind = "text"     // string
	Bool     Kind = "bool"     // true or false
	Int      Kind = "int"      // whole number
	Enum     Kind = "enum"     // string, one of Options
	Multi    Kind = "multi"    // array of strings, each one of Options
	Accounts Kind = "accounts" // array of m3ter account ids
	List     Kind = "list"     // array of strings
	Item     Kind = "item"     // string: the id of an item of the destination
	ItemMap  Kind = "itemMap"  // object: one of Options -> item id
	FieldMap Kind = "fieldMap" // object: one of Options -> custom field script id
	Rules    Kind = "rules"    // array of objects: rules that fill fields, see docs/MAPPING.md
	Secret   Kind = "secret"   // string, write only
	Key      Kind = "key"      // string, write only: a private key, given as its file or pasted
)

// Hidden tells whether values of the kind are written and never shown.
func (k Kind) Hidden() bool { return k == Secret || k == Key }

// Panel groups settings on a page, in the order the pages show them.
type Panel string

// The panels of stage 3 and the Connect form.
const (
	Global      Panel = "Global"
	Entity      Panel = "Entity Config"
	Destination Panel = "Destination Config"
	// The groups of what m3ter does not have.
	Filled    Panel = "Fields"
	Customer  Panel = "Customer and currency"
	Documents Panel = "Documents and periods"
	Items     Panel = "Items and money"
	Proof     Panel = "Proof"
	Control   Panel = "Control"
	Auth      Panel = "Connection"
)

// Extensions lists the groups of what m3ter does not have.
var Extensions = []Panel{Filled, Customer, Documents, Items, Proof, Control}

// Panels lists the panels of stage 3 in their order.
var Panels = append([]Panel{Global, Entity, Destination}, Extensions...)

// Option is one choice of an Enum or Multi, or one key of a map.
type Option struct {
	Value string `json:"value"` // as in configData
	Label string `json:"label"` // as on screen
	Help  string `json:"help,omitempty"`
}

// Field is one setting.
type Field struct {
	// Key is the place in configData, dotted when nested ("billferry.negativeBills").
	// "name" alone is the integration's own name, beside configData.
	Key      string   `json:"key"`
	Label    string   `json:"label"`
	Panel    Panel    `json:"panel"`
	Kind     Kind     `json:"kind"`
	Required bool     `json:"required,omitempty"`
	Default  any      `json:"default,omitempty"` // in the JSON type of Kind; nil: the zero value
	Options  []Option `json:"options,omitempty"`
	Help     string   `json:"help"`
	// Ours marks an extension that m3ter does not have.
	Ours bool `json:"ours,omitempty"`
	// Flag is the command line's word for a field of the Connect form, where it is
	// not the key's.
	Flag string `json:"flag,omitempty"`
	// Audit tells that a change of it stands in the audit trail word for word: it
	// weakens what is checked.
	Audit bool `json:"-"`
	// ShowWhen tells whether other settings make the field matter; nil: always.
	ShowWhen func(v Values) bool `json:"-"`
	// Check refuses a value of the right type; nil means every such value is good.
	// Its error may be Problems, each with the key of a part that is wrong.
	Check func(v any) error `json:"-"`
	// Fallback says in words what an option of a map uses while it has no entry
	// of its own; nil: there is nothing to say.
	Fallback func(v Values, option string) string `json:"-"`
}

// Shown tells whether the field matters under some settings.
func (f Field) Shown(v Values) bool { return f.ShowWhen == nil || f.ShowWhen(v) }

// Option returns the option with that value.
func (f Field) Option(value string) (Option, bool) {
	i := slices.IndexFunc(f.Options, func(o Option) bool { return o.Value == value })
	if i < 0 {
		return Option{}, false
	}
	return f.Options[i], true
}

// Words are a destination's names for things.
type Words struct {
	System        string `json:"system"`        // as texts name it: NetSuite
	Mapped        string `json:"mapped"`        // as external mappings name it: Netsuite
	CustomerTable string `json:"customerTable"` // of external mappings
	ItemTable     string `json:"itemTable"`
	Document      string `json:"document,omitempty"` // what a Bill becomes: invoice or credit memo
	FindID        string `json:"findId,omitempty"`   // where a document shows its internal id
	// ByCode is set when currencies have no other id than their ISO 4217 code.
	ByCode bool `json:"byCode,omitempty"`
	// NewKey says what to do with the certificate of a key that was made for it.
	NewKey string `json:"newKey,omitempty"`
}

// Form is everything there is to set for one destination and entity type.
type Form struct {
	EntityType  string  `json:"entityType"`  // "Bill"
	Destination string  `json:"destination"` // "Netsuite"
	Fields      []Field `json:"fields"`      // of stage 3, in screen order
	Auth        []Field `json:"auth"`        // of the Connect form, in screen order
	Words       Words   `json:"words"`
	// Mends names, by cause, the setting that mends the runs that stopped with it,
	// where that is one which only this destination has.
	Mends map[string]string `json:"mends,omitempty"`
	// CheckID refuses what is no internal id of a record; nil means everything is one.
	CheckID func(id string) error `json:"-"`
	// Cross finds faults that no single field shows; nil when there are none.
	Cross func(v Values) []Problem `json:"-"`
}

// Title names the Connect form.
func (f Form) Title() string { return f.Destination + " " + string(Auth) }

// Field returns the field with that key.
func (f Form) Field(key string) (Field, bool) {
	for _, x := range f.Fields {
		if x.Key == key {
			return x, true
		}
	}
	return Field{}, false
}

// Catalog lists the forms that exist. Adding a destination adds one.
type Catalog []Form

// Entities lists the entity types of stage 1.
func (c Catalog) Entities() []string {
	var out []string
	for _, f := range c {
		if !slices.Contains(out, f.EntityType) {
			out = append(out, f.EntityType)
		}
	}
	return out
}

// Destinations lists the external systems of stage 2 for one entity type.
func (c Catalog) Destinations(entity string) []string {
	var out []string
	for _, f := range c {
		if strings.EqualFold(f.EntityType, entity) && !slices.Contains(out, f.Destination) {
			out = append(out, f.Destination)
		}
	}
	return out
}

// Form finds the form of an entity type and destination, in any letter case.
func (c Catalog) Form(entity, destination string) (Form, bool) {
	for _, f := range c {
		if strings.EqualFold(f.EntityType, entity) && strings.EqualFold(f.Destination, destination) {
			return f, true
		}
	}
	return Form{}, false
}

// Words are a destination's names for things. One that there is not is called as
// the integration has it.
func (c Catalog) Words(entity, destination string) Words {
	if f, ok := c.Form(entity, destination); ok {
		return f.Words
	}
	return Words{System: destination, Mapped: destination, CustomerTable: "Customer", ItemTable: "Item", ByCode: true}
}

// Mapped finds the form of the destination that external mappings know by a
// name, in any letter case.
func (c Catalog) Mapped(system string) (Form, bool) {
	i := slices.IndexFunc(c, func(f Form) bool { return strings.EqualFold(f.Words.Mapped, system) })
	if i < 0 {
		return Form{}, false
	}
	return c[i], true
}

// Systems names all destinations, as texts do: one, or one or another.
func (c Catalog) Systems() string {
	var out []string
	for _, f := range c {
		if !slices.Contains(out, f.Words.System) {
			out = append(out, f.Words.System)
		}
	}
	return strings.Join(out, " or ")
}

// Problem is one fault of a configuration, said so that a person can mend it.
type Problem struct {
	Key     string `json:"key"`   // of the field; "" for the whole
	Label   string `json:"label"` // of the field, as on screen
	Message string `json:"message"`
	Warning bool   `json:"warning,omitempty"` // true: it may be saved all the same
}

// Error makes a Problem an error: "Account filter: ...".
func (p Problem) Error() string {
	if p.Label == "" {
		return p.Message
	}
	return p.Label + ": " + p.Message
}

// Problems is a list of faults that is an error.
type Problems []Problem

// Error joins the faults, one a line.
func (p Problems) Error() string {
	s := make([]string, len(p))
	for i, x := range p {
		s[i] = x.Error()
	}
	return strings.Join(s, "\n")
}

// Errors returns the faults that forbid saving.
func (p Problems) Errors() Problems {
	return slices.DeleteFunc(slices.Clone(p), func(x Problem) bool { return x.Warning })
}

// Err returns the faults that forbid saving as an error, or nil.
func (p Problems) Err() error {
	if e := p.Errors(); len(e) > 0 {
		return e
	}
	return nil
}

// typeError names the JSON type a kind wants.
func typeError(k Kind, v any) error {
	want := map[Kind]string{
		Text: "a string", Enum: "a string", Item: "a string", Secret: "a string", Key: "a string", Bool: "true or false",
		Int: "a whole number", Multi: "a list of strings", Accounts: "a list of strings",
		List: "a list of strings", Rules: "a list of objects", ItemMap: "an object of strings", FieldMap: "an object of strings",
	}[k]
	return fmt.Errorf("must be %s, not %s", want, jsonType(v))
}
