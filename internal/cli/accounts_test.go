package cli

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"billferry/internal/decimal"
	"billferry/internal/integration"
)

// Each simulated account before and after: with the settings that its report asks
// for all 40 Bills are delivered and proven, and the report has nothing more to do.
func TestEveryAccountTakesItsBills(t *testing.T) {
	t.Parallel()
	const field = `{"to":"%s","value":"%s"}`
	rule := func(to, value string) string {
		return strings.NewReplacer("%s\",", to+`",`, `"%s"}`, `"`+value+`"}`).Replace(field)
	}
	for _, a := range []struct {
		account string
		config  string   // that mends it
		acts    []string // of a person in NetSuite: path and body
		due     string   // what is to do before
		left    string   // and after
		covered []string // lines of the coverage
	}{
		{account: "plain", due: "0 to do", left: "0 to do"},
		{account: "strict", due: "4 to do", left: "0 to do",
			config: `"billferry":{"fields":[` + strings.Join([]string{rule("department", "5"), rule("class", "11"),
				rule("custbody_billing_source", "1"),
				rule("cseg_channel", "1"), rule("line.department", "5"),
				`{"to":"line.class","from":"bill.currency","lookup":{"EUR":"12","USD":"13"},"default":"11"}`,
				`{"to":"custbody_m3ter_bill","template":"{bill.id}"}`}, ",") + `]}`,
			covered: []string{"department               40 of 40 Bills", "line.class               40 of 40 Bills",
				"custbody_m3ter_bill      40 of 40 Bills"}},
		{account: "oneworld", due: "1 to do", left: "0 to do",
			config:  `"billferry":{"fields":[{"to":"line.location","from":"bill.currency","lookup":{"USD":"1","EUR":"2","GBP":"3","JPY":"1"}}]}`,
			covered: []string{"line.location  40 of 40 Bills"}},
		{account: "legacy", due: "2 to do", left: "0 to do", config: `"billferry":{"baseCurrency":"CAD","tranId":"BILL"}`},
		{account: "approval", due: "1 to do", left: "1 to do", acts: []string{"/sandbox/approvals", "{}"}},
		{account: "arm", due: "2 to do", left: "0 to do",
			config: `"netsuiteItemCustomFieldMapping":{"servicePeriodStart":"revRecStartDate","servicePeriodEnd":"revRecEndDate"}`,
			acts:   []string{"/sandbox/periods/NEXT", `{"state":"open"}`}},
	} {
		t.Run(a.account, func(t *testing.T) {
			t.Parallel()
			s := openShop(t, a.account, ownItems)
			bills := filepath.Join(s.dir, "bills.ndjson")
			if err := os.WriteFile(bills, s.bills(), 0o600); err != nil {
				t.Fatal(err)
			}
			send := exitNotDelivered
			if a.account == "plain" || a.account == "approval" {
				send = exitOK
			}
			s.run(send, "send", "--integration", "One", "--from", bills)
			test := exitNotDelivered
			if a.due == "0 to do" {
				test = exitOK
			}
			if out := s.run(test, "integration", "test", "One"); !strings.Contains(out, "\n"+a.due) {
				t.Errorf("before: want %q:\n%s", a.due, out)
			}
			s.steer(a.acts)
			if a.config != "" {
				s.in(exitOK, `{"entityType":"Bill","destination":"Netsuite","name":"One","configData":{"netsuiteDefaultItemId":"199",`+ownItems+
					","+a.config+`}}`,
					"integration", "update", "One", "--file", "-")
			}
			// What the settings do not send again by themselves is retried: after a
			// person opened periods, or approved what nobody could read before.
			for _, filter := range []string{"status:failed", "proof:unread"} {
				s.run(exitOK, "runs", "retry", "--filter", filter, "--yes")
			}
			s.run(exitOK, "send", "--integration", "One", "--from", bills)
			if out := s.run(exitOK, "integration", "coverage", "One"); !strings.Contains(out, "40 Bills: 40 documents, 0 left out, 0 would stop") {
				t.Errorf("coverage:\n%s", out)
			} else {
				for _, want := range a.covered {
					if !strings.Contains(out, want) {
						t.Errorf("%q is not in:\n%s", want, out)
					}
				}
			}
			test = exitNotDelivered
			if a.left == "0 to do" {
				test = exitOK
			}
			if out := s.run(test, "integration", "test", "One"); !strings.Contains(out, "\n"+a.left) {
				t.Errorf("after: want %q:\n%s", a.left, out)
			}
			out := s.run(exitOK, "runs", "list", "--filter", "proof:proven status:complete", "--limit", "100", "--json")
			if n := strings.Count(out, `"status": "COMPLETE"`); n != 40 {
				t.Errorf("%d runs are COMPLETE and proven, want 40: %s", n, s.run(exitOK, "runs", "list"))
			}
			if n := len(s.box.NetSuite().Invoices()); n != 40 {
				t.Errorf("%d documents in NetSuite", n)
			}
			s.tax(a.account == "oneworld" || a.account == "legacy")
		})
	}
}

// tax compares net, tax and total of each run with the document that NetSuite
// shows, and their sums; added tells whether this account adds any tax.
func (s *shop) tax(added bool) {
	s.t.Helper()
	var runs []integration.Run
	s.read(&runs, "runs", "list", "--filter", "proof:proven", "--limit", "100", "--json")
	sum := map[string]decimal.D{}
	for _, r := range runs {
		sum[r.Currency] = sum[r.Currency].Add(r.AmountTax)
		for _, d := range s.box.NetSuite().Invoices() {
			if d.TextOf("externalId") != r.ExternalRef {
				continue
			}
			total, tax := decimal.MustParse(d.TextOf("total")), decimal.D{}
			for _, name := range []string{"taxTotal", "tax2Total"} {
				if text := d.TextOf(name); text != "" {
					tax = tax.Add(decimal.MustParse(text))
				}
			}
			if r.DocumentKind == "creditMemo" {
				total, tax = total.Neg(), tax.Neg()
			}
			if !r.AmountTotal().Equal(total) || !r.AmountTax.Equal(tax) || !r.AmountOut.Equal(total.Sub(tax)) || tax.IsZero() == added {
				s.t.Errorf("%s: %s + %s tax, NetSuite shows %s with %s tax", r.BillRef, r.AmountOut, r.AmountTax, total, tax)
			}
		}
	}
	var t integration.Totals
	s.read(&t, "runs", "totals", "--json")
	for currency, m := range t.Money {
		if !m.Tax.Equal(sum[currency]) || !m.In.Equal(m.Out.Add(m.Open).Add(m.Excluded).Add(m.Rounding)) {
			s.t.Errorf("%s: the sums have %s tax of %s: %+v", currency, m.Tax, sum[currency], m)
		}
	}
	out := filepath.Join(s.dir, "reconciled")
	dates := slices.MinFunc(runs, byDate).DocumentDate + ".." + slices.MaxFunc(runs, byDate).DocumentDate
	s.run(exitOK, "reconcile", dates, "--integration", "One", "--by", "DATE", "--csv", out)
	file, err := os.Open(filepath.Join(out, "documents.csv"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil || !slices.Equal(rows[0][16:19], []string{"net", "tax", "document_total"}) || len(rows) != 41 {
		s.t.Fatalf("%d rows, %v, %v", len(rows), rows[0], err)
	}
	for _, r := range runs {
		i := slices.IndexFunc(rows, func(row []string) bool { return row[2] == r.BillRef })
		for k, want := range []decimal.D{r.AmountOut, r.AmountTax, r.AmountTotal()} {
			if got := rows[i][16+k]; !decimal.MustParse(got).Equal(want) {
				s.t.Errorf("%s: the file has %s %s, want %s", r.BillRef, rows[0][16+k], got, want)
			}
		}
	}
	one, totals := s.run(exitOK, "runs", "show", runs[0].ID), s.run(exitOK, "runs", "totals")
	if strings.Contains(one, "  with tax ") != added || strings.Contains(totals, "TAX ADDED  OUT WITH TAX") != added {
		s.t.Errorf("tax is told: want %v:\n%s\n%s", added, one, totals)
	}
}

func byDate(a, b integration.Run) int { return strings.Compare(a.DocumentDate, b.DocumentDate) }

// read runs a command that prints JSON.
func (s *shop) read(into any, args ...string) {
	s.t.Helper()
	if err := json.Unmarshal([]byte(s.run(exitOK, args...)), into); err != nil {
		s.t.Fatal(err)
	}
}
