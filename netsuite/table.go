package netsuite

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"billferry/internal/destination"
	"billferry/internal/integration"
)

// rule is one row of the error table. The first row that matches decides.
type rule struct {
	Status []int    // of the answer; empty: any
	Codes  []string // o:errorCode, or error of the token endpoint
	Says   []string // sentences, in lower case; see says. With Codes, one of the two is enough
	Page   bool     // the answer is a web page, which NetSuite's services never give
	Class  integration.Class
	Cause  string
	Advice string
	// Unknown: a write may have had its effect. It is looked up before it is
	// sent again, or before a refusal is final.
	Unknown bool
	// Lone: what single customers, documents or forms cause, and what has a
	// remedy of its own. It says nothing about the integration, and does not
	// count toward disabling it.
	Lone bool
}

func (r rule) matches(status int, d detail) bool {
	if len(r.Status) > 0 && !slices.Contains(r.Status, status) || r.Page && !d.page {
		return false
	}
	if len(r.Codes) == 0 && len(r.Says) == 0 {
		return true
	}
	return slices.ContainsFunc(r.Codes, func(c string) bool { return strings.EqualFold(c, d.Code) }) || says(d.Text, r.Says)
}

func (r rule) failure(a answer, d detail, write bool) *integration.Failure {
	return &integration.Failure{
		Class: r.Class, Cause: r.Cause, Advice: r.Advice, Message: say(a.status, d),
		Unknown: r.Unknown && write, Lone: r.Lone, Fields: strings.Join(fieldsNamed(d.Text), ", "), After: retryAfter(a),
	}
}

// table turns NetSuite's answers into what is done about them.
// Within each part the special rows come first, since
// one code, USER_ERROR, covers most of what can go wrong.
var table = slices.Concat(passingRules, periodRules, accessRules, customerRules, itemRules, fieldRules, requestRules)

// Causes that the sender itself acts on.
const (
	causeExists     = "already_exists"
	causeAbsent     = "record_not_found"
	causeChanged    = "record_changed"
	causeForbidden  = "permission_missing"
	causeRestricted = "record_restricted"
	causeQuery      = "query_refused"
	causeNoType     = "record_type_missing"
	causeDoubtful   = "login_refused_under_load"
	causeReference  = "reference_unknown"
	causeCustomer   = "customer_refused"
	causeField      = "field_missing"
	causeLocked     = "workflow_lock"
)

// denied tells whether the role may not see what was asked for.
func isDenied(cause string) bool {
	return cause == causeForbidden || cause == causeRestricted || cause == causeNoType
}

const (
	adviceLoad  = "nothing to do: sending goes on more slowly; if it stays so, ask who else uses this NetSuite account's concurrency"
	adviceLater = "nothing to do yet: it is looked up and tried again"
	adviceLogin = "see Setup > Users/Roles > View Login Audit Trail in NetSuite for the reason; check that the role has REST Web " +
		"Services and " +
		"Log in using OAuth 2.0 Access Tokens, and that certificate and integration record are active. Once NetSuite accepts the " +
		"login again the runs " +
		"go on by themselves; connect again only with another key"
	advicePermission = "give the integration's role the permission (docs/NETSUITE.md lists them), then retry"
	advicePeriod     = "open the period in Setup > Accounting > Manage Accounting Periods and retry; or set Posting Period to First open; " +
		"or change the Bill's invoice date in m3ter"
	advicePaid = "leave the invoice as it is and settle the difference with a credit memo or another invoice; or unapply the payment and retry"
	adviceBug  = "NetSuite does not take the form of this request; report it with the run's request and answer"
	adviceIDs  = "check the internal ids in the configuration and the mappings: this one does not exist"
)

// tokenTable does the same for the token endpoint.
var tokenTable = []rule{
	{Codes: []string{"invalid_client"}, Class: integration.ClassAuth, Cause: "token_invalid_client",
		Advice: "check that Key Id is the Certificate ID, that Client Id is not the client secret, and that the private key belongs to the " +
			"uploaded certificate, which is neither expired nor revoked"},
	{Codes: []string{"invalid_grant"}, Class: integration.ClassAuth, Cause: "token_invalid_grant",
		Advice: "check the entity and role of the M2M mapping in NetSuite: the employee is active and has the role; check this machine's clock"},
	{Codes: []string{"invalid_scope"}, Class: integration.ClassAuth, Cause: "token_invalid_scope",
		Advice: "check the scope REST Web Services on the integration record in NetSuite"},
	{Codes: []string{"unauthorized_client"}, Class: integration.ClassAuth, Cause: "token_unauthorized_client",
		Advice: "check that the integration record is enabled and allows the Client Credentials (Machine to Machine) Grant"},
	{Codes: []string{"unsupported_grant_type"}, Class: integration.ClassAuth, Cause: "token_unsupported_grant",
		Advice: "check Client Credentials (Machine to Machine) Grant on the integration record, and the feature OAuth 2.0"},
	{Codes: []string{"invalid_request"}, Class: integration.ClassAuth, Cause: "token_invalid_request",
		Advice: "check this machine's clock, Client Id and Key Id, then try again"},
	{Codes: []string{"CONCURRENCY_LIMIT_EXCEEDED"}, Class: integration.ClassLoad, Cause: "concurrency_limit", Advice: adviceLoad},
	{Status: []int{http.StatusTooManyRequests}, Class: integration.ClassLoad, Cause: "concurrency_limit", Advice: adviceLoad},
	{Codes: []string{"server_error"}, Class: integration.ClassTransient, Cause: "token_server_error",
		Advice: adviceLater + "; if it stays so, the key's algorithm may not be allowed: connect with an EC P-256 key"},
	{Says: maintenance, Class: integration.ClassTransient, Cause: "maintenance", Advice: adviceLater},
	{Status: []int{400, 403, 405, 407}, Page: true, Class: integration.ClassTransient, Cause: "blocked_on_the_way", Advice: adviceBlocked},
	{Status: []int{500, 502, 503, 504}, Class: integration.ClassTransient, Cause: "token_server_error", Advice: adviceLater},
	{Status: []int{400, 401, 403, 404}, Class: integration.ClassAuth, Cause: "token_refused", Advice: adviceLogin},
}

func classifyToken(a answer) *integration.Failure {
	d := parseError(a)[0]
	for _, r := range tokenTable {
		if r.matches(a.status, d) {
			f := r.failure(a, d, false)
			f.Message = "the token endpoint: " + f.Message
			return f
		}
	}
	return unknown(a, d, false)
}

// Meanings implements destination.Explainer: what each row of both tables stands for.
func (Adapter) Meanings() []destination.Meaning {
	var out []destination.Meaning
	for _, r := range causeRows() {
		then := destination.NeedsYou
		switch r.Class {
		case integration.ClassLoad, integration.ClassTransient:
			then = destination.ByItself
		case integration.ClassAuth:
			then = destination.Mends
		}
		out = append(out, destination.Meaning{Cause: r.Cause, Then: then, Answers: answers(r.Cause), Do: r.Advice})
	}
	return out
}

// ErrorTable prints both tables as Markdown, for docs/ERRORS.md: a row a cause.
func ErrorTable() string {
	var b strings.Builder
	b.WriteString("| cause | class | NetSuite's answer |\n|---|---|---|\n")
	for _, r := range causeRows() {
		class := string(r.Class)
		if r.Unknown {
			class += "?"
		}
		if r.Lone {
			class += "*"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", r.Cause, class, answers(r.Cause))
	}
	return b.String()
}

// causeRows are the first rows of each cause.
func causeRows() []rule {
	seen := map[string]bool{}
	return slices.DeleteFunc(slices.Concat(table, tokenTable), func(r rule) bool {
		known := seen[r.Cause]
		seen[r.Cause] = true
		return known
	})
}

// answers tells what leads to a cause: codes and HTTP statuses, or where there is
// neither a sentence.
func answers(cause string) string {
	var out []string
	add := func(s string) {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	sentence := ""
	for _, r := range slices.Concat(table, tokenTable) {
		if r.Cause != cause {
			continue
		}
		for _, c := range r.Codes {
			add(c)
		}
		switch {
		case r.Page:
			add("a web page")
		case len(r.Says) > 0:
			sentence = or(sentence, strconv.Quote(r.Says[0]))
		case len(r.Codes) == 0:
			for _, n := range r.Status {
				add(strconv.Itoa(n))
			}
		}
	}
	return or(strings.Join(out, ", "), sentence)
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
