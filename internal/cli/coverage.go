package cli

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"billferry/internal/decimal"
	"billferry/internal/runfilter"
	"billferry/internal/service"
)

func coverageCommand(e *env) *cobra.Command {
	var since, file string
	var limit int
	c := &cobra.Command{
		Use: "coverage ID", Short: "Which Bills the settings fill fields on, and what other settings would change",
		ValidArgsFunction: e.firstIntegration,
		Long: `Coverage maps the Bills that are kept, as an attempt would, and sends nothing. It
tells on how many Bills each field is filled and which accounts lack it, and the
money by the rule that chose the item, the default item apart.

With --file it compares the settings of a file with those that are stored: Bill by
Bill what differs in the documents, and the money of each rule and item before and
after. Nothing is saved.

It ends with 3 when Bills would stop, under the settings of the file if there is
one, and with 1 when what they need could not be asked for.`,
		Example: "  billferry integration coverage US --since 30d\n  billferry integration coverage US --file new.yaml",
		RunE: func(c *cobra.Command, args []string) error {
			if err := atLeast(1, "limit", limit); err != nil {
				return err
			}
			f, err := runfilter.Parse("since:"+since, time.Now())
			if err != nil {
				return usagef("--since: %w", err)
			}
			q := service.CoverageRequest{Since: f.Since, Limit: limit}
			var d document
			if file != "" {
				if d, err = e.readDocument(file); err != nil {
					return err
				}
				if q.ConfigData = d.ConfigData; q.ConfigData == nil {
					return fmt.Errorf("%s: there is no configData in it", d.at(""))
				}
			}
			s, in, err := e.openOne(c.Context(), args[0])
			if err != nil {
				return err
			}
			if file != "" {
				if err := d.spelling(s.Catalog(), in.EntityType, in.Destination); err != nil {
					return err
				}
			}
			q.IntegrationID = in.ID
			b, began := newBar(e.err), time.Now()
			got, err := s.Coverage(c.Context(), q, func(st service.Step) {
				var done, all int
				if _, err := fmt.Sscanf(st.Detail, "%d of %d", &done, &all); err == nil {
					b.draw(done, all, time.Since(began))
				}
			})
			b.clear()
			switch {
			case err != nil && file != "":
				return d.blame(err)
			case err != nil:
				return err
			}
			if err := e.print(got, func(w io.Writer) { writeCoverage(w, got) }); err != nil {
				return err
			}
			return stopped(got)
		},
	}
	c.Flags().StringVar(&since, "since", "30d", "Bills of runs made since then: 30d, 2w, today, 2026-11-01")
	c.Flags().StringVarP(&file, "file", "f", "", "YAML or JSON file with other settings to compare with; - is standard input")
	c.Flags().IntVar(&limit, "limit", service.CoverageLimit, "Bills to look at, the latest first")
	return c
}

// stopped is the error of Bills that would not be sent as things are.
func stopped(c service.Coverage) error {
	stops := c.Stops
	if c.Change != nil {
		stops = c.Change.Stops
	}
	if len(stops) == 0 {
		return nil
	}
	waits := slices.IndexFunc(stops, func(s service.DryRun) bool { return s.Verdict == service.WouldWait })
	if waits < 0 || slices.ContainsFunc(stops, func(s service.DryRun) bool { return s.Verdict == service.WouldStop }) {
		return errToDo
	}
	return fmt.Errorf("what the Bills need could not be asked for: %s", stops[waits].Reason)
}

func writeCoverage(w io.Writer, c service.Coverage) {
	stop, unknown := 0, 0
	for _, s := range c.Stops {
		if s.Verdict == service.WouldWait {
			unknown += s.Runs
		} else {
			stop += s.Runs
		}
	}
	line := fmt.Sprintf("%d Bills: %d documents, %d left out, %d would stop", c.Bills, c.Documents, c.LeftOut, stop)
	if unknown > 0 {
		line += fmt.Sprintf(", %d cannot be told now", unknown)
	}
	_, _ = fmt.Fprintln(w, line)
	for _, s := range c.Stops {
		_, _ = fmt.Fprintf(w, "  %d %s: %s\n    %s\n", s.Runs, s.Cause, clean(s.Reason), clean(s.Advice))
	}
	if len(c.Fields) > 0 {
		rows := make([][]string, len(c.Fields))
		for i, f := range c.Fields {
			rows[i] = []string{f.Field, fmt.Sprintf("%d of %d Bills", f.Filled, f.Of), firstOf(f.NotOn)}
		}
		_, _ = fmt.Fprintln(w)
		table(w, "FIELD|>FILLED ON|NOT ON", rows)
	}
	if len(c.Money) > 0 {
		_, _ = fmt.Fprintln(w)
		writeItemMoney(w, c)
	}
	if c.Change != nil {
		writeChange(w, c)
	}
}

// firstOf lists the first of some names.
func firstOf(names []string) string {
	const most = 8
	if len(names) > most {
		return clean(strings.Join(names[:most], ", ")) + fmt.Sprintf(" and %d more", len(names)-most)
	}
	return clean(strings.Join(names, ", "))
}

// writeItemMoney shows what each rule put on each item; the default item comes
// last, with a line of its own.
func writeItemMoney(w io.Writer, c service.Coverage) {
	head, rows := "RULE|ITEM|CURRENCY|>LINES|>AMOUNT|>SHARE", [][]string{}
	if c.Change != nil {
		head += "|>AFTER|>DIFFERENCE"
	}
	sums, after := map[string]decimal.D{}, map[string]decimal.D{}
	for _, last := range []bool{false, true} {
		for _, m := range c.Money {
			if m.Default != last {
				continue
			}
			row := []string{clean(m.Rule), clean(strings.TrimSpace(m.Item + " " + m.Name)), m.Currency, strconv.Itoa(m.Lines),
				money(m.Amount), m.Percent + " %"}
			if m.Percent == "" {
				row[5] = ""
			}
			if c.Change != nil {
				row = append(row, money(m.After), money(m.After.Sub(m.Amount)))
			}
			rows = append(rows, row)
			if last {
				sums[m.Currency], after[m.Currency] = sums[m.Currency].Add(m.Amount), after[m.Currency].Add(m.After)
			}
		}
	}
	table(w, head, rows)
	for _, iso := range slices.Sorted(maps.Keys(sums)) {
		then := ""
		if c.Change != nil {
			then = ", after " + money(after[iso])
		}
		_, _ = fmt.Fprintf(w, "on the default item alone: %s %s%s\n", money(sums[iso]), iso, then)
	}
}

func writeChange(w io.Writer, c service.Coverage) {
	_, _ = fmt.Fprintf(w, "\nwith these settings %d of %d Bills would have another document\n", len(c.Change.Bills), c.Bills)
	for _, s := range c.Change.Stops {
		_, _ = fmt.Fprintf(w, "  %d would stop, %s: %s\n", s.Runs, s.Cause, clean(s.Reason))
	}
	if len(c.Change.Bills) == 0 {
		return
	}
	rows := make([][]string, len(c.Change.Bills))
	for i, b := range c.Change.Bills {
		rows[i] = []string{clean(b.Bill), clean(b.Account), clean(strings.Join(b.What, "; "))}
	}
	_, _ = fmt.Fprintln(w)
	table(w, "BILL|ACCOUNT|WHAT DIFFERS", rows)
}
