package app

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/internal/spec"
	"billferry/mapping"
)

// mostOptions is how many values of a field are looked through for one.
const mostOptions = 1000

// rules completes the rules of an integration's settings with the types that its
// account's catalogue tells, and refuses what that catalogue refuses: a field that
// is not there or is read-only, a value that is none of its options. Without a
// connection, or where the account does not tell, nothing is refused here.
func (a *App) rules(ctx context.Context, integrationID string, f spec.Form, v spec.Values) (spec.Values, spec.Problems) {
	i := slices.IndexFunc(f.Fields, func(x spec.Field) bool { return x.Kind == spec.Rules })
	if i < 0 || integrationID == "" {
		return v, nil
	}
	out := v.Clone()
	list, _ := out.Get(f.Fields[i].Key).([]any)
	if len(list) == 0 {
		return v, nil
	}
	in, err := a.connectable(ctx, integrationID)
	if err != nil || !in.Authorized {
		return v, nil
	}
	fields, err := a.Fields(ctx, integrationID)
	if err != nil {
		a.log.Info("rules are not checked against the account's catalogue", "integration", integrationID, "error", err)
		return v, nil
	}
	var problems spec.Problems
	for n, x := range list {
		if r, ok := x.(map[string]any); ok {
			c := ruleCheck{a: a, integrationID: integrationID, place: fmt.Sprintf("%s[%d]", f.Fields[i].Key, n), n: n + 1, rule: r}
			problems = append(problems, c.check(ctx, fields)...)
		}
	}
	return out, problems
}

// ruleCheck is one rule beside the catalogue.
type ruleCheck struct {
	a                    *App
	integrationID, place string
	n                    int
	rule                 map[string]any
}

func (c *ruleCheck) check(ctx context.Context, fields []integration.Field) spec.Problems {
	to, _ := c.rule["to"].(string)
	i := slices.IndexFunc(fields, func(f integration.Field) bool { return strings.EqualFold(f.Key, to) })
	switch {
	case i < 0:
		return c.fault("to", to, "fills a field that this account does not have, or that the role does not see")
	case !fields[i].Writable:
		return c.fault("to", to, "fills a field that cannot be filled: "+fields[i].Why)
	}
	f := fields[i]
	if c.rule["as"] == nil && f.Custom {
		c.rule["as"] = f.Type
	}
	if as, _ := c.rule["as"].(string); f.Custom && !strings.EqualFold(as, f.Type) {
		return c.fault("as", to, fmt.Sprintf("is said to be a %s; this account has it as a %s", as, f.Type))
	}
	if !slices.Contains([]string{string(mapping.AsReference), string(mapping.AsEnum), string(mapping.AsMulti)}, f.Type) {
		return nil
	}
	if problems := c.external(ctx, f); len(problems) > 0 {
		return problems
	}
	return c.values(ctx, f)
}

// external replaces the values that are told by their external ids. What cannot be
// asked now is looked up when a Bill is sent.
func (c *ruleCheck) external(ctx context.Context, f integration.Field) (problems spec.Problems) {
	byExternal := func(part string, v any) any {
		text, _ := v.(string)
		by, id, ok := mapping.ToldBy(text)
		if !ok || by != "ext" || f.Type != string(mapping.AsReference) {
			return v
		}
		conn, err := c.a.dest.byID(ctx, c.integrationID)
		if err != nil {
			return v
		}
		ref := by + ":" + id
		found, err := conn.Resolve(ctx, delivery.ValueOf(f.Key), []string{ref})
		var fail *integration.Failure
		n, known := found[ref]
		switch {
		case known:
			return n.ID
		case err == nil:
			problems = append(problems, c.fault(part, f.Key, fmt.Sprintf("has the %s %q, and this account has no %s with the external id %s",
				part, text, f.Label, id))...)
		case errors.As(err, &fail) && fail.Class == integration.ClassData:
			problems = append(problems, c.fault(part, f.Key, fmt.Sprintf("has the %s %q: %s; %s", part, text, fail.Message, fail.Advice))...)
		default:
			c.a.log.Info("a rule's value is not looked up now", "value", text, "error", err)
		}
		return v
	}
	for _, part := range []string{"value", "default"} {
		if v, ok := c.rule[part]; ok {
			c.rule[part] = byExternal(part, v)
		}
	}
	if m, ok := c.rule["lookup"].(map[string]any); ok {
		for _, k := range slices.Sorted(maps.Keys(m)) {
			m[k] = byExternal("lookup", m[k])
		}
	}
	return problems
}

func (c *ruleCheck) fault(part, to, format string) spec.Problems {
	return spec.Problems{{Key: c.place + "." + part, Label: "Fields", Message: fmt.Sprintf("rule %d (%s) %s", c.n, to, format)}}
}

// values holds the fixed values of a rule to the options of its field.
func (c *ruleCheck) values(ctx context.Context, f integration.Field) spec.Problems {
	lookup, _ := c.rule["lookup"].(map[string]any)
	if c.rule["value"] == nil && c.rule["default"] == nil && len(lookup) == 0 {
		return nil
	}
	options, err := c.a.FieldOptions(ctx, c.integrationID, f.Key, "", mostOptions)
	if err != nil || len(options) == 0 || len(options) >= mostOptions {
		return nil // the account does not tell, or not all
	}
	check := func(part string, v any) (any, spec.Problems) {
		v = c.byName(v, options)
		for _, id := range idsIn(v) {
			if !slices.ContainsFunc(options, func(o integration.Named) bool { return o.ID == id }) {
				return v, c.fault(part, f.Key, fmt.Sprintf("has the %s %q, which is none of the field's values in this account: %s", part, id,
					some(options)))
			}
		}
		return v, nil
	}
	var problems spec.Problems
	for _, part := range []string{"value", "default"} {
		if v := c.rule[part]; v != nil && len(problems) == 0 {
			c.rule[part], problems = check(part, v)
		}
	}
	for _, k := range slices.Sorted(maps.Keys(lookup)) {
		if len(problems) == 0 {
			lookup[k], problems = check("lookup", lookup[k])
		}
	}
	return problems
}

// idsIn are the ids that a value has: several of a field that takes several.
func idsIn(v any) (ids []string) {
	if list, ok := v.([]any); ok {
		for _, x := range list {
			ids = append(ids, strings.TrimSpace(fmt.Sprint(x)))
		}
		return ids
	}
	text := fmt.Sprint(v)
	if _, _, told := mapping.ToldBy(text); told {
		return []string{text}
	}
	for id := range strings.SplitSeq(text, ",") {
		ids = append(ids, strings.TrimSpace(id))
	}
	return ids
}

// byName is the id of a value that is told by its name; one that no option, or
// more than one, is called stays as it is, and is refused.
func (c *ruleCheck) byName(v any, options []integration.Named) any {
	text, _ := v.(string)
	by, name, ok := mapping.ToldBy(text)
	if !ok || by != "name" {
		return v
	}
	var ids []string
	for _, o := range options {
		if strings.EqualFold(o.Name, name) {
			ids = append(ids, o.ID)
		}
	}
	if len(ids) != 1 {
		return v
	}
	return ids[0]
}

// some names the first of what there is to choose.
func some(options []integration.Named) string {
	const few = 5
	var s []string
	for _, o := range options[:min(few, len(options))] {
		s = append(s, strings.TrimSpace(o.ID+" "+o.Name))
	}
	if len(options) > few {
		s = append(s, fmt.Sprintf("and %d more", len(options)-few))
	}
	return strings.Join(s, ", ")
}

// saved is the settings as they are kept: checked, with the types that the account
// tells. What was complete without the account is refused by it all the same.
func (a *App) saved(ctx context.Context, integrationID string, f spec.Form, v spec.Values) (spec.Values, error) {
	v, problems := a.rules(ctx, integrationID, f, v)
	if err := problems.Err(); err != nil {
		return v, err
	}
	sys, err := a.dest.System(f.EntityType, f.Destination)
	if err != nil {
		return v, err
	}
	_, err = sys.Config(integrationID, v)
	return v, err
}
