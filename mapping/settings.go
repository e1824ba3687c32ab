package mapping

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"billferry/internal/spec"
)

// maxPrefix leaves room for a UUID without dashes in 40 characters.
const maxPrefix = 8

// The days of service: keys of a map to the fields of a line that take them, and
// sources of rules. They depend on the Bill's time zone and on settings.
const (
	periodStart = "servicePeriodStart"
	periodEnd   = "servicePeriodEnd"
)

// Settings reads configData. A value that cannot be understood is a fault, and
// not its default: an allow list of the wrong type must not allow everybody.
type Settings struct {
	v        spec.Values
	problems spec.Problems
}

// ReadSettings begins to read configData.
func ReadSettings(v spec.Values) *Settings { return &Settings{v: v} }

// Err tells what was wrong with all that was read: a spec.Problems, or nil.
func (r *Settings) Err() error {
	if len(r.problems) == 0 {
		return nil
	}
	return r.problems
}

// Config reads the settings that every destination has; an adapter adds its own
// to them, and its Terms. Those that are absent take their defaults (README).
func (r *Settings) Config(integrationID string) Config {
	cfg := Config{
		IntegrationID:        integrationID,
		AccountIDs:           r.list("accountIds"),
		RestrictedAccountIDs: r.list("restrictedAccountIds"),
		OnApproval:           r.Flag("onlySendBillOnApproval"),
		AccountFilter:        r.Text("accountFilter"),
		UseExternalMapping:   r.Flag("useExternalMappingAccountCode"),
		ExcludedTypes:        r.list("excludedLineItemTypes"),
		Split:                Split(r.OneOf("splitUsageLineItems", string(PerProduct), string(PerBand), string(PerAggregation))),
		CreditMemos:          r.OneOf("billferry.negativeBills", "HOLD", "CREDIT_MEMO") == "CREDIT_MEMO",
		ExclusiveEnd:         r.OneOf("billferry.servicePeriodEnd", "INCLUSIVE", "EXCLUSIVE") == "EXCLUSIVE",
		StrictItems:          r.Flag("billferry.strictItems"),
		ExternalIDPrefix:     r.Text("billferry.externalIdPrefix"),
		MergeLines:           r.Flag("billferry.mergeLines"),
		BaseCurrency:         strings.ToUpper(r.Text("billferry.baseCurrency")),
		FirstOpen:            r.OneOf("billferry.postingPeriod", "BY_DATE", "FIRST_OPEN") == "FIRST_OPEN",

		CustomerBy:    CustomerBy(r.OneOf("billferry.customerBy", string(ByExternalID), string(ByEntityID), string(ByCustomField))),
		CustomerField: strings.TrimPrefix(r.Text("billferry.customerField"), customFieldsPath),
		Ignore:        r.list("billferry.proof.ignore"),
		NeedDate:      r.OneOf("billferry.invoiceDate", "EXTERNAL_ELSE_BILL_DATE", "REQUIRE_EXTERNAL") == "REQUIRE_EXTERNAL",
		SendFrom:      r.Text("billferry.sendFrom"),
		TypeFirst:     r.OneOf("billferry.prepaymentItems", "PRODUCT_FIRST", "TYPE_FIRST") == "TYPE_FIRST",
		SkipZero:      r.OneOf("billferry.zeroBills", "SEND", "SKIP") == "SKIP",

		Amend: Amending{
			Delta:       r.OneOf("billferry.whenFinal", "HOLD", "DELTA") == "DELTA",
			IssuedFinal: r.OneOf("billferry.whenIssued", "UPDATE", "AS_FINAL") == "AS_FINAL",
			Revenue:     r.Flag("billferry.revenueManagement"),
			Apply:       r.OneOf("billferry.amendmentApply", "NONE", "ORIGINAL") == "ORIGINAL",
			OldRate:     r.OneOf("billferry.amendmentExchangeRate", "DATE", "ORIGINAL") == "ORIGINAL",
		},
	}
	r.check(cfg)
	return cfg
}

// check finds values of the right type that mean nothing.
func (r *Settings) check(cfg Config) {
	if err := CheckFilter(cfg.AccountFilter); err != nil {
		r.fault("accountFilter", "%v", err)
	}
	for _, t := range cfg.ExcludedTypes {
		if classOf(t) == unknownClass {
			r.fault("excludedLineItemTypes", "there is no line item type %q", t)
		}
	}
	if c := cfg.BaseCurrency; c != "" {
		if _, ok := Exponent(c); !ok {
			r.fault("billferry.baseCurrency", "%q is no ISO 4217 code, such as USD", c)
		}
	}
	switch {
	case cfg.UseExternalMapping && cfg.CustomerBy != ByExternalID:
		r.fault("billferry.customerBy", "is %s while Use External Mapping Account Code is on, which finds the customer; set one of the two",
			cfg.CustomerBy)
	case cfg.CustomerBy == ByCustomField && cfg.CustomerField == "":
		r.fault("billferry.customerField",
			"is empty, and Customer By is CUSTOM_FIELD; name the account's custom field that holds the customer's internal id")
	}
	if _, err := time.Parse(time.DateOnly, cfg.SendFrom); err != nil && cfg.SendFrom != "" {
		r.fault("billferry.sendFrom", "%q is no date (YYYY-MM-DD)", cfg.SendFrom)
	}
	r.Check("billferry.externalIdPrefix", CheckPrefix(cfg.ExternalIDPrefix))
}

// CheckPrefix says why a text is no External Id Prefix; "" is one. Documents are looked
// for by how their external ids begin, in whatever case, so that none may begin as those
// of integrations without a prefix do.
func CheckPrefix(p string) error {
	if len(p) > maxPrefix || !safeID(p) {
		return fmt.Errorf("%q cannot be a prefix; use at most %d letters, digits, _ or -", p, maxPrefix)
	}
	for _, own := range ownPrefixes {
		if n := min(len(p), len(own)); n > 0 && strings.EqualFold(p[:n], own[:n]) {
			return fmt.Errorf("%q cannot be told from %s, with which the ids of integrations without a prefix begin; use another beginning", p, own)
		}
	}
	return nil
}

func (r *Settings) fault(key, format string, args ...any) {
	r.problems = append(r.problems, spec.Problem{Key: key, Label: key, Message: fmt.Sprintf(format, args...)})
}

// Check notes a fault that an adapter found at a key; nil is none.
func (r *Settings) Check(key string, err error) {
	if err != nil {
		r.fault(key, "%v", err)
	}
}

// Text reads a text, without the blanks around it.
func (r *Settings) Text(key string) string {
	s, ok := r.v.Get(key).(string)
	if !ok && r.v.Get(key) != nil {
		r.fault(key, "must be a string")
	}
	return strings.TrimSpace(s)
}

// Flag reads a setting that is on or off.
func (r *Settings) Flag(key string) bool {
	b, ok := r.v.Get(key).(bool)
	if !ok && r.v.Get(key) != nil {
		r.fault(key, "must be true or false")
	}
	return b
}

func (r *Settings) list(key string) []string {
	s := r.v.Strings(key)
	if s == nil && r.v.Get(key) != nil {
		r.fault(key, "must be a list of strings")
	}
	return s
}

func (r *Settings) dict(key string) map[string]string {
	m := r.v.Map(key)
	if m == nil && r.v.Get(key) != nil {
		r.fault(key, "must be an object of strings")
	}
	return m
}

// OneOf reads a choice; the first is the default.
func (r *Settings) OneOf(key string, choices ...string) string {
	s := r.Text(key)
	if s == "" {
		return choices[0]
	}
	if !slices.Contains(choices, s) {
		r.fault(key, "%q is not known; use one of %s", s, strings.Join(choices, ", "))
	}
	return s
}

// Rules reads the rules that fill fields of the destination.
func (r *Settings) Rules(key string, targets Targets) Rules {
	rules, problems := ParseRules(key, r.v.Get(key), targets)
	r.problems = append(r.problems, problems...)
	return rules
}

// ItemByType reads an item for each line item type.
func (r *Settings) ItemByType(key string) map[string]string {
	m := r.dict(key)
	for _, t := range slices.Sorted(maps.Keys(m)) {
		if classOf(t) == unknownClass {
			r.fault(key, "there is no line item type %q", t)
		}
	}
	return m
}

// PeriodFields reads the fields of a line for the days of service.
func (r *Settings) PeriodFields(key string) map[string]string {
	m := r.dict(key)
	for _, f := range slices.Sorted(maps.Keys(m)) {
		if f != periodStart && f != periodEnd {
			r.fault(key, "there is no field %q; use %s or %s", f, periodStart, periodEnd)
		}
	}
	return m
}

// safeID tells whether s can stand in an external id and in a URL.
func safeID(s string) bool {
	for _, c := range []byte(s) {
		ok := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-'
		if !ok {
			return false
		}
	}
	return true
}
