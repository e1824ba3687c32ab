package mapping

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"billferry/internal/spec"
)

// maxPrefix leaves room for a UUID without dashes in 40 characters.
const maxPrefix = 8

// The two keys of Netsuite Item Custom Field Mapping.
const (
	periodStart = "servicePeriodStart"
	periodEnd   = "servicePeriodEnd"
)

// ParseConfig reads the mapping's part of configData. Absent settings take the
// defaults of the settings (README). A setting that cannot be understood is an error,
// spec.Problems: an allow list of the wrong type must not allow everybody.
func ParseConfig(integrationID string, v spec.Values) (Config, error) {
	r := configReader{v: v}
	cfg := Config{
		IntegrationID:        integrationID,
		AccountIDs:           r.list("accountIds"),
		RestrictedAccountIDs: r.list("restrictedAccountIds"),
		OnApproval:           r.flag("onlySendBillOnApproval"),
		AccountFilter:        r.text("accountFilter"),
		UseExternalMapping:   r.flag("useExternalMappingAccountCode"),
		ExcludedTypes:        r.list("excludedLineItemTypes"),
		Split:                Split(r.oneOf("splitUsageLineItems", string(PerProduct), string(PerBand), string(PerAggregation))),
		SendDueDate:          r.flag("netsuiteSendDueDate"),
		CommitmentItem:       r.text("netsuiteCommitmentItemId"),
		MinimumSpendItem:     r.text("netsuiteMinimumSpendId"),
		DefaultItem:          r.text("netsuiteDefaultItemId"),
		ItemByType:           r.dict("netsuiteItemMapping"),
		CustomFields:         r.dict("netsuiteItemCustomFieldMapping"),
		CreditMemos:          r.oneOf("billferry.negativeBills", "HOLD", "CREDIT_MEMO") == "CREDIT_MEMO",
		ExclusiveEnd:         r.oneOf("billferry.servicePeriodEnd", "INCLUSIVE", "EXCLUSIVE") == "EXCLUSIVE",
		StrictItems:          r.flag("billferry.strictItems"),
		ExternalIDPrefix:     r.text("billferry.externalIdPrefix"),
		MergeLines:           r.flag("billferry.mergeLines"),
		BaseCurrency:         strings.ToUpper(r.text("billferry.baseCurrency")),
		NumberOfBill:         r.oneOf("billferry.tranId", "NETSUITE", "BILL") == "BILL",
		FirstOpen:            r.oneOf("billferry.postingPeriod", "BY_DATE", "FIRST_OPEN") == "FIRST_OPEN",
	}
	r.check(cfg)
	if len(r.problems) > 0 {
		return Config{}, r.problems
	}
	return cfg, nil
}

// check finds values of the right type that mean nothing.
func (r *configReader) check(cfg Config) {
	if err := CheckFilter(cfg.AccountFilter); err != nil {
		r.fault("accountFilter", "%v", err)
	}
	for _, t := range cfg.ExcludedTypes {
		if classOf(t) == unknownClass {
			r.fault("excludedLineItemTypes", "there is no line item type %q", t)
		}
	}
	for _, t := range slices.Sorted(maps.Keys(cfg.ItemByType)) {
		if classOf(t) == unknownClass {
			r.fault("netsuiteItemMapping", "there is no line item type %q", t)
		}
	}
	for _, f := range slices.Sorted(maps.Keys(cfg.CustomFields)) {
		if f != periodStart && f != periodEnd {
			r.fault("netsuiteItemCustomFieldMapping", "there is no field %q; use %s or %s", f, periodStart, periodEnd)
		}
	}
	if c := cfg.BaseCurrency; c != "" {
		if _, ok := Exponent(c); !ok {
			r.fault("billferry.baseCurrency", "%q is no ISO 4217 code, such as USD", c)
		}
	}
	if p := cfg.ExternalIDPrefix; len(p) > maxPrefix || !safeID(p) {
		r.fault("billferry.externalIdPrefix", "%q must be at most %d letters, digits, _ or -", p, maxPrefix)
	}
}

// configReader reads settings and collects what is wrong with them.
type configReader struct {
	v        spec.Values
	problems spec.Problems
}

func (r *configReader) fault(key, format string, args ...any) {
	r.problems = append(r.problems, spec.Problem{Key: key, Label: key, Message: fmt.Sprintf(format, args...)})
}

func (r *configReader) text(key string) string {
	s, ok := r.v.Get(key).(string)
	if !ok && r.v.Get(key) != nil {
		r.fault(key, "must be a string")
	}
	return strings.TrimSpace(s)
}

func (r *configReader) flag(key string) bool {
	b, ok := r.v.Get(key).(bool)
	if !ok && r.v.Get(key) != nil {
		r.fault(key, "must be true or false")
	}
	return b
}

func (r *configReader) list(key string) []string {
	s := r.v.Strings(key)
	if s == nil && r.v.Get(key) != nil {
		r.fault(key, "must be a list of strings")
	}
	return s
}

func (r *configReader) dict(key string) map[string]string {
	m := r.v.Map(key)
	if m == nil && r.v.Get(key) != nil {
		r.fault(key, "must be an object of strings")
	}
	return m
}

// oneOf reads a choice; the first is the default.
func (r *configReader) oneOf(key string, choices ...string) string {
	s := r.text(key)
	if s == "" {
		return choices[0]
	}
	if !slices.Contains(choices, s) {
		r.fault(key, "%q is not known; use one of %s", s, strings.Join(choices, ", "))
	}
	return s
}

// safeID tells whether s can stand in a NetSuite external id and its URL.
func safeID(s string) bool {
	for _, c := range []byte(s) {
		ok := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-'
		if !ok {
			return false
		}
	}
	return true
}
