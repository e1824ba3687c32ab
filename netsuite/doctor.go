package netsuite

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	json "github.com/go-json-experiment/json"

	"billferry/internal/delivery"
	"billferry/internal/destination"
	"billferry/internal/integration"
	"billferry/internal/spec"
	"billferry/mapping"
)

// doctor looks at an account for what a configuration needs of it. What several
// lines need is asked for once.
type doctor struct {
	c      *Client
	n      destination.Needs
	filled map[string]bool // the fields that rules and settings fill
	skew   string
	role   string
	levels map[string]level // of the role's permissions; nil: not known
	fields []documentField
	form   *newForm
	opened bool // form was asked for
	usage  *usage
	over   *recognised
}

// todo is the error of a probe that found something a person has to do.
type todo struct{ detail, remedy string }

func (t *todo) Error() string { return t.detail }

// Check implements destination.Conn.
func (c *Client) Check(ctx context.Context, n destination.Needs, step func(destination.Step)) error {
	d := &doctor{c: c, n: n, filled: filledFields(n.Values)}
	probes := []probe{
		{name: "Access token", needed: true, run: d.token},
		{name: "REST record service", needed: true, run: d.service},
		{name: "Permissions", run: d.permissions},
		{name: "SuiteQL", run: c.probeSuiteQL},
		{name: "Read-back", run: c.probeReadBack(n.Values)},
		{name: "Clock", run: d.clock},
		{name: "Certificate", run: d.certificate},
		{name: "Concurrency", run: d.concurrency},
		{name: "Currencies", run: d.currencies},
		{name: "Customers", run: d.customers},
		{name: "Items", run: d.items},
		{name: "Invoices", run: d.documents("invoice", permitInvoice)},
	}
	if n.Values.Text(keyNegative) == creditMemos {
		probes = append(probes, probe{name: "Credit memos", run: d.documents("creditMemo", permitCreditMemo)})
	}
	return walk(ctx, append(probes,
		probe{name: "Form", run: d.newDocument},
		probe{name: "Document numbers", run: d.numbering},
		probe{name: "Approval", run: d.approval},
		probe{name: "Mandatory fields", run: d.mandatory},
		probe{name: "Departments", run: d.dimension("department", "Departments")},
		probe{name: "Classes", run: d.dimension("class", "Classes")},
		probe{name: "Locations", run: d.dimension("location", "Locations")},
		probe{name: "Segments", run: d.segments},
		probe{name: "Tax", run: d.tax},
		probe{name: "Subsidiaries", run: d.subsidiaries},
		probe{name: "Revenue dates", run: d.revenue},
		probe{name: "Periods", run: d.periods},
		probe{name: "Prepayments", run: d.prepaid},
		probe{name: "Other software", run: d.otherSoftware},
	), step)
}

// filledFields are the fields that rules and the service date settings fill, by
// key; a rule that holds for some lines only counts too: coverage tells the rest.
func filledFields(v spec.Values) map[string]bool {
	out := map[string]bool{}
	for _, to := range integration.Targets(v) {
		out[strings.ToLower(to)] = true
	}
	for _, to := range v.Map(keyCustomFields) {
		if to != "" {
			out[linePrefix+strings.ToLower(to)] = true
		}
	}
	return out
}

// fills tells whether something fills a field.
func (d *doctor) fills(key string) bool { return d.filled[strings.ToLower(key)] }

func (d *doctor) token(ctx context.Context) (detail string, err error) {
	detail, d.skew, err = d.c.newToken(ctx)
	return detail, err
}

// service proves the record service and reads what later lines need.
func (d *doctor) service(ctx context.Context) (string, error) {
	detail, err := d.c.probeMetadata(ctx)
	if err != nil {
		return "", err
	}
	if d.role, d.levels, err = d.c.grants(ctx); err != nil {
		d.c.log.Debug("the role's permissions are not read", "error", err)
	}
	return detail, nil
}

func (d *doctor) clock(context.Context) (string, error) {
	if d.skew != "" {
		return "", &todo{d.skew, "set this machine's clock (NTP): NetSuite refuses a login from another time"}
	}
	return "this machine and NetSuite tell the same time", nil
}

// certificateSoon is when the end of a certificate becomes something to do.
const certificateSoon = 30 * 24 * time.Hour

func (d *doctor) certificate(context.Context) (string, error) {
	end := d.n.CertificateEnds
	if end.IsZero() {
		return "its end is not known: the certificate did not come with the key",
			&passing{remedy: "see " + keySetup + " for the day"}
	}
	left := end.Sub(d.c.now())
	day := end.Format(time.DateOnly)
	if left < certificateSoon {
		return "", &todo{fmt.Sprintf("the certificate ends on %s, and the connection with it", day),
			"make a new key ('billferry keygen', or ctrl+g in the Connect form), upload its certificate in NetSuite and connect again"}
	}
	return "ends on " + day, nil
}

// concurrency tells the account's limit, which only an administrator may read.
func (d *doctor) concurrency(ctx context.Context) (string, error) {
	ans, err := d.c.do(ctx, call{purpose: "read the concurrency limit", method: http.MethodGet,
		path: "/services/rest/system/v1/governanceLimits"})
	ceiling := max(1, d.n.Values.Int(keyConcurrency))
	if err != nil {
		if passes(err) {
			return "", err
		}
		return fmt.Sprintf("the account's limit is shown to administrators only; billferry finds it by itself, up to Max Concurrency %d",
			ceiling), &passing{}
	}
	var v struct {
		Account     int    `json:"accountConcurrencyLimit"`
		Unallocated int    `json:"accountUnallocatedConcurrencyLimit"`
		Own         int    `json:"integrationConcurrencyLimit"`
		Kind        string `json:"integrationLimitType"`
	}
	if err := json.Unmarshal(ans.body, &v, lenient); err != nil {
		return "", badAnswer(err)
	}
	detail := fmt.Sprintf("the account takes %d requests at once, %d of them reserved for no integration", v.Account, v.Unallocated)
	if v.Own > 0 {
		detail = fmt.Sprintf("%d requests at once are reserved for this integration", v.Own)
	}
	if limit := max(v.Unallocated, v.Own); ceiling > limit {
		detail += fmt.Sprintf("; Max Concurrency is %d, and no more than %d are sent", ceiling, limit)
	}
	return detail, nil
}

// passes tells whether an error passes by itself: then nothing is known.
func passes(err error) bool {
	f := asFailure(err)
	return f.Class == integration.ClassLoad || f.Class == integration.ClassTransient || f.Cause == causeCancelled
}

func (d *doctor) currencies(ctx context.Context) (string, error) {
	if err := d.lacks(permitCurrency); err != nil && d.n.Values.Text(keyBase) == "" {
		return "", err
	}
	detail, err := d.c.probeCurrencies(ctx, d.n.Values.Text(keyBase))
	if err != nil || d.n.Values.Text(keyBase) != "" {
		return detail, err
	}
	all, err := d.c.currencies(ctx, nil)
	if err != nil {
		return "", err
	}
	var unknown []string
	for _, iso := range d.n.Currencies {
		if all[strings.ToUpper(iso)] == "" {
			unknown = append(unknown, iso)
		}
	}
	if len(unknown) > 0 {
		return "", &todo{"Bills are in " + strings.Join(unknown, ", ") + ", which NetSuite does not have",
			"add the currency in Lists > Accounting > Currencies"}
	}
	return detail, nil
}

// customers finds those of the accounts that have Bills.
func (d *doctor) customers(ctx context.Context) (string, error) {
	if err := d.lacks(permitCustomers); err != nil {
		return "", err
	}
	detail, err := d.c.probeRead("customer", permitCustomers.in())(ctx)
	if err != nil || len(d.n.Customers) == 0 {
		return detail, err
	}
	var refs []string
	for _, c := range d.n.Customers {
		if c.Ref != "" {
			refs = append(refs, c.Ref)
		}
	}
	found, err := d.c.Resolve(ctx, delivery.CustomerRecord, refs)
	if err != nil {
		if passes(err) {
			return "", err
		}
		return fmt.Sprintf("the customers of %d accounts cannot be looked up without SuiteQL", len(d.n.Customers)), &passing{}
	}
	var missing []string
	for i, c := range d.n.Customers {
		d.n.Customers[i].ID = found[c.Ref].ID
		if found[c.Ref].ID == "" {
			missing = append(missing, c.Account)
		}
	}
	if len(missing) > 0 {
		remedy := "give the NetSuite customer the m3ter account id as its External ID; or turn on Use External Mapping Account " +
			"Code and map the account"
		switch by := mapping.CustomerBy(d.n.Values.Text(keyCustomerBy)); {
		case d.n.Values.Bool(keyMappedAccounts):
			remedy = "map the account to its NetSuite customer: 'billferry mapping add', or the Mappings page"
		case by == mapping.ByEntityID:
			remedy = "give the NetSuite customer the account's code as its entity id (Customer ID), or choose another Customer By"
		case by == mapping.ByCustomField:
			remedy = "put the customer's internal id into the custom field " + d.n.Values.Text(keyCustomerField) + " of the account in m3ter"
		}
		return "", &todo{fmt.Sprintf("of %d accounts with Bills %d have no customer in NetSuite: %s", len(d.n.Customers), len(missing),
			some(missing)), remedy}
	}
	return fmt.Sprintf("each of the %d accounts with Bills has a customer", len(d.n.Customers)), nil
}

// some lists names, the first of many.
func some(names []string) string {
	const most = 5
	if len(names) > most {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
	}
	return strings.Join(names, ", ")
}

func (d *doctor) items(ctx context.Context) (string, error) {
	if err := d.lacks(permitItems); err != nil {
		return "", err
	}
	return d.c.probeItems(ctx, d.n.Values)
}

// documents tells whether a kind of document can be made, as far as that is told
// without making one.
func (d *doctor) documents(kind string, p permission) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		if err := d.lacks(p); err != nil {
			return "", err
		}
		detail, err := d.c.probeRead(kind, p.in())(ctx)
		if err == nil && d.levels != nil {
			return "role " + d.role + " may make and change them", nil
		}
		return detail, err
	}
}

// catalogue reads the fields of documents once.
func (d *doctor) catalogue(ctx context.Context) error {
	if d.fields != nil {
		return nil
	}
	var err error
	if d.fields, err = d.c.fields(ctx); err != nil && !passes(err) {
		return &passing{detail: "the fields of documents cannot be read: " + asFailure(err).Message}
	}
	return err
}

// field is a field of the catalogue.
func (d *doctor) field(key string) (documentField, bool) {
	i := slices.IndexFunc(d.fields, func(f documentField) bool { return strings.EqualFold(f.Key, key) })
	if i < 0 {
		return documentField{}, false
	}
	return d.fields[i], true
}

// addRule is the remedy for fields that nothing fills.
func addRule(keys []string) string {
	list := strings.Join(keys, ", ")
	return fmt.Sprintf("add a rule under Fields (billferry.fields) for %s; 'billferry integration fields NAME --options %s' lists the values",
		list, keys[0])
}
