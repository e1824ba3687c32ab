package netsuite

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	json "github.com/go-json-experiment/json"

	"billferry/internal/integration"
)

// newForm is a new invoice as its form opens.
type newForm struct {
	Form     namedRef `json:"customForm"`
	Number   scalar   `json:"tranId"`
	Approval namedRef `json:"approvalStatus"`
}

type namedRef struct {
	ID   scalar `json:"id"`
	Name scalar `json:"refName"`
}

var ofForm = http.Header{"Accept": {"application/vnd.oracle.resource+json; type=create-form"}}

// open opens the form of a new invoice, which saves nothing. The body is none that
// could be saved, should the header be overlooked on the way. Nil and no error: the
// account does not serve forms.
func (d *doctor) open(ctx context.Context) (*newForm, error) {
	if d.opened {
		return d.form, nil
	}
	ans, err := d.c.do(ctx, call{purpose: "open the form", method: http.MethodPost, path: recordPath + "/invoice",
		body: []byte("{}"), head: ofForm})
	if err != nil && passes(err) {
		return nil, err
	}
	d.opened = true
	if f := new(newForm); err == nil && len(ans.body) > 0 && json.Unmarshal(ans.body, f, lenient) == nil {
		d.form = f
	}
	return d.form, nil
}

func (d *doctor) newDocument(ctx context.Context) (string, error) {
	f, err := d.open(ctx)
	switch {
	case err != nil:
		return "", err
	case f == nil || f.Form.ID == "":
		return "NetSuite does not tell which form the role uses",
			&passing{remedy: "if a form demands a field, the refusal of the first Bill names it"}
	}
	return fmt.Sprintf("new invoices use the form %s (%s)", f.Form.Name, f.Form.ID), nil
}

// numbering tells who numbers documents: a new one shows that it will be numbered,
// or nothing.
func (d *doctor) numbering(ctx context.Context) (string, error) {
	ours := d.n.Values.Text(keyNumber) == "BILL" || d.fills("tranId")
	f, err := d.open(ctx)
	switch {
	case err != nil:
		return "", err
	case f == nil:
		return "NetSuite does not tell how documents are numbered", &passing{}
	case f.Number == "" && !ours:
		return "", &todo{"NetSuite does not number documents in this account: each needs a number of its own",
			"set Document Number to The Bill's number; or switch Auto-Generated Numbers on in Setup > Company > Auto-Generated Numbers"}
	case ours:
		return "documents get the Bill's number; whether the account allows to override its own is told by the first Bill", nil
	}
	return "NetSuite numbers documents", nil
}

// approval tells whether invoices wait for a person before they count, and
// whether a workflow keeps billferry from reading them meanwhile.
func (d *doctor) approval(ctx context.Context) (string, error) {
	f, err := d.open(ctx)
	if err != nil {
		return "", err
	}
	pending := f != nil && f.Approval.ID == "1"
	rows, err := d.c.suiteql(ctx, "look up pending invoices",
		"SELECT id FROM transaction WHERE type = 'CustInvc' AND approvalstatus = 1 ORDER BY id DESC FETCH FIRST 1 ROWS ONLY", 1, nil)
	if err != nil && passes(err) {
		return "", err
	}
	if !pending && (f == nil || err != nil) && len(rows) == 0 {
		return "NetSuite does not tell whether invoices wait for approval", &passing{}
	}
	if !pending && len(rows) == 0 {
		return "invoices post at once", nil
	}
	detail, remedy := "invoices arrive Pending Approval, and do not post until somebody approves them",
		"approve them in NetSuite (Transactions > Management > Approve Invoices); or let the integration's role leave out the approval "+
			"in the invoice routing"
	if len(rows) > 0 {
		_, err := d.c.getRecord(ctx, "probe", "invoice", string(rows[0]["id"]), &struct{}{}, nil)
		switch {
		case err != nil && asFailure(err).Cause == causeLocked:
			detail += "; until then a workflow locks them, so that they cannot be read back: their proof is UNREAD"
			remedy += "; and let the workflow leave the lock out for this role, or retry what is UNREAD once it is approved (proof:unread)"
		case err != nil && passes(err):
			return "", err
		}
	}
	return "", &todo{detail, remedy}
}

// tax tells what NetSuite adds by itself.
func (d *doctor) tax(ctx context.Context) (string, error) {
	if err := d.catalogue(ctx); err != nil {
		return "", err
	}
	_, suiteTax := d.field("taxDetailsOverride")
	if d.n.Values.Text("billferry.tax") == "NONE" {
		return "what NetSuite adds for tax is told as a difference, since Tax is None", nil
	}
	if suiteTax {
		return "SuiteTax is on: what it adds is shown apart, and is no difference", nil
	}
	return "what NetSuite adds for tax is shown apart, and is no difference", nil
}

// mandatory tells the custom fields that their definition demands and nothing
// fills.
func (d *doctor) mandatory(ctx context.Context) (string, error) {
	if err := d.catalogue(ctx); err != nil {
		return "", err
	}
	if _, err := d.c.mandatoryFields(ctx); err != nil {
		if passes(err) {
			return "", err
		}
		return "the role does not see the definitions of custom fields", &passing{
			remedy: "a mandatory one is told by the refusal of the first Bill; or give the role Setup > Custom Body Fields and Custom " +
				"Column Fields (View)"}
	}
	var missing, keys []string
	n := 0
	for _, f := range d.fields {
		if !f.Mandatory {
			continue
		}
		n++
		if !d.fills(f.Key) {
			keys = append(keys, f.Key)
			missing = append(missing, labelOf(f.Field))
		}
	}
	if len(missing) > 0 {
		return "", &todo{strings.Join(missing, ", ") + " must be filled, and no rule does", addRule(keys)}
	}
	if n == 0 {
		return "no custom field of invoices is mandatory by its definition", nil
	}
	return fmt.Sprintf("rules fill all %d mandatory custom fields", n), nil
}

// labelOf is a field as texts name it.
func labelOf(f integration.Field) string {
	on := ""
	if strings.HasPrefix(f.Key, linePrefix) {
		on = " of lines"
	}
	return f.Label + on + " (" + f.Key + ")"
}
