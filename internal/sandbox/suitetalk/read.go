package suitetalk

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"billferry/internal/sandbox/tree"
)

func (s *Server) href(k *recordType, id string) string {
	return s.o.Origin + recordPath + k.name + "/" + id
}

func self(href string) tree.Member {
	return tree.M("links", tree.List(link("self", href)))
}

func link(rel, href string) tree.Value {
	return tree.Obj(tree.M("rel", tree.Str(rel)), tree.M("href", tree.Str(href)))
}

// linked adds to a reference the link that reads have.
func (s *Server) linked(k *recordType, ref *tree.Value) tree.Value {
	v := tree.Obj(self(s.href(k, ref.TextOf("id"))))
	v.Members = append(v.Members, ref.Members...)
	return v
}

// view is how a record is to be shown.
type view struct {
	expand bool // sublists in full, not as links
	simple bool // enums as their id alone
}

func viewOf(r request) view {
	q := r.URL.Query()
	return view{expand: q.Get("expandSubResources") == "true", simple: q.Get("simpleEnumFormat") == "true"}
}

// enum is a coded value, in the long form unless the short one is asked for.
func enum(as view, id, name string) tree.Value {
	if as.simple {
		return tree.Str(id)
	}
	return tree.Obj(tree.M("id", tree.Str(id)), tree.M("refName", tree.Str(name)))
}

// references are the fields that point to records.
var references = map[string]*recordType{
	"entity": typeCustomer, "currency": typeCurrency, "subsidiary": typeCompany, "createdFrom": typeInvoice, "item": typeItem,
	"department": typeDepartment, "class": typeClass, "location": typeLocation, "terms": typeTerm,
}

// readTransaction writes a transaction as GET shows it.
func (s *Server) readTransaction(as view, t *transaction) tree.Value {
	href := s.href(t.kind, t.id)
	v := tree.Obj(self(href), tree.M("id", tree.Str(t.id)))
	if t.ext != "" {
		v.Set("externalId", tree.Str(t.ext))
	}
	for _, m := range t.head.Members {
		if k := references[m.Name]; k != nil {
			m.Value = s.linked(k, &m.Value)
		}
		v.Members = append(v.Members, m)
	}
	if t.period != nil {
		ref := s.db.ref(typePeriod, t.period.id)
		v.Set("postingPeriod", s.linked(typePeriod, &ref))
	}
	s.money(as, t, &v)
	item := tree.Obj(self(href + "/item"))
	if as.expand {
		item = s.page1(href+"/item", s.lines(t))
	}
	v.Set("item", item)
	v.Set("createdDate", tree.Str(t.created.UTC().Format(time.RFC3339)))
	v.Set("lastModifiedDate", tree.Str(t.modified.UTC().Format(time.RFC3339)))
	v.Set("source", enum(as, "restWebServices", "REST Web Services"))
	v.Set("type", enum(as, t.kind.tranType, t.kind.title))
	return v
}

func (s *Server) money(as view, t *transaction, v *tree.Value) {
	v.Set("subtotal", tree.Dec(t.total.Sub(t.tax)))
	v.Set("taxTotal", tree.Dec(t.tax.Sub(t.tax2)))
	if d := s.db; d.taxMore.Sign() != 0 {
		v.Set("tax2Total", tree.Dec(t.tax2))
	}
	v.Set("total", tree.Dec(t.total))
	if t.kind == typeInvoice {
		v.Set("amountPaid", tree.Dec(t.applied.Round(t.places)))
		v.Set("amountRemaining", tree.Dec(t.open()))
	} else {
		v.Set("applied", tree.Dec(t.applied.Round(t.places)))
		v.Set("unapplied", tree.Dec(t.open()))
	}
	id, name := status(t)
	v.Set("status", enum(as, id, name))
}

// status is what people call the state of a transaction.
func status(t *transaction) (id, name string) {
	switch {
	case t.voided:
		return "V", "Voided"
	case t.pending():
		return "D", "Pending Approval"
	case t.open().Sign() > 0:
		return "A", "Open"
	case t.kind == typeInvoice:
		return "B", "Paid In Full"
	}
	return "B", "Fully Applied"
}

// lines are the lines of t as a read shows them.
func (s *Server) lines(t *transaction) []tree.Value {
	out := make([]tree.Value, len(t.lines))
	for i := range t.lines {
		out[i] = s.line(t, &t.lines[i])
	}
	return out
}

func (s *Server) line(t *transaction, stored *tree.Value) tree.Value {
	v := tree.Obj(self(s.href(t.kind, t.id) + "/item/" + stored.TextOf("line")))
	for _, m := range stored.Members {
		if k := references[m.Name]; k != nil {
			m.Value = s.linked(k, &m.Value)
		}
		v.Members = append(v.Members, m)
	}
	return v
}

// readLines serves the item sublist and its lines by their own addresses.
func (s *Server) readLines(t *transaction, parts []string) *reply {
	if len(parts) == 0 {
		return singular(s.page1(s.href(t.kind, t.id)+"/item", s.lines(t)))
	}
	for i := range t.lines {
		if t.lines[i].TextOf("line") == parts[0] {
			return singular(s.line(t, &t.lines[i]))
		}
	}
	return nonexistent()
}

// page1 is a sublist in one page, which is how NetSuite expands it.
func (s *Server) page1(href string, items []tree.Value) tree.Value {
	n := tree.Num(strconv.Itoa(len(items)))
	return tree.Obj(self(href), tree.M("count", n), tree.M("hasMore", tree.Boolean(false)),
		tree.M("items", tree.List(items...)), tree.M("offset", tree.Num("0")), tree.M("totalResults", n))
}

func (s *Server) readEntry(k *recordType, e *entry) tree.Value {
	v := tree.Obj(self(s.href(k, e.id)), tree.M("id", tree.Str(e.id)))
	if e.ext != "" {
		v.Set("externalId", tree.Str(e.ext))
	}
	for _, m := range e.fields.Members {
		if target := references[m.Name]; target != nil && m.Value.Kind == tree.Object && m.Value.Get("items") == nil {
			m.Value = s.linked(target, &m.Value)
		}
		v.Members = append(v.Members, m)
	}
	return v
}

// page shows a record where NetSuite's own pages would be, so that the links
// billferry shows lead somewhere.
func (s *Server) page(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	t := s.db.tx[r.URL.Query().Get("id")]
	var body []byte
	if t != nil {
		v := s.readTransaction(view{expand: true}, t)
		body = v.JSON()
	}
	s.mu.Unlock()
	if body == nil || !strings.HasSuffix(r.URL.Path, ".nl") {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = w.Write(body)
}

// Invoices writes every invoice and credit memo in full, oldest first.
func (s *Server) Invoices() []tree.Value {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []tree.Value{}
	for _, t := range s.db.order {
		if t.kind != typePayment && !t.history {
			out = append(out, s.readTransaction(view{expand: true}, t))
		}
	}
	return out
}
