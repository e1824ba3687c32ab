package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/spec"
)

// The things apply does to an integration.
const (
	doCreate = "create"
	doUpdate = "update"
	doDelete = "delete"
)

// change is what apply would do to one integration.
type change struct {
	Action string        `json:"action"`
	Name   string        `json:"name"`
	ID     string        `json:"id,omitempty"`
	Fields []fieldChange `json:"fields,omitempty"`

	doc   document
	old   integration.Integration
	takes string // what goes with a deleted one, in words
}

// fieldChange is one setting before and after; null is "not there".
type fieldChange struct {
	Key  string          `json:"key"`
	From json.RawMessage `json:"from"`
	To   json.RawMessage `json:"to"`
}

// changesOf compares files with what is stored, by name. Its error tells every
// fault of every file; nothing was changed then.
func changesOf(cat spec.Catalog, stored []service.Summary, docs []document) (changes []change, unchanged int, err error) {
	var faults []error
	seen := map[string]string{}
	for _, d := range docs {
		key := nameKey(d.Name)
		if first, twice := seen[key]; twice && key != "" {
			faults = append(faults, fmt.Errorf("%s: name: %q is in %s already", d.at("name"), d.Name, first))
			continue
		}
		seen[key] = d.at("name")
		if err := d.validate(cat); err != nil {
			faults = append(faults, err)
			continue
		}
		i := slices.IndexFunc(stored, func(in service.Summary) bool { return nameKey(in.Name) == key })
		if i < 0 {
			changes = append(changes, change{Action: doCreate, Name: strings.TrimSpace(d.Name), doc: d})
			continue
		}
		c, err := compare(cat, stored[i].Integration, d)
		if err != nil {
			faults = append(faults, err)
		}
		if len(c.Fields) == 0 {
			unchanged++
			continue
		}
		changes = append(changes, c)
	}
	return changes, unchanged, errors.Join(faults...)
}

// nameKey is how names are told apart: without case and spaces around.
func nameKey(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

// compare finds what a document changes in the integration of its name. A key
// that the document leaves out gets its default, as when it is created.
func compare(cat spec.Catalog, old integration.Integration, d document) (change, error) {
	c := change{Action: doUpdate, Name: old.Name, ID: old.ID, doc: d, old: old}
	if err := d.sameKind(old); err != nil {
		return c, err
	}
	f, _ := cat.Form(old.EntityType, old.Destination)
	from, to := map[string]string{}, map[string]string{}
	leaves(from, "", f.Fill(old.ConfigData))
	leaves(to, "", f.Fill(d.ConfigData))
	from["name"], to["name"] = quoted(old.Name), quoted(strings.TrimSpace(d.Name))
	if d.Enabled != nil {
		from["enabled"], to["enabled"] = fmt.Sprint(old.Enabled), fmt.Sprint(*d.Enabled)
	}
	all := maps.Clone(from)
	maps.Copy(all, to)
	for _, key := range slices.Sorted(maps.Keys(all)) {
		if from[key] != to[key] {
			c.Fields = append(c.Fields, fieldChange{key, raw(from[key]), raw(to[key])})
		}
	}
	if len(c.Fields) > 0 && d.Version != 0 && d.Version != old.Version {
		return c, fmt.Errorf("%s: version: the file is made from version %d and the stored one is %d: export it again", d.at("version"),
			d.Version, old.Version)
	}
	return c, nil
}

func raw(text string) json.RawMessage {
	if text == "" {
		return json.RawMessage("null")
	}
	return json.RawMessage(text)
}

// leaves writes the JSON of every setting under its dotted key. An empty object
// is as good as none.
func leaves(out map[string]string, prefix string, v map[string]any) {
	for k, x := range v {
		if sub, ok := x.(map[string]any); ok {
			leaves(out, prefix+k+".", sub)
			continue
		}
		out[prefix+k] = quoted(x)
	}
}

func quoted(v any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // JSON's own types
	return strings.TrimSpace(b.String())
}

// showChanges writes a plan for a person.
func showChanges(w io.Writer, changes []change, unchanged int) {
	n := map[string]int{}
	for _, c := range changes {
		n[c.Action]++
		_, _ = fmt.Fprintf(w, "%s  %s%s\n", c.Action, clean(c.Name), c.takes)
		var rows []string
		for _, f := range c.Fields {
			rows = append(rows, "    "+f.Key, word(f.From)+" -> "+word(f.To))
		}
		facts(w, rows...)
	}
	_, _ = fmt.Fprintf(w, "%d to create, %d to update, %d to delete, %d unchanged\n", n[doCreate], n[doUpdate], n[doDelete], unchanged)
}

func word(v json.RawMessage) string {
	if string(v) == "null" {
		return "(none)"
	}
	return string(v)
}
