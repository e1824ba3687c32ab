package run

import (
	"cmp"
	"iter"
	"maps"

	"billferry/internal/integration"
	"billferry/internal/spec"
)

// deed is what a key can do about a run.
type deed int

const (
	nothing deed = iota
	mapAccount
	openMappings
	openSetting
	openIntegration
	openPlans
	connect
	test
	create
	openBill
	fillFields
	tryAgain
	mendFirst
	markSent
	skip
	release
	copyAccount
	copyBill
	copyRecord
	makeAgain
	copyReport
	copyCommand
)

// keyTexts names the key and what it does.
var keyTexts = map[deed]string{
	mapAccount:      "enter maps this account",
	openMappings:    "enter opens the mappings",
	openSetting:     "enter opens the setting",
	openIntegration: "enter opens the integration",
	openPlans:       "enter opens the plans",
	connect:         "enter connects it",
	test:            "enter tests the connection",
	create:          "enter makes an integration",
	openBill:        "enter shows every run of the Bill",
	fillFields:      "enter fills the fields …",
	tryAgain:        "enter retries",
	mendFirst:       "enter explains",
	markSent:        "enter marks it as sent …",
	skip:            "enter skips it …",
	release:         "enter releases it",
	copyAccount:     "enter copies the account's id",
	copyBill:        "enter copies the Bill's id",
	copyRecord:      "enter copies the record's address",
	makeAgain:       "enter says what to do …",
	copyReport:      "enter copies a report",
	copyCommand:     "enter copies the command",
}

// remedy is what is done about the runs of a cause.
type remedy struct {
	do      deed
	setting string // that openSetting begins at
	why     string // why there is nothing to do
}

func (m remedy) keyText() string { return keyTexts[m.do] }

// at opens a setting of the integration.
func at(setting string) remedy { return remedy{do: openSetting, setting: setting} }

// The reasons why there is nothing to press.
var (
	waits = remedy{why: "it waits, and is tried again by itself"}
	// toPlan and ofPlan are about plans of what is sent.
	toPlan = remedy{do: openPlans}
	ofPlan = remedy{why: "it is of a plan, and of no run"}

	done = remedy{why: "it is done, as a person wanted it"}
)

// remedies is what enter does, by cause. Most refusals are mended in the
// destination, and what is left to do here is to try again once that is done; the settings that only
// one destination has are in its form (spec.Form.Mends).
var remedies = map[string]remedy{
	"account_filter":             at("accountFilter"),
	"account_mapping_missing":    {do: mapAccount},
	"account_missing":            {do: copyBill},
	"account_not_listed":         at("accountIds"),
	"account_restricted":         at("restrictedAccountIds"),
	"account_unknown":            at("accountFilter"),
	"all_excluded":               at("excludedLineItemTypes"),
	"already_exists":             {do: mendFirst},
	"amendment_follows":          waits,
	"amendment_held":             {do: markSent},
	"amendment_outdated":         waits,
	"amendment_proposed":         {why: "it is posted once the Bill is approved in m3ter"},
	"amendment_unread":           {do: mendFirst},
	"amount_missing":             {do: copyBill},
	"amount_too_long":            {do: markSent},
	"answer_unreadable":          waits,
	"approval_refused":           {do: mendFirst},
	"before_send_from":           at("billferry.sendFrom"),
	"bill_unreadable":            {do: copyBill},
	"blocked_on_the_way":         waits,
	"cancelled":                  waits,
	"changed_since":              {do: copyRecord},
	"clock_skew":                 {do: connect},
	"concurrency_limit":          waits,
	"configuration_invalid":      at("name"),
	"content_refused":            {do: mendFirst},
	"credit_hold":                {do: mendFirst},
	"currencies_hidden":          {do: mendFirst},
	"currencies_off":             at("billferry.baseCurrency"),
	"currency_fixed":             {do: mendFirst},
	"currency_missing":           {do: mendFirst},
	"currency_not_base":          at("billferry.baseCurrency"),
	"currency_refused":           {do: mendFirst},
	"currency_unknown":           {do: copyBill},
	"customer_missing":           at("billferry.customerBy"),
	"customer_refused":           {do: mendFirst}, // or its mapping: see Screen.remedy
	"date_refused":               {do: copyBill},
	"date_unreadable":            {do: copyBill},
	"deleted_since":              {do: makeAgain},
	"deferral_account_missing":   {do: mendFirst},
	"destination_unknown":        {do: openIntegration},
	"discount_too_large":         {do: copyBill},
	"documents_many":             {do: mendFirst},
	"drift":                      {do: copyRecord},
	"earlier_unproven":           waits,
	"earlier_version_left":       {do: skip},
	"exchange_rate_missing":      {do: mendFirst},
	"external_id_taken":          {do: mendFirst},
	"feature_disabled":           {do: mendFirst},
	"field_missing":              {do: fillFields},
	"field_not_writable":         {do: mendFirst},
	"field_refused":              {do: mendFirst},
	"field_source_missing":       at("billferry.fields"),
	"field_value_refused":        at("billferry.fields"),
	"field_value_unknown":        at("billferry.fields"),
	"form_missing":               {do: mendFirst},
	"gateway_error":              waits,
	"header_refused":             {do: copyReport},
	"held_by_hand":               {do: release},
	"idempotency_conflict":       waits,
	"integration_deleted":        {do: create},
	"integration_disabled":       {do: openIntegration},
	"internal":                   waits,
	"internal_error":             {do: copyReport},
	"interrupted":                waits,
	"invoice_date_missing":       at("billferry.invoiceDate"),
	"invoice_paid":               {do: markSent},
	"item_account_missing":       {do: mendFirst},
	"key_unusable":               {do: connect},
	"line_type_unknown":          {do: markSent},
	"location_missing":           {do: mendFirst},
	"login_refused":              {do: test},
	"look_first":                 waits,
	"login_refused_under_load":   waits,
	"made_beside":                {do: copyRecord},
	"made_by_hand":               {do: markSent},
	"maintenance":                waits,
	"marked_sent":                done,
	"negative_total":             at("billferry.negativeBills"),
	"newer_version":              {do: openBill},
	"nexus_missing":              {do: mendFirst},
	"no_answer":                  waits,
	"no_lines":                   {why: "the Bill has nothing to send"},
	"not_approved":               {why: "the Bill comes again when it is approved"},
	"not_balanced":               {do: copyReport},
	"not_connected":              {do: connect},
	"not_found":                  {do: connect},
	"number_missing":             at("billferry.tranId"),
	"number_out_of_range":        {do: markSent},
	"other_kind_exists":          {do: mendFirst},
	"period_closed":              {do: mendFirst},
	"plan_approver_gone":         ofPlan,
	"plan_differs":               toPlan,
	"plan_empty":                 ofPlan,
	"plan_expired":               ofPlan,
	"plan_not_approved":          ofPlan,
	"plan_over":                  ofPlan,
	"plan_same_person":           ofPlan,
	"plan_settings_changed":      ofPlan,
	"plan_tampered":              ofPlan,
	"plan_under_way":             ofPlan,
	"waits_for_plan":             toPlan,
	"period_unknown":             {why: "it is of a reconciliation, and of no run"},
	"population_refused":         {why: "it is of a reconciliation, and of no run"},
	"reconcile_impossible":       {why: "it is of a reconciliation, and of no run"},
	"signing_key_lost":           {why: "it is of evidence, and of no run"},
	"period_date_mismatch":       at("billferry.postingPeriod"),
	"permission_missing":         {do: mendFirst},
	"prepayment_item_shared":     at("billferry.prepaymentItems"),
	"query_refused":              {do: mendFirst},
	"read_back_missing":          waits,
	"record_changed":             waits,
	"record_gone":                waits,
	"record_in_use":              {do: mendFirst},
	"record_restricted":          {do: mendFirst},
	"record_type_missing":        {do: mendFirst},
	"record_voided":              {do: mendFirst},
	"reference_ambiguous":        {do: openMappings},
	"reference_refused":          {do: mendFirst},
	"reference_unknown":          {do: copyAccount},
	"request_malformed":          {do: copyReport},
	"retried":                    {do: openBill},
	"revenue_dates_reversed":     at("billferry.servicePeriodEnd"),
	"revenue_periods_missing":    {do: mendFirst},
	"revenue_recognized":         {do: markSent},
	"saved_with_error":           waits,
	"script_time_limit":          waits,
	"script_usage_limit":         {do: mendFirst},
	"server_error":               waits,
	"service_period_unreadable":  {do: copyBill},
	"skipped_by_hand":            done,
	"source_busy":                waits,
	"source_credentials_refused": {do: copyCommand},
	"source_down":                waits,
	"source_garbled":             waits,
	"source_not_connected":       {do: copyCommand},
	"source_not_found":           {do: copyBill},
	"source_refused":             waits,
	"source_refused_request":     {do: copyReport},
	"source_too_large":           {do: copyReport},
	"source_unreachable":         waits,
	"source_url_invalid":         {do: copyCommand},
	"subsidiary_mismatch":        {do: mendFirst},
	"sum_mismatch":               {do: copyReport},
	"tax_code_refused":           {do: mendFirst},
	"tax_period_missing":         {do: mendFirst},
	"text_too_long":              {do: copyBill},
	"timeout":                    waits,
	"timezone_unknown":           {do: copyBill},
	"token_answer_unreadable":    waits,
	"token_invalid_client":       {do: connect},
	"token_invalid_grant":        {do: test},
	"token_invalid_request":      {do: connect},
	"token_invalid_scope":        {do: test},
	"token_refused":              {do: test},
	"token_server_error":         waits,
	"token_unauthorized_client":  {do: test},
	"token_unsupported_grant":    {do: test},
	"too_many_lines":             at("billferry.mergeLines"),
	"total_mismatch":             {do: copyBill},
	"unexpected_error":           waits,
	"update_unproven":            waits,
	"value_refused":              {do: mendFirst},
	"voided_since":               {do: copyRecord},
	"workflow_lock":              waits,
	"zero_bill":                  at("billferry.zeroBills"),
}

// Remedy is what enter does about the runs of a cause.
type Remedy struct {
	Does    string // in the words of the screen; "" when there is nothing to do
	Setting string // key of the setting that it opens, if it opens one
	Why     string // why there is nothing to do
}

// Remedies lists, by cause, what enter does about runs into a destination.
func Remedies(f spec.Form) map[string]Remedy {
	out := map[string]Remedy{}
	for _, causes := range []iter.Seq[string]{maps.Keys(remedies), maps.Keys(f.Mends)} {
		for cause := range causes {
			m, _ := remedyFor(f, cause)
			out[cause] = Remedy{m.keyText(), m.setting, m.why}
		}
	}
	return out
}

// remedyFor is that of a cause in a destination. A setting that it has not cannot
// be opened.
func remedyFor(f spec.Form, cause string) (remedy, bool) {
	if key, ok := f.Mends[cause]; ok {
		return at(key), true
	}
	m, known := remedies[cause]
	if _, has := f.Field(m.setting); m.do == openSetting && !has {
		return remedy{do: openIntegration}, true
	}
	return m, known
}

// remedyOf tells what the advice for a run comes down to.
func remedyOf(f spec.Form, r integration.Run) remedy {
	m, known := remedyFor(f, r.Cause)
	concerns := r.Status.Failed() ||
		m.do == release && r.HeldByHand() || m.do == openPlans && r.WaitsForPlan() || m.do == openBill && r.Outcome == integration.Superseded ||
		m.do == copyRecord && r.URL != "" || m.do == makeAgain || m.do == openSetting && r.Outcome == integration.Skipped
	switch {
	case r.Proof == integration.Accepted:
		return remedy{} // a person knows it
	case r.Status == integration.Disabled:
		return remedy{do: openIntegration}
	case !concerns:
		return remedy{}
	case r.Status == integration.AuthFailed && !known:
		return remedy{do: connect}
	case !known && r.Advice != "" && r.Status != integration.TimeoutExceeded:
		return remedy{do: mendFirst}
	case r.Status == integration.TimeoutExceeded, !known, m.do == nothing, m.do == copyRecord && r.URL == "":
		return remedy{do: tryAgain}
	}
	return m
}

// remedy is that of the run in view. A customer that the destination
// refuses is one for its mapping, if the document names it by that.
func (s *Screen) remedy() remedy {
	if d := s.run.Document; s.run.Cause == "customer_refused" && s.run.Status.Failed() && d != nil && d.Entity.ID != "" {
		return remedy{do: mapAccount}
	}
	f, _ := s.env.Service.Catalog().Form(s.run.EntityType, s.run.Destination)
	return remedyOf(f, s.run.Run)
}

// advice is one sentence on what to do; "" when there is nothing to do.
func (s *Screen) advice() string {
	said := "Read the Response tab, mend what it names, then retry."
	switch do := s.remedy().do; {
	case do == nothing:
		said = ""
	case do == openBill:
		said = "Look at the run that took its place."
	case s.run.Outcome == integration.Skipped:
		said = "If the Bill was to be sent, change the setting that left it out, then retry."
	}
	return cmp.Or(s.run.Advice, said)
}

// notRetryable says why a retry would do nothing; "" when it would.
func (s *Screen) notRetryable() string {
	r := s.run
	switch {
	case !s.loaded:
		return "the run is not read yet"
	case !r.Status.Settled():
		return "this run is still under way"
	case !r.Retries():
		return "this run is complete"
	}
	return ""
}
