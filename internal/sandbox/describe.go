package sandbox

import (
	"fmt"
	"strings"

	"billferry/internal/sandbox/seed"
)

// Item ids of the company, for whoever fills in the form.
const (
	ItemUsage        = seed.ItemUsage
	ItemCommitment   = seed.ItemCommitment
	ItemMinimumSpend = seed.ItemMinimumSpend
	ItemDefault      = seed.ItemDefault
)

// Items says in words which NetSuite items exist: "101 Usage, 102 ...".
func (s *Sandbox) Items() string { return s.world.ItemWords() }

// Describe tells a newcomer what is in the simulators and what to type.
func (s *Sandbox) Describe() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("NetSuite simulator %s, account %s; m3ter simulator %s, organisation %s.", s.nsURL, AccountID, s.m3URL, s.OrgID())
	if s.o.Account.Shows != "" {
		line("Account %s: %s.", s.o.Account.Name, s.o.Account.Shows)
	}
	line("%d m3ter Accounts and %d Bills in %s.", len(s.world.Accounts), len(s.world.Bills), strings.Join(s.isoCodes(), ", "))
	line("Items: %s. Netsuite Default Item Id: %s.", s.Items(), ItemDefault)
	if !s.o.Clean && s.o.Bills > 3 {
		stranger := s.world.Accounts[len(s.world.Accounts)-1]
		line("Three Bills are there to be refused: %s is no NetSuite customer, one Bill's period is closed, one total is below zero.",
			stranger.Name)
	}
	return b.String()
}

func (s *Sandbox) isoCodes() []string {
	var codes []string
	for _, c := range s.world.Currencies {
		codes = append(codes, c.ISO)
	}
	return codes
}
