package netsuite

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"
)

// around is how far from the cut-over documents of other software are looked for:
// later ones are a person's work more often than another integration's.
const around = 31

// otherSoftware tells documents of the same customers that no integration of ours
// made: before Send From they are expected, after it a Bill may be there twice.
func (d *doctor) otherSoftware(ctx context.Context) (string, error) {
	entities := d.customerList()
	sendFrom := d.n.Values.Text(keySendFrom)
	day, err := time.Parse(time.DateOnly, cmp.Or(sendFrom, d.n.Since.UTC().Format(time.DateOnly)))
	if entities == "" || len(d.n.Prefixes) == 0 || sendFrom == "" && d.n.Since.IsZero() || err != nil {
		return "no Bill has told yet whose documents are looked for", nil
	}
	from, to := day.AddDate(0, 0, -around).Format(time.DateOnly), day.AddDate(0, 0, around).Format(time.DateOnly)
	if sendFrom != "" {
		from = sendFrom
	}
	prefix, params := ours(d.n.Prefixes)
	rows, err := d.c.suiteql(ctx, "look for documents of other software", "SELECT t.id, t.tranid, TO_CHAR(t.trandate, 'YYYY-MM-DD') AS d "+
		"FROM transaction t WHERE "+theTypes+" AND t.entity IN ("+entities+
		") AND t.trandate BETWEEN TO_DATE(?, 'YYYY-MM-DD') AND TO_DATE(?, 'YYYY-MM-DD') AND (t.externalid IS NULL OR NOT "+prefix+
		") ORDER BY t.trandate, t.id", mostOptions, nil, append([]string{from, to}, params...)...)
	if err != nil {
		return d.unseen(err, "the role does not see the documents that other software made")
	}
	if len(rows) == 0 {
		return fmt.Sprintf("no other software made documents for the customers from %s to %s", from, to), nil
	}
	names := make([]string, len(rows))
	for i, r := range rows {
		names[i] = cmp.Or(string(r["tranid"]), string(r["id"])) + " of " + string(r["d"])
	}
	detail := fmt.Sprintf("from %s to %s the customers have %d documents that billferry did not make: %s", from, to, len(rows), some(names))
	next, err := time.Parse(time.DateOnly, string(rows[len(rows)-1]["d"]))
	if err != nil {
		return "", badAnswer(err)
	}
	remedy := fmt.Sprintf("where another integration made them, stop it and set Send From to the day after its last one (%s); "+
		"void what is there twice", next.AddDate(0, 0, 1).Format(time.DateOnly))
	return "", &todo{detail, remedy}
}

// prepaid tells prepayments on items that are not theirs.
func (d *doctor) prepaid(context.Context) (string, error) {
	p := d.n.Prepaid
	if p == nil {
		return "no kept Bill has a prepayment fee or draw-down", nil
	}
	var faults []string
	if len(p.Shared) > 0 {
		faults = append(faults, "prepayment fees and draw-downs land on item "+some(p.Shared)+", which takes usage as well: a fee there is "+
			"revenue at once")
	}
	if p.Default > 0 {
		faults = append(faults, fmt.Sprintf("%d of %d Bills with prepayments have them on the default item", p.Default, p.Bills))
	}
	if len(faults) > 0 {
		return "", &todo{strings.Join(faults, "; "), "set " + labelCommitmentItem + " or " + labelItemMapping +
			" to an item whose account is a liability, and Prepayment Items to TYPE_FIRST where products have their own"}
	}
	return fmt.Sprintf("the prepayments of %d Bills have items of their own", p.Bills), nil
}
