package netsuite

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/internal/reconcile"
	"billferry/mapping"
)

var _ delivery.Bookkeeper = (*Client)(nil)

// Holdings implements delivery.Bookkeeper: every document of a Bill, as NetSuite holds
// it now. They are read one by one by their external ids, which nothing delays;
// amendments that nobody here remembers are found by a query.
func (c *Client) Holdings(ctx context.Context, q delivery.HoldingsQuery, rec func(integration.Exchange)) (mapping.Holdings, error) {
	h := &holding{c: c, q: q, rec: rec}
	h.head, h.line = asksFor(&q.Doc)
	for _, col := range q.Columns {
		if !asked(h.line, col.Name) {
			h.line = append(h.line, col.Name)
		}
	}
	if err := h.named(ctx); err != nil {
		return h.out, err
	}
	if err := h.forgotten(ctx); err != nil {
		return h.out, h.unread(err)
	}
	if len(h.out.Documents) == 0 {
		return h.out, nil
	}
	c.cache.periods.Forget() // one that was closed a minute ago makes final
	c.cache.dates.Forget()
	if err := h.about(ctx); err != nil {
		return h.out, h.unread(err)
	}
	return h.out, nil
}

// holding is one reading of what is held of a Bill.
type holding struct {
	c          *Client
	q          delivery.HoldingsQuery
	rec        Recorder
	head, line []string // fields that are read besides
	out        mapping.Holdings
	approval   []string // of the documents: approvalStatus
}

// unread says that NetSuite does not let the role see what an amendment stands on.
func (h *holding) unread(err error) error {
	f := asFailure(err)
	if !notPermitted(err) && f.Cause != causePopulation {
		return err
	}
	return &integration.Failure{Class: integration.ClassHeld, Cause: "amendment_unread", Err: err,
		Message: "what NetSuite holds of this Bill cannot be read whole, and it may be final: " + f.Message,
		Advice: "give the integration's role SuiteAnalytics Workbook (Edit), Find Transaction and View for invoices, credit memos and " +
			"customers (docs/NETSUITE.md), then retry"}
}

// named reads the documents whose external ids are known.
func (h *holding) named(ctx context.Context) error {
	other := mapping.CreditMemo
	if h.q.Doc.Kind == mapping.CreditMemo {
		other = mapping.Invoice
	}
	names := []delivery.Known{
		{Doc: integration.Doc{Kind: string(h.q.Doc.Kind), ExternalID: h.q.Doc.ExternalID}},
		{Doc: integration.Doc{Kind: string(other), ExternalID: h.q.Doc.OtherID}},
	}
	for _, k := range h.q.Known {
		i := slices.IndexFunc(names, func(o delivery.Known) bool { return o.Kind == k.Kind && strings.EqualFold(o.ExternalID, k.ExternalID) })
		if i < 0 {
			names = append(names, k)
			continue
		}
		names[i].Made = names[i].Made || k.Made
	}
	for _, n := range names {
		if n.ExternalID == "" {
			continue
		}
		kind := mapping.Kind(n.Kind)
		s := &sending{c: h.c, doc: h.q.Doc, rec: h.rec}
		r, found, err := s.readOf(ctx, "look up "+words[kind], recordPath+"/"+n.Kind+"/eid:"+url.PathEscape(n.ExternalID), h.head, h.line)
		if err != nil && isDenied(asFailure(err).Cause) && !n.Made && kind == other {
			continue // a role that may not read the other kind never made one
		}
		switch {
		case err != nil:
			return err
		case found:
			h.add(kind, r, n.Amends)
		case n.Made:
			h.out.Missing = append(h.out.Missing, words[kind]+" "+n.ExternalID)
		}
	}
	return nil
}

const amendmentsQuery = `SELECT t.id, t.type, t.externalid FROM transaction t WHERE t.type IN ('CustInvc', 'CustCred') AND ` +
	`t.externalid LIKE ? ESCAPE '\' ORDER BY t.id`

// mostAmendments bounds those of one Bill.
const mostAmendments = 1000

// forgotten finds amendments of the Bill by the beginning of their external ids,
// which is that of no other Bill.
func (h *holding) forgotten(ctx context.Context) error {
	rows, err := h.c.suiteql(ctx, "look up amendments", amendmentsQuery, mostAmendments, h.rec, likeEscape.Replace(h.q.Prefix)+"%")
	if err != nil {
		return err
	}
	for _, r := range rows {
		id, kind := string(r["id"]), kindsOf[typeOf(r["type"])]
		if kind == "" || slices.ContainsFunc(h.out.Documents, func(d mapping.Held) bool { return d.ID == id }) {
			continue
		}
		s := &sending{c: h.c, doc: h.q.Doc, rec: h.rec}
		rd, found, err := s.readOf(ctx, "look up amendment", recordPath+"/"+string(kind)+"/"+url.PathEscape(id), h.head, h.line)
		switch {
		case err != nil:
			return err
		case found:
			h.add(kind, rd, true)
		}
	}
	return nil
}

// add keeps a record that was read.
func (h *holding) add(kind mapping.Kind, r record, amends bool) {
	if slices.ContainsFunc(h.out.Documents, func(d mapping.Held) bool { return d.ID == r.ID }) {
		return
	}
	posts, told := r.posting()
	d := mapping.Held{
		Kind: kind, ID: strings.Clone(r.ID), ExternalID: strings.Clone(r.ExternalID), Number: strings.Clone(r.Number),
		Date: strings.Clone(r.TranDate), URL: pageURL(h.c.origin, kind, r.ID),
		Amends:     amends || strings.HasPrefix(strings.ToLower(r.ExternalID), strings.ToLower(h.q.Prefix)),
		CustomerID: strings.Clone(r.Entity.ID), CurrencyID: strings.Clone(r.Currency.ID), Rate: strings.Clone(r.Rate),
		Total: r.Total, Tax: r.tax(), Applied: r.paid(), Open: r.Open, Paid: r.settledBy(), Voided: r.voided(), Posts: posts || !told,
		Period: strings.Clone(r.Period.ID),
	}
	for _, f := range h.q.Doc.Fields {
		if f.Own == "" {
			d.Fields = append(d.Fields, mapping.Field{Name: f.Name, As: f.As, Value: strings.Clone(valueOf(r.Head, f.Name).ID)})
		}
	}
	if r.Item.HasMore || len(r.Item.Items) < r.Item.count() {
		d.Broken = fmt.Sprintf("NetSuite showed %d of %d lines", len(r.Item.Items), r.Item.count())
	}
	for i := range r.Item.Items {
		l := &r.Item.Items[i]
		held := mapping.HeldLine{ItemID: strings.Clone(l.Item.ID), Amount: l.Amount, Text: strings.Clone(l.Description)}
		for _, col := range h.q.Columns {
			if v := l.custom(col.Name).ID; v != "" {
				held.Fields = append(held.Fields, mapping.Field{Name: col.Name, As: col.As, Value: strings.Clone(v)})
			}
		}
		d.Lines = append(d.Lines, held)
	}
	h.out.Documents, h.approval = append(h.out.Documents, d), append(h.approval, r.Approval.ID)
}

// about reads what the records do not tell: periods, companies, what was applied by
// whom, and whether the customer has them.
func (h *holding) about(ctx context.Context) error {
	ids := make([]string, len(h.out.Documents))
	for i := range h.out.Documents {
		d := &h.out.Documents[i]
		ids[i] = d.ID
		if d.Period == "" {
			continue
		}
		p, err := h.c.periodByID(ctx, d.Period, h.rec)
		if err != nil {
			if err = h.c.undecided(err); err != nil {
				return err
			}
		}
		d.Period, d.Shut = cmp.Or(p.Name, d.Period), p.shut()
	}
	if err := h.companies(ctx, ids); err != nil {
		return err
	}
	if err := h.applied(ctx, ids); err != nil {
		return err
	}
	if !h.q.Issued {
		return nil
	}
	return h.issued(ctx, ids)
}

// companies reads whose the documents are, and whether they count in the ledger.
func (h *holding) companies(ctx context.Context, ids []string) error {
	heads, err := h.c.HeadsOf(ctx, reconcile.Query{NoMoney: h.q.Doc.CurrencyID == ""}, ids)
	if err != nil {
		return err
	}
	h.out.CustomerID = h.q.Doc.Entity.ID
	if h.out.CustomerID == "" {
		if h.out.CustomerID, err = h.c.customerID(ctx, h.q.Doc.Entity.ExternalID, h.rec); err != nil {
			return err
		}
	}
	ruled := slices.ContainsFunc(h.q.Doc.Fields, func(f mapping.Field) bool { return f.Name == "subsidiary" })
	for i := range h.out.Documents {
		d := &h.out.Documents[i]
		k := slices.IndexFunc(heads, func(x reconcile.Doc) bool { return x.ID == d.ID })
		if k < 0 { // queries lag behind, or the role's restrictions hide it
			return &integration.Failure{Class: integration.ClassTransient, Cause: "read_back_missing", Advice: adviceLater,
				Message: fmt.Sprintf("%s %s is there, and no query shows it", words[d.Kind], d.ID)}
		}
		d.Posts = heads[k].Posting
		if d.Company = heads[k].Subsidiary; d.CustomerID == h.out.CustomerID && !ruled {
			h.out.Company = heads[k].Home
		}
	}
	return nil
}

// applied reads what stands on the documents, and keeps what people made that is no
// payment: a credit memo or a journal that settles part of the Bill already.
func (h *holding) applied(ctx context.Context, ids []string) error {
	if !slices.ContainsFunc(h.out.Documents, func(d mapping.Held) bool { return d.Paid }) {
		return nil
	}
	rows, err := h.c.suiteql(ctx, "look up what was applied", "SELECT l.previousdoc, l.nextdoc, n.type, n.tranid FROM "+
		"nexttransactionlinelink l INNER JOIN transaction n ON n.id = l.nextdoc WHERE l.previousdoc IN ("+inList(ids)+
		") ORDER BY l.nextdoc", pageSize, h.rec)
	if err != nil {
		return err
	}
	for _, r := range rows {
		kind := typeOf(r["type"])
		if kind != "CustCred" && kind != "Journal" || slices.Contains(ids, string(r["nextdoc"])) {
			continue
		}
		name := "credit memo "
		if kind == "Journal" {
			name = "journal "
		}
		for i := range h.out.Documents {
			d := &h.out.Documents[i]
			name := name + cmp.Or(string(r["tranid"]), string(r["nextdoc"]))
			if d.ID == string(r["previousdoc"]) && !slices.Contains(d.ByHand, name) {
				d.ByHand = append(d.ByHand, name)
			}
		}
	}
	return nil
}

// issued reads how the customers got the documents. What sent or printed one leaves
// a message or a system note; an approval is a person's where the document does not
// come approved from here.
func (h *holding) issued(ctx context.Context, ids []string) error {
	ours := slices.ContainsFunc(h.q.Doc.Fields, func(f mapping.Field) bool { return strings.EqualFold(f.Name, "approvalStatus") })
	for i := range h.out.Documents {
		if h.approval[i] == approved && !ours {
			h.out.Documents[i].Issued = "approved"
		}
	}
	for _, q := range []struct{ how, text, column string }{
		{"emailed", "SELECT m.transaction FROM message m WHERE m.transaction IN (" + inList(ids) + ") AND m.emailed = 'T'", "transaction"},
		{"printed", "SELECT s.recordid FROM systemnote s WHERE s.recordtypeid = -30 AND s.recordid IN (" + inList(ids) +
			") AND s.field LIKE '%PRINTED'", "recordid"},
	} {
		rows, err := h.c.suiteql(ctx, "look up whether it was "+q.how, q.text, pageSize, h.rec)
		if err != nil {
			return err
		}
		for _, r := range rows {
			for i := range h.out.Documents {
				if d := &h.out.Documents[i]; d.ID == string(r[q.column]) {
					d.Issued = q.how
				}
			}
		}
	}
	return nil
}
