package m3terapi

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"

	"billferry/internal/decimal"
	"billferry/internal/sandbox/seed"
	"billferry/internal/sandbox/tree"
)

// ErrBill is wrapped by what is wrong with a Bill that is put in from outside.
var ErrBill = errors.New("not a Bill")

func readAll(r *http.Request) []byte {
	b, err := io.ReadAll(io.LimitReader(r.Body, 16<<20))
	if err != nil {
		return nil // what did not arrive is no JSON, and is refused as such
	}
	return b
}

func (s *Server) stamp() tree.Value {
	return tree.Str(s.o.Now().UTC().Format("2006-01-02T15:04:05.000Z"))
}

// touch makes a new version of the Bill.
func (s *Server) touch(b *bill) {
	n, _ := strconv.ParseInt(b.text("version"), 10, 64) // a Bill without a version had 0
	b.Head = b.Head.Clone()
	b.Head.Set("version", tree.Num(strconv.FormatInt(n+1, 10)))
	b.Head.Set("dtLastModified", s.stamp())
}

func (s *Server) approve(b *bill) {
	s.touch(b)
	b.Head.Set("status", tree.Str("APPROVED"))
	b.Head.Set("dtApproved", s.stamp())
	b.Head.Set("approvedBy", *b.Head.Get("lastModifiedBy"))
}

// Approve approves a Bill, as the Console's button does.
func (s *Server) Approve(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.find(id)
	if b == nil {
		return fmt.Errorf("no Bill %q in the simulator", id)
	}
	s.approve(b)
	return nil
}

// PutBill adds a Bill, or replaces the one with its id. It is as if a bill job
// had made it: the newest of the list.
func (s *Server) PutBill(raw []byte) error {
	v, err := tree.Parse(raw)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrBill, err)
	}
	id := v.TextOf("id")
	if v.Kind != tree.Object || id == "" {
		return fmt.Errorf("%w: it has no id", ErrBill)
	}
	lines := tree.List()
	if l := v.Get("lineItems"); l != nil && l.Kind == tree.Array {
		lines = *l
	}
	v.Delete("lineItems")
	for name, fill := range map[string]tree.Value{
		"dtCreated": s.stamp(), "dtLastModified": s.stamp(), "lastModifiedBy": tree.Str("USER_sandbox"), "status": tree.Str("PENDING"),
	} {
		if v.Get(name) == nil {
			v.Set(name, fill)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bills = slices.DeleteFunc(s.bills, func(b *bill) bool { return b.id() == id })
	s.bills = slices.Insert(s.bills, 0, &bill{seed.Bill{Head: v, Lines: lines.JSON()}})
	return nil
}

// Withdraw takes a Bill away, as if its job had never made it.
func (s *Server) Withdraw(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bills = slices.DeleteFunc(s.bills, func(b *bill) bool { return b.id() == id })
}

// Recalculate runs the Bill's job again: usage that came late becomes a line
// of that amount, in the Bill's currency, and there is a new version. A Bill
// that was approved is pending again.
func (s *Server) Recalculate(id string, amount decimal.D) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.find(id)
	if b == nil {
		return fmt.Errorf("no Bill %q in the simulator", id)
	}
	if b.text("locked") == "true" {
		return fmt.Errorf("bill %s is locked: m3ter does not recalculate it", id)
	}
	lines, err := tree.Parse(b.Lines)
	if err != nil {
		return fmt.Errorf("bill %s: %w", id, err)
	}
	s.touch(b)
	if amount.Sign() != 0 {
		s.nextLine++
		lines.Items = append(lines.Items, lateUsage(b, amount, s.nextLine, len(lines.Items)+1))
		b.Lines = lines.JSON()
		if total, err := b.Head.Get("billTotal").Decimal(); err == nil {
			b.Head.Set("billTotal", tree.Dec(total.Add(amount)))
		}
	}
	b.Head.Set("lastCalculatedDate", s.stamp())
	b.Head.Set("status", tree.Str("PENDING"))
	b.Head.Delete("dtApproved")
	b.Head.Delete("approvedBy")
	return nil
}

func lateUsage(b *bill, amount decimal.D, n int64, sequence int) tree.Value {
	money, one := tree.Dec(amount), tree.Num("1")
	id := b.id()
	return tree.Obj(
		tree.M("id", tree.Str(id[:max(0, len(id)-4)]+fmt.Sprintf("%04d", n%10000))), tree.M("lineItemType", tree.Str("USAGE")),
		tree.M("description", tree.Str("Usage that came late")), tree.M("quantity", one), tree.M("units", one), tree.M("unit", tree.Str("unit")),
		tree.M("subtotal", money), tree.M("currency", tree.Str(b.text("currency"))), tree.M("conversionRate", one),
		tree.M("convertedSubtotal", money),
		tree.M("averageUnitPrice", money), tree.M("servicePeriodStartDate", tree.Str(b.text("startDateTimeUTC"))),
		tree.M("servicePeriodEndDate", tree.Str(b.text("endDateTimeUTC"))), tree.M("sequenceNumber", tree.Num(strconv.Itoa(sequence))),
	)
}

// BillIDs lists the Bills, newest first.
func (s *Server) BillIDs() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	ids := make([]string, len(s.bills))
	for i, b := range s.bills {
		ids[i] = b.id()
	}
	return ids
}
