package mapping

import (
	"fmt"
	"slices"
	"strings"

	"billferry/internal/bill"
)

// Account names an account of m3ter.
type Account struct{ ID, Code string }

// Company is the one that a customer of the destination belongs to.
type Company struct {
	IDs  []string // of the companies that may bill it, its own first
	Name string   // of its own
}

// Children lists the accounts whose charges are on the Bill of their parent, each
// once, in the order of the lines.
func Children(cfg Config, b bill.Bill) []Account {
	var out []Account
	for i := range b.Lines {
		l := &b.Lines[i]
		if l.ChildAccountID == "" || l.ChildAccountID == b.AccountID || cfg.excludes(l.Type) {
			continue
		}
		if a := (Account{l.ChildAccountID, l.ChildAccountCode}); !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	return out
}

// companies warns of lines of accounts whose customers another company bills
// than the one that this document posts to.
func (m *mapper) companies(lines []*bill.Line) {
	word := m.terms.Company
	if m.lookups.NoCompanies != "" {
		m.warn("whether the child accounts of its lines belong to the same %s could not be looked up: %s", word, m.lookups.NoCompanies)
	}
	own := m.lookups.Companies[m.bill.AccountID]
	posts, name := "", own.Name
	if len(own.IDs) > 0 {
		posts = own.IDs[0]
	}
	if i := slices.IndexFunc(m.doc.Fields, func(f Field) bool { return f.Name == word }); i >= 0 && m.doc.Fields[i].Value != posts {
		posts = m.doc.Fields[i].Value
		name = word + " " + posts
	}
	if posts == "" {
		return
	}
	n := 0
	for _, l := range lines {
		c, known := m.lookups.Companies[l.ChildAccountID]
		if !known || len(c.IDs) == 0 || slices.Contains(c.IDs, posts) || l.ChildAccountID == m.bill.AccountID {
			continue
		}
		n++
		account := l.ChildAccountCode
		if account == "" {
			account = l.ChildAccountID
		}
		if text := fmt.Sprintf("%s of %s", account, c.Name); !slices.Contains(m.doc.Elsewhere, text) {
			m.doc.Elsewhere = append(m.doc.Elsewhere, text)
		}
	}
	if n == 0 {
		return
	}
	m.warn("%s of customers of another %s (%s): their money posts with the document to %s", counted(n, "line"), word,
		strings.Join(m.doc.Elsewhere, ", "), name)
}
