package accessible

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"billferry/internal/spec"
	"billferry/mapping"
	"billferry/ui/create"
	"billferry/ui/load"
	"billferry/ui/picker"
	"billferry/ui/rule"
	"billferry/ui/widget"
)

// rules has the rules of a setting read out, and added, changed, moved and taken out one
// by one. They are given back once every one of them is good.
func (s *session) rules(ctx context.Context, x spec.Field, now any) (any, error) {
	s.say("%s", rule.Order)
	rules, named := rule.List(now), map[string]map[string]string{}
	const add, change, move, drop, asJSON = "Add a rule", "Change a rule", "Move a rule", "Delete a rule", "Type all of them as JSON"
	for {
		words := s.ruleWords(ctx, rules, named)
		s.say("%s.", widget.Many(len(rules), "rule"))
		for _, w := range words {
			s.say("%s.", w)
		}
		acts := []string{"Go on", add}
		if len(rules) > 0 {
			acts = append(acts, change, drop)
		}
		if len(rules) > 1 {
			acts = append(acts, move)
		}
		i, err := s.choose(ctx, "What with the rules?", append(acts, asJSON), 0)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			bad := x.Validate(rule.Value(rules))
			if bad == nil {
				return rule.Value(rules), nil
			}
			s.say("Error: %s: %v", x.Label, bad)
			continue
		}
		next := rule.List(rule.Value(rules)) // back leaves them as they are
		switch append(acts, asJSON)[i] {
		case add:
			next = append(next, rule.Rule{})
			err = s.parts(ctx, x, next, len(rules))
		case change:
			if i, err = s.choose(ctx, "Which rule?", words, 0); err == nil {
				err = s.parts(ctx, x, next, i)
			}
		case move:
			next, err = s.moveRule(ctx, next, words)
		case drop:
			if i, err = s.choose(ctx, "Which rule?", words, 0); err == nil {
				next = slices.Delete(next, i, i+1)
			}
		case asJSON:
			next, err = s.ruleJSON(ctx, x, next)
		}
		switch {
		case err == nil:
			rules = next
		case !errors.Is(err, errBack):
			return nil, err
		}
	}
}

// ruleWords are rules in a line each, with what the account calls the values that are
// known by ids. named keeps that by the field, so that each field is asked for once.
func (s *session) ruleWords(ctx context.Context, rules []rule.Rule, named map[string]map[string]string) []string {
	ctx, cancel := load.Bound(ctx)
	defer cancel()
	out := make([]string, len(rules))
	for i, r := range rules {
		to := rule.Text(r, rule.To)
		if _, asked := named[to]; !asked && s.of != "" && len(rule.Fixed(r)) > 0 {
			named[to] = create.ValueNames(ctx, s.svc, s.of, to)
		}
		out[i] = fmt.Sprintf("Rule %d %s", i+1, rule.Words(r, named[to]))
	}
	return out
}

// moveRule asks which rule goes behind which.
func (s *session) moveRule(ctx context.Context, rules []rule.Rule, words []string) ([]rule.Rule, error) {
	from, err := s.choose(ctx, "Which rule?", words, 0)
	if err != nil {
		return nil, err
	}
	places := []string{"To the beginning"}
	for i, w := range words {
		if i != from {
			places = append(places, "Behind: "+w)
		}
	}
	to, err := s.choose(ctx, "Where to?", places, 0)
	if err != nil {
		return nil, err
	}
	r := rules[from]
	return slices.Insert(slices.Delete(rules, from, from+1), to, r), nil
}

// ruleJSON asks for rules as they stand in a file, on one line.
func (s *session) ruleJSON(ctx context.Context, x spec.Field, rules []rule.Rule) ([]rule.Rule, error) {
	before, err := json.Marshal(rules)
	if err != nil {
		return nil, err
	}
	for {
		text, err := s.ask(ctx, x.Label+`, as JSON such as [{"to": "department", "value": "5"}]`, string(before))
		if err != nil || text == "" {
			return nil, err
		}
		var raw json.RawMessage
		v := spec.Values{}
		if err = json.Unmarshal([]byte(text), &raw); err == nil {
			if err = v.UnmarshalJSON([]byte(`{"v":` + string(raw) + "}")); err == nil { // which keeps the digits of numbers
				err = x.Validate(v.Get("v"))
			}
		}
		if err == nil {
			return rule.List(v.Get("v")), nil
		}
		s.say("Error: %s: %v", x.Label, err)
	}
}

// parts asks for the parts of a rule that it may have, then for what is wrong with the
// whole. That may be of another rule, so that this one can stay until that is mended.
func (s *session) parts(ctx context.Context, x spec.Field, rules []rule.Rule, n int) error {
	r := rules[n]
	for _, part := range []string{rule.To, rule.As, rule.With, rule.Lookup, rule.Else, rule.Only} {
		fixed := r["value"] != nil && (part == rule.Lookup || part == rule.Else)
		if rule.Text(r, part) == "" && (fixed || part == rule.As && !rule.Custom(r)) {
			continue
		}
		if err := s.part(ctx, x, rules, n, part); err != nil {
			return err
		}
	}
	for {
		part, bad := ruleFault(x, rules, n, "")
		if bad == "" {
			return nil
		}
		s.say("Error: %s", bad)
		i, err := s.choose(ctx, "What now?", []string{"Answer again: " + rule.Label(part), "Leave it so for now"}, 0)
		if err != nil || i == 1 {
			return err
		}
		if err := s.part(ctx, x, rules, n, part); err != nil {
			return err
		}
	}
}

// ruleFault is the first fault of a rule, and the part that it is of; only limits it to one.
func ruleFault(x spec.Field, rules []rule.Rule, n int, only string) (part, text string) {
	err := x.Validate(rule.Value(rules))
	var problems spec.Problems
	if err != nil && !errors.As(err, &problems) {
		return rule.With, err.Error()
	}
	for _, p := range problems {
		if at, part, ok := rule.Place(p.Key); ok && at == n && !p.Warning && (only == "" || only == part) {
			return part, p.Message
		}
	}
	return "", ""
}

// partFault is what is wrong with a part of a rule, whatever the other rules are.
func partFault(x spec.Field, rules []rule.Rule, n int, part string) string {
	if _, bad := ruleFault(x, rules[n:n+1], 0, part); bad == "" {
		return ""
	}
	_, bad := ruleFault(x, rules, n, part)
	return bad
}

var partQuestions = map[string]string{rule.To: "Which field does it fill", rule.With: "With what", rule.Lookup: "What stands for what",
	rule.Else: "And otherwise", rule.Only: "Only for"}

// part asks for a part of a rule until the answer is good. Where the account or m3ter
// has names, words find what has them.
func (s *session) part(ctx context.Context, x spec.Field, rules []rule.Rule, n int, part string) error {
	r := rules[n]
	s.say("%s", rule.Help(part))
	if part == rule.As {
		return s.shape(ctx, r)
	}
	label := partQuestions[part]
	if s.looksUp(part) {
		label += ", ? with words finds it by name"
	}
	if part == rule.Only && strings.HasPrefix(rule.Text(r, rule.To), "line.") {
		s.say("The types: %s.", optionValues(mapping.LineTypes()))
	}
	for before := maps.Clone(r); ; {
		clear(r)
		maps.Copy(r, before) // no wrong answer is what enter keeps
		text, err := s.ask(ctx, label, rule.Text(r, part))
		if err != nil {
			return err
		}
		query, asked := strings.CutPrefix(text, "?")
		if !asked {
			rule.Put(r, part, text)
		}
		if s.looksUp(part) && (asked || worded(part, text) || text != "" && partFault(x, rules, n, part) != "") {
			id, err := s.offer(ctx, r, part, strings.TrimSpace(query), asked)
			switch {
			case errors.Is(err, errNoField):
				if !asked {
					s.say("Error: %v: %s", err, text)
				}
				continue
			case err != nil:
				return err
			case id != "":
				rule.Put(r, part, id)
			case asked:
				continue
			}
		}
		bad := partFault(x, rules, n, part)
		if bad == "" {
			return nil
		}
		s.say("Error: %s", bad)
	}
}

// worded tells what may be a name of something, not the thing itself: any field, and what
// is neither a source nor marked as a value.
func worded(part, text string) bool {
	return text != "" && (part == rule.To || text != "LEAVE_OUT" && !strings.HasPrefix(text, "=") && rule.Source(text) == "value")
}

// looksUp tells the parts that are found by name: fields only where the account is asked.
func (s *session) looksUp(part string) bool {
	return part == rule.To && s.of != "" || rule.Filling(part)
}

// errNoField refuses what the account, which was asked, has no such field of.
var errNoField = errors.New("this account has no such field that a rule may fill")

// offer lets one of what is found for a part be chosen; "" is none of it. What is typed
// just as it is called needs no question, unless it was asked for.
func (s *session) offer(ctx context.Context, r rule.Rule, part, query string, asked bool) (string, error) {
	var found []picker.Choice
	var err error
	none := error(nil) // of what is typed as it stands
	if part == rule.To {
		if found, err = create.Targets(ctx, s.svc, s.of, query, create.MostNamed); err == nil {
			none = errNoField
		}
	} else {
		found, err = create.Fillings(ctx, s.svc, s.of, rule.Text(r, rule.To), query, pageOf)
	}
	if err != nil {
		s.fault(err)
	}
	if !asked {
		if i := slices.IndexFunc(found, func(c picker.Choice) bool { return strings.EqualFold(c.ID, query) }); i >= 0 {
			return found[i].ID, nil
		}
	}
	if len(found) == 0 {
		if asked {
			s.say("Nothing is found for %q.", query)
		}
		return "", none
	}
	found = found[:s.few(len(found))]
	options := make([]string, len(found), len(found)+1)
	for i, c := range found {
		options[i] = strings.TrimSuffix(c.Name+", "+c.ID+", "+c.Note, ", ")
	}
	i, err := s.choose(ctx, "Which of these?", append(options, "None of them"), 0)
	if err != nil {
		return "", err
	}
	if i == len(found) {
		return "", none
	}
	id := found[i].ID
	if strings.HasSuffix(id, ".") { // a family of sources
		name, err := s.must(ctx, "Its name, after "+id, "")
		return id + name, err
	}
	return id, nil
}

// shape asks for the type of a field that the account defines.
func (s *session) shape(ctx context.Context, r rule.Rule) error {
	options := []string{"As the account says"}
	for _, x := range mapping.Shapes() {
		options = append(options, string(x))
	}
	i, err := s.choose(ctx, "Its type", options, max(0, slices.Index(options, rule.Text(r, rule.As))))
	if err != nil {
		return err
	}
	if i == 0 {
		options[i] = ""
	}
	rule.Put(r, rule.As, options[i])
	return nil
}
