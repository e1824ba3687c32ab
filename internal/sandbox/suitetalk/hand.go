package suitetalk

import (
	"fmt"
	"strconv"

	"billferry/internal/sandbox/tree"
)

// What people do in NetSuite's own pages: they edit what the integration made,
// and make documents of their own beside it.

// AddSubsidiary makes one more subsidiary and tells its id.
func (s *Server) AddSubsidiary(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := strconv.Itoa(len(s.db.tables[typeCompany].rows) + 1)
	s.db.tables[typeCompany].add(&entry{id: id, name: name, fields: tree.Obj(tree.M("name", tree.Str(name)))})
	return id
}

// forced are the fields that the record service would not change of a saved
// transaction, and that corrections in the account can.
var forced = map[string]*recordType{"subsidiary": typeCompany, "currency": typeCurrency, "postingPeriod": typePeriod}

// Edit changes a transaction as a person does: fields as the record service
// takes them, lines replaced as a whole. Subsidiary, currency and posting
// period change as well.
func (s *Server) Edit(id string, set tree.Value) error {
	return s.manually(id, func(t *transaction) *reply {
		moved := map[string]*entry{}
		for name, kind := range forced {
			v := set.Get(name)
			if v == nil {
				continue
			}
			e := s.db.tables[kind].byID[idIn(v)]
			if e == nil {
				return userError("no " + kind.name + " " + string(v.JSON()))
			}
			moved[name] = e
			set.Delete(name)
		}
		if len(set.Members) > 0 {
			if no := s.db.update(t, change{body: &set, replace: true}); no != nil {
				return no
			}
		}
		for name, e := range moved {
			switch name {
			case "currency":
				t.currency = e
			case "postingPeriod":
				t.period = e
				continue
			}
			t.head.Set(name, s.db.ref(forced[name], e.id))
		}
		t.modified = s.db.now()
		return nil
	})
}

// Make makes an invoice or credit memo by hand and tells its id.
func (s *Server) Make(kind string, body tree.Value) (string, error) {
	k := typeNamed(kind)
	if k != typeInvoice && k != typeCredit {
		return "", fmt.Errorf("%q is made by no hand: invoice or creditMemo", kind)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t, no := s.db.create(k, change{body: &body})
	if no != nil {
		return "", fmt.Errorf("%s: %s", kind, no.body)
	}
	return t.id, nil
}

// Copy makes a transaction once more by hand, as NetSuite's Make Copy does: the
// same customer, date and lines, another number, and the external id that is
// given, "" for none.
func (s *Server) Copy(id, ext string) (string, error) {
	made := ""
	err := s.manually(id, func(t *transaction) *reply {
		body := tree.Obj()
		for _, name := range []string{"entity", "tranDate", "dueDate", "memo", "otherRefNum"} {
			if v := t.head.Get(name); v != nil {
				body.Set(name, v.Clone())
			}
		}
		items := tree.List()
		for i := range t.lines {
			l := t.lines[i].Clone()
			l.Delete("line")
			l.Delete(uniqueKey)
			items.Items = append(items.Items, l)
		}
		body.Set("item", tree.Obj(tree.M("items", items)))
		if ext != "" {
			body.Set("externalId", tree.Str(ext))
		}
		c, no := s.db.create(t.kind, change{body: &body})
		if no == nil {
			made = c.id
		}
		return no
	})
	return made, err
}

// Clear takes all transactions away, so that a test can begin anew.
func (s *Server) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.db.tx, s.db.byExt, s.db.order = map[string]*transaction{}, map[string]*transaction{}, nil
}
