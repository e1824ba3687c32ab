package suitetalk

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"billferry/internal/sandbox/tree"
)

// record serves the record service; rest is the path after record/v1/.
func (s *Server) record(r request, rest string) *reply {
	parts := strings.Split(strings.TrimSuffix(rest, "/"), "/")
	if parts[0] == "metadata-catalog" {
		return s.metadata(parts[1:])
	}
	kind := typeNamed(parts[0])
	if kind == nil {
		return noType(parts[0])
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if kind == typeCurrency && !s.db.profile.MultiCurrency() {
		return noType(parts[0])
	}
	if s.denied[lower(kind.name)] {
		return failure(http.StatusForbidden, "INSUFFICIENT_PERMISSION",
			"Permission Violation: You need the '"+kind.title+"' permission to access this page. Please contact your account administrator.", "")
	}
	switch {
	case len(parts) == 1:
		return s.collection(r, kind)
	case kind.isTransaction():
		return s.oneTransaction(r, kind, parts[1:])
	}
	return s.oneEntry(r, kind, parts[1:])
}

func (s *Server) collection(r request, kind *recordType) *reply {
	switch r.Method {
	case http.MethodGet:
		return s.list(r, kind)
	case http.MethodPost:
		switch operation(r) {
		case selectOptions:
			return s.selectOptions(r, kind)
		case createForm:
			return s.createForm(r, kind)
		}
		body, warning, no := s.readBody(r, kind)
		if no != nil {
			return no
		}
		return warned(s.createRecord(kind, body, r.drop), warning)
	}
	return notAllowed()
}

func (s *Server) createRecord(kind *recordType, body *tree.Value, drop string) *reply {
	switch kind {
	case typeInvoice, typeCredit:
		t, no := s.db.create(kind, change{body: body, drop: drop})
		if no != nil {
			if strings.Contains(string(no.body), "already exists") {
				s.stats.add(&s.stats.dupes)
			}
			return no
		}
		s.stats.created(t.ext)
		return noContent(s.href(kind, t.id))
	case typeCustomer:
		e, no := s.db.createCustomer(body)
		if no != nil {
			return no
		}
		return noContent(s.href(kind, e.id))
	}
	return noPermission()
}

func (s *Server) oneTransaction(r request, kind *recordType, parts []string) *reply {
	t, no := s.db.find(kind, parts[0], r.URL.Path)
	if t == nil && no == nil { // an external id that nobody has
		if r.Method == http.MethodPut && len(parts) == 1 {
			return s.upsert(r, kind, parts[0])
		}
		return nonexistent()
	}
	if no != nil {
		return no
	}
	switch {
	case s.db.locked(t):
		return userError(lockedText)
	case len(parts) == 1:
		return s.writeTransaction(r, t)
	case parts[1] == "item" && r.Method == http.MethodGet:
		return s.readLines(t, parts[2:])
	case parts[1] == "!transform" && len(parts) == 3 && r.Method == http.MethodPost:
		return s.transform(r, t, parts[2])
	}
	return failure(http.StatusNotFound, "NONEXISTENT_ID", "The sub-resource '"+parts[1]+"' does not exist.", "")
}

func (s *Server) writeTransaction(r request, t *transaction) *reply {
	switch r.Method {
	case http.MethodGet:
		return singular(s.readTransaction(viewOf(r), t))
	case http.MethodPatch, http.MethodPut:
		body, warning, no := s.readBody(r, t.kind)
		if no != nil {
			return no
		}
		replace := slices.Contains(strings.Split(lower(r.URL.Query().Get("replace")), ","), "item")
		if no := s.db.update(t, change{body: body, replace: replace, drop: r.drop}); no != nil {
			return no
		}
		s.stats.add(&s.stats.updates)
		return warned(noContent(s.href(t.kind, t.id)), warning)
	case http.MethodDelete:
		if no := s.db.remove(t); no != nil {
			return no
		}
		s.stats.add(&s.stats.deletes)
		return noContent("")
	}
	return notAllowed()
}

// upsert is PUT to an external id that does not exist yet.
func (s *Server) upsert(r request, kind *recordType, id string) *reply {
	ext, _ := externalID(id)
	body, warning, no := s.readBody(r, kind)
	if no != nil {
		return no
	}
	body.Set("externalId", tree.Str(ext))
	return warned(s.createRecord(kind, body, r.drop), warning)
}

func (s *Server) transform(r request, t *transaction, to string) *reply {
	body, warning, no := s.readBody(r, typeCredit)
	if no != nil {
		return no
	}
	made, no := s.db.transform(t, typeNamed(to), change{body: body, drop: r.drop})
	if no != nil {
		return no
	}
	s.stats.created(made.ext)
	return warned(noContent(s.href(made.kind, made.id)), warning)
}

// oneEntry serves a record that is no transaction.
func (s *Server) oneEntry(r request, kind *recordType, parts []string) *reply {
	t := s.db.tables[kind]
	var e *entry
	if ext, ok := externalID(parts[0]); ok {
		e = t.byExt[lower(ext)]
	} else if no := validID(parts[0], r.URL.Path); no != nil {
		return no
	} else {
		e = t.byID[parts[0]]
	}
	switch {
	case e == nil:
		return nonexistent()
	case r.Method == http.MethodGet:
		return singular(s.readEntry(kind, e))
	}
	return noPermission() // the integration's role may look at these, not change them
}

// readBody parses the body and checks its property names.
func (s *Server) readBody(r request, kind *recordType) (*tree.Value, string, *reply) {
	v, err := tree.Parse(r.body)
	if err != nil || v.Kind != tree.Object {
		return nil, "", failure(http.StatusBadRequest, "INVALID_CONTENT", "Invalid content in the request body.", "")
	}
	if !kind.isTransaction() {
		return &v, "", nil
	}
	warning, no := s.db.checkNames(r, &v)
	return &v, joined(warning, checkValues(r, &v)), no
}

// find looks a transaction up. A nil transaction without a reply means that
// no transaction has the external id.
func (d *db) find(kind *recordType, id, path string) (*transaction, *reply) {
	if ext, ok := externalID(id); ok {
		t := d.byExt[lower(ext)]
		if t != nil && t.kind != kind {
			t = nil
		}
		return t, nil
	}
	if no := validID(id, path); no != nil {
		return nil, no
	}
	t := d.tx[id]
	if t == nil || t.kind != kind {
		return nil, userError("Transaction type specified is incorrect.")
	}
	return t, nil
}

// externalID reads "eid:..." of a path.
func externalID(segment string) (string, bool) {
	text, err := url.PathUnescape(segment)
	if err != nil {
		return "", false
	}
	return strings.CutPrefix(text, "eid:")
}

func validID(id, path string) *reply {
	ok := id != "" && id[0] != '0'
	for _, c := range id {
		ok = ok && c >= '0' && c <= '9'
	}
	if ok {
		return nil
	}
	return envelope(http.StatusBadRequest, tree.Obj(
		tree.M("detail", tree.Str("Invalid record instance identifier '"+id+"'. Provide a valid record instance ID.")),
		tree.M("o:errorUrl", tree.Str(path)), tree.M("o:errorCode", tree.Str("INVALID_ID"))))
}

func nonexistent() *reply {
	return failure(http.StatusNotFound, "NONEXISTENT_ID", "The record instance does not exist. Provide a valid record instance ID.", "")
}

func notAllowed() *reply {
	return failure(http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED", "The HTTP method is not allowed for this resource.", "")
}

func warned(r *reply, warning string) *reply {
	if warning != "" && r.status < 300 {
		return r.with("X-NetSuite-PropertyValidation", warning)
	}
	return r
}

// createCustomer adds a customer; a name or an external id that is taken is
// refused with the same words.
func (d *db) createCustomer(body *tree.Value) (*entry, *reply) {
	name := body.TextOf("companyName")
	if name == "" {
		return nil, userError("Please enter value(s) for: Company Name.")
	}
	t := d.tables[typeCustomer]
	ext := body.TextOf("externalId")
	for _, e := range t.rows {
		if strings.EqualFold(e.fields.TextOf("companyName"), name) || (ext != "" && strings.EqualFold(e.ext, ext)) {
			return nil, userError("This entity already exists.")
		}
	}
	currency := d.tables[typeCurrency].byID["1"]
	if v := body.Get("currency"); v != nil {
		var no *reply
		if currency, no = d.reference(typeCurrency, v, "currency"); no != nil {
			return nil, no
		}
	}
	subs := d.subsidiariesOf(currency.id)
	e := &entry{id: d.nextID(), ext: ext, name: name, subsidiaries: subs, fields: tree.Obj(
		tree.M("entityId", tree.Str(name)), tree.M("companyName", tree.Str(name)), tree.M("email", tree.Str(body.TextOf("email"))),
		tree.M("currency", d.ref(typeCurrency, currency.id)), tree.M("subsidiary", d.ref(typeCompany, subs[0])),
		tree.M("termDays", tree.Num("30")), tree.M("isInactive", tree.Boolean(false)))}
	t.add(e)
	return e, nil
}
