package netsuite

import (
	"context"
	"strings"

	"billferry/internal/integration"
	"billferry/internal/pattern"
)

// named finds the labels of fields in NetSuite's words. An account's language
// and forms decide what they are called.
var named = pattern.New(`(?i)(?:enter values? for|value\(s\) for:|mandatory field:|required field(?:\(s\))?:` +
	`|following field:|for element) *(.+)$`)

// fieldsNamed lists the fields that a refusal names, as NetSuite calls them.
func fieldsNamed(text string) (out []string) {
	m := named().FindStringSubmatch(text)
	if m == nil {
		return nil
	}
	list, _, _ := strings.Cut(m[1], ". ")
	list, _, _ = strings.Cut(list, " due to ")
	for f := range strings.SplitSeq(strings.TrimSuffix(list, "."), ",") {
		if f = strings.TrimSpace(f); f != "" {
			out = append(out, clip(f, 80))
		}
	}
	return out
}

// settingsFor tells which setting fills a field that NetSuite's form demands,
// by the usual English label of the field.
var settingsFor = map[string]string{
	"invoice #":       adviceNumber,
	"credit memo #":   adviceNumber,
	"document number": adviceNumber,
	"transaction #":   adviceNumber,
	"number":          adviceNumber,
	"due date":        "turn on Netsuite Send Due Date, then retry",
	"currency":        "empty Base Currency, so that the currency is sent, then retry",
	"po #":            "give the Bill a purchase order number in m3ter, or make the field optional on the form that the role uses",
}

const adviceNumber = "turn on numbering of its own in Setup > Company > Auto-Generated Numbers; or set Document Number to the Bill's " +
	"(it takes Allow Override there), then retry"

// advice makes the advice of a failure fit the document: no word of a mapping
// that is off, and the fields that NetSuite names.
func (s *sending) advice(ctx context.Context, f *integration.Failure) string {
	switch f.Cause {
	case causeCustomer:
		if s.doc.Entity.ID != "" {
			return "check the account's external mapping: it names customer " + s.doc.Entity.ID +
				", which must exist, be active, and be within reach of the role " +
				"and its subsidiary; then retry"
		}
		return "check the NetSuite customer whose External ID is " + s.doc.Entity.ExternalID +
			": it must be active, and within reach of the role and its subsidiary; then retry"
	case causeField:
		var to, labels []string
		for name := range strings.SplitSeq(f.Fields, ", ") {
			if how := settingsFor[strings.ToLower(name)]; how != "" {
				to = append(to, name+": "+how)
			} else if name != "" {
				labels = append(labels, name)
			}
		}
		if len(labels) > 0 {
			to = append(to, s.c.ruleFor(ctx, labels))
		}
		if len(to) > 0 {
			return strings.Join(to, "; ")
		}
	}
	return f.Advice
}

// ruleFor proposes rules for the fields of some labels, by their keys where the
// account's catalogue tells them.
func (c *Client) ruleFor(ctx context.Context, labels []string) string {
	found, err := c.labelled(ctx, labels)
	names := strings.Join(labels, ", ")
	if err != nil || len(found) == 0 {
		return "NetSuite's form demands " + names + ": give each a rule under Fields, or make it optional on the form that the " +
			"role uses; then retry"
	}
	keys := make([]string, len(found))
	for i, f := range found {
		keys[i] = f.Key
	}
	return "NetSuite demands " + names + ": give them rules under Fields (" + strings.Join(keys, ", ") +
		"); saving them sends the Bills again. " +
		"NetSuite does not tell whether it means the header or the lines"
}
