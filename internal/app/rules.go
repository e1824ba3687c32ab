package app

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

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
	in, err := a.store.Integration(ctx, integrationID)
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
	return c.values(ctx, f)
}

func (c *ruleCheck) fault(part, to, format string) spec.Problems {
	return spec.Problems{{Key: c.place + "." + part, Label: "Fields", Message: fmt.Sprintf("rule %d (%s) %s", c.n, to, format)}}
}

// values holds the fixed values of a rule to the options of its field.
func (c *ruleCheck) values(ctx context.Context, f integration.Field) spec.Problems {
	ids := map[string][]string{}
	add := func(part string, v any) {
		if list, ok := v.([]any); ok {
			for _, x := range list {
				ids[part] = append(ids[part], fmt.Sprint(x))
			}
		} else if v != nil {
			ids[part] = append(ids[part], strings.Split(fmt.Sprint(v), ",")...)
		}
	}
	add("value", c.rule["value"])
	add("default", c.rule["default"])
	if m, ok := c.rule["lookup"].(map[string]any); ok {
		for _, v := range m {
			add("lookup", v)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	options, err := c.a.FieldOptions(ctx, c.integrationID, f.Key, "", mostOptions)
	if err != nil || len(options) == 0 || len(options) >= mostOptions {
		return nil // the account does not tell, or not all
	}
	c.rule["value"] = c.byName(c.rule["value"], options)
	c.rule["default"] = c.byName(c.rule["default"], options)
	if m, ok := c.rule["lookup"].(map[string]any); ok {
		for k := range m {
			m[k] = c.byName(m[k], options)
		}
	}
	maps.DeleteFunc(c.rule, func(_ string, v any) bool { return v == nil })
	for _, part := range []string{"value", "default", "lookup"} {
		for _, id := range ids[part] {
			if id = fmt.Sprint(c.byName(strings.TrimSpace(id), options)); !slices.ContainsFunc(options,
				func(o integration.Named) bool { return o.ID == id }) {
				return c.fault(part, f.Key, fmt.Sprintf("has the %s %q, which is none of the field's values in this account: %s", part, id,
					some(options)))
			}
		}
	}
	return nil
}

// byName is the id of a value that is told by its name; one that no option, or
// more than one, is called stays as it is, and is refused.
func (c *ruleCheck) byName(v any, options []integration.Named) any {
	text, _ := v.(string)
	name, ok := strings.CutPrefix(text, mapping.NamePrefix)
	if !ok {
		return v
	}
	var ids []string
	for _, o := range options {
		if strings.EqualFold(o.Name, strings.TrimSpace(name)) {
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
