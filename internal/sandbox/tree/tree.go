// Package tree is a JSON document that the simulators can change and write
// back with every digit and the order of its members kept. A struct per record
// would lose fields that the simulator does not know; a map would lose the
// order; and both would cost reflection on a path that shares two cores with
// the program under measurement.
package tree

import (
	"slices"
	"strings"

	"billferry/internal/decimal"
)

// Kind is the JSON type of a Value.
type Kind byte

// The JSON types.
const (
	Null Kind = iota
	Bool
	Number
	String
	Array
	Object
)

// Value is one JSON value. The zero value is null.
type Value struct {
	Kind    Kind
	Text    string // of a string; the digits of a number; true or false
	Items   []Value
	Members []Member
}

// Member is one name and value of an object.
type Member struct {
	Name  string
	Value Value
}

// Str makes a string.
func Str(s string) Value { return Value{Kind: String, Text: s} }

// Num makes a number from its JSON text.
func Num(s string) Value { return Value{Kind: Number, Text: s} }

// Dec makes a number.
func Dec(d decimal.D) Value { return Value{Kind: Number, Text: d.String()} }

// Boolean makes true or false.
func Boolean(b bool) Value {
	if b {
		return Value{Kind: Bool, Text: "true"}
	}
	return Value{Kind: Bool, Text: "false"}
}

// List makes an array.
func List(items ...Value) Value { return Value{Kind: Array, Items: items} }

// Obj makes an object of its members.
func Obj(members ...Member) Value { return Value{Kind: Object, Members: members} }

// M makes a member.
func M(name string, v Value) Member { return Member{name, v} }

// Get finds a member, without regard to letter case as NetSuite reads names.
// It is nil when there is none, or v is no object.
func (v *Value) Get(name string) *Value {
	if v == nil || v.Kind != Object {
		return nil
	}
	for i := range v.Members {
		if n := v.Members[i].Name; n == name || (len(n) == len(name) && strings.EqualFold(n, name)) {
			return &v.Members[i].Value
		}
	}
	return nil
}

// TextOf reads a scalar member as text; "" when it is absent, null or no scalar.
func (v *Value) TextOf(name string) string { return v.Get(name).Scalar() }

// Scalar is the text of a string, number or boolean, else "".
func (v *Value) Scalar() string {
	if v == nil || v.Kind == Null || v.Kind == Array || v.Kind == Object {
		return ""
	}
	return v.Text
}

// IsTrue tells whether v is true, or NetSuite's "T".
func (v *Value) IsTrue() bool { t := v.Scalar(); return t == "true" || t == "T" }

// Decimal reads a number, or a string that holds one.
func (v *Value) Decimal() (decimal.D, error) { return decimal.Parse(v.Scalar()) }

// Set replaces the member of that name, or adds it at the end.
func (v *Value) Set(name string, to Value) {
	if m := v.Get(name); m != nil {
		*m = to
		return
	}
	v.Kind = Object
	v.Members = append(v.Members, Member{name, to})
}

// Delete removes the member of that name.
func (v *Value) Delete(name string) {
	v.Members = slices.DeleteFunc(v.Members, func(m Member) bool { return strings.EqualFold(m.Name, name) })
}

// Clone copies v deeply, so that a stored record shares nothing with a request.
func (v *Value) Clone() Value {
	c := *v
	c.Items = slices.Clone(v.Items)
	for i := range c.Items {
		c.Items[i] = c.Items[i].Clone()
	}
	c.Members = slices.Clone(v.Members)
	for i := range c.Members {
		c.Members[i].Value = c.Members[i].Value.Clone()
	}
	return c
}
