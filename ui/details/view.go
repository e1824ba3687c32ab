package details

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/spec"
	"billferry/ui/theme"
	"billferry/ui/widget"
)

// SetSize implements screen.Screen.
func (s *Screen) SetSize(width, height int) { s.width, s.height = width, height; s.layout() }

// layout draws the page, of which View shows a window.
func (s *Screen) layout() {
	s.page.SetSize(s.width-1, s.height)
	if s.got != nil {
		s.page.Set(s.text(s.width - 3))
	}
}

// View implements screen.Screen.
func (s *Screen) View() string {
	switch {
	case s.got == nil && s.err != nil:
		return widget.Block(" "+theme.Bad.Render("✗ "+widget.Clean(s.err.Error())), s.width, s.height)
	case s.got == nil:
		return widget.Block(" "+s.busy.View("loading"), s.width, s.height)
	}
	return s.menu.Over(widget.Indent(s.page.View()), s.width, s.height)
}

func (s *Screen) text(width int) []string {
	d := s.got
	out := []string{
		widget.Spread(theme.Title.Render(widget.Clean(d.Name)), widget.State(d.Integration), width),
	}
	for _, l := range identity(d.Integration, width) {
		out = append(out, theme.Dim.Render(l))
	}
	out = append(out, s.warnings(width)...)
	out = append(out, s.connection(width)...)
	out = append(out, s.runs(width)...)
	return append(out, s.configuration(width)...)
}

// identity says what the integration is, in two lines where one is too short
// for the id: it is what one copies.
func identity(in integration.Integration, width int) []string {
	what := fmt.Sprintf("Entity type %s · Integration destination %s", in.EntityType, in.Destination)
	id, version := "id "+in.ID, fmt.Sprintf(" · version %d", in.Version)
	for _, line := range []string{what + " · " + id + version, what + " · " + id} {
		if widget.Cells(line) <= width {
			return []string{line}
		}
	}
	return []string{widget.Clip(what, width), widget.Clip(id+version, width)}
}

// warnings says what keeps the integration from working, with the key for it.
func (s *Screen) warnings(width int) []string {
	d := s.got
	var texts []string
	switch {
	case d.Credentials == nil:
		texts = append(texts, fmt.Sprintf("This integration is not yet authenticated for connection to your %s system. Press c to Connect.",
			d.Destination))
	case !d.Authorized && d.Credentials.Verified:
		texts = append(texts, d.Destination+" no longer accepts the credentials. Press c to Connect again, or t to test them.")
	case !d.Authorized:
		texts = append(texts, "The credentials were saved without being verified. Press c to Connect.")
	}
	if text := s.certificate(); text != "" {
		texts = append(texts, text)
	}
	if !d.Enabled {
		why := d.DisabledWhy
		if why == "" {
			why = "no reason was recorded"
		}
		texts = append(texts, "Disabled: "+why+". x and then e enables it.")
	}
	for _, p := range d.Warnings {
		texts = append(texts, p.Error()+" (e edits)")
	}
	for _, o := range d.Overlaps {
		texts = append(texts, o.String()+" (e edits)")
	}
	var out []string
	for _, t := range texts {
		for i, l := range widget.Wrap(widget.Clean(t), width-2) {
			mark := "! "
			if i > 0 {
				mark = "  "
			}
			out = append(out, theme.Warn.Render(mark+l))
		}
	}
	return out
}

// certificate warns of the end of the key's certificate; "" while it is far.
func (s *Screen) certificate() string {
	c := s.got.Credentials
	if c == nil || c.CertificateEnds.IsZero() {
		return ""
	}
	ends, now := c.CertificateEnds, s.env.Now()
	mend := "Press c, make a new key with ctrl+g and upload its certificate to " + s.got.Destination + "."
	switch {
	case !ends.After(now):
		return fmt.Sprintf("The certificate of the key ended on %s: %s takes the key no longer. %s", ends.UTC().Format("2006-01-02"),
			s.got.Destination, mend)
	case ends.Sub(now) < integration.CertificateWarned:
		return fmt.Sprintf("The certificate of the key ends in %s, on %s. %s", widget.Span(ends.Sub(now)), ends.UTC().Format("2006-01-02"), mend)
	}
	return ""
}

func (s *Screen) connection(width int) []string {
	c := s.got.Credentials
	if c == nil {
		return nil
	}
	since := "never verified"
	if !c.ConnectedAt.IsZero() && c.Verified {
		since = c.ConnectedAt.UTC().Format("2006-01-02 15:04 UTC")
	}
	f, _ := s.env.Service.Catalog().Form(s.got.EntityType, s.got.Destination)
	var facts, last []string
	for _, x := range f.Auth {
		sealed := "sealed by " + s.env.Info.KeyProtection
		switch {
		case x.Kind == spec.Key:
			facts = append(facts, "Private key", strings.TrimSpace(c.KeyType+" "+c.Algorithm)+", "+sealed)
		case x.Kind.Hidden():
			facts = append(facts, x.Label, sealed)
		case !x.Ours:
			facts = append(facts, x.Label, c.Values.Text(x.Key))
		case c.Values.Text(x.Key) != "":
			last = append(last, x.Label, c.Values.Text(x.Key))
		}
	}
	facts = append(facts, "Fingerprint (SHA-256)", c.Fingerprint, "Connected since", since)
	if !c.CertificateEnds.IsZero() {
		facts = append(facts, "Certificate", "valid until "+c.CertificateEnds.UTC().Format("2006-01-02"))
	}
	facts = append(facts, last...)
	return append([]string{"", theme.Heading.Render(s.got.Destination + " connection")}, pairs(width, labelWidth(facts), facts...)...)
}

// runs is what the integration did: this day, in all, and last.
func (s *Screen) runs(width int) []string {
	d := s.got
	out := []string{"", theme.Heading.Render("Runs")}
	if len(d.LastRuns) == 0 {
		return append(out, theme.Dim.Render("none yet"))
	}
	out = append(out, totals("Today", s.today, width)...)
	if !maps.Equal(s.today.ByStatus, d.Totals.ByStatus) { // else every run is of today
		out = append(out, totals("In all", d.Totals, width)...)
	}
	if text := widget.Requeuing(s.info.Requeueing, s.info.RequeueingOf); text != "" {
		out = append(out, theme.Warn.Render(widget.Clip(text, width)))
	}
	table := widget.NewTable(width, widget.Column{Width: 26}, widget.Column{Width: 10, Flex: 1}, widget.Column{Width: 12, Flex: 1, Drop: 1},
		widget.Column{Width: 16, Right: true}, widget.Column{Width: 9, Right: true, Drop: 2})
	for _, r := range d.LastRuns {
		standing, style := widget.Standing(r)
		out = append(out, table.Row(style.Render(standing),
			widget.Clean(r.AccountRef()), widget.Clean(r.BillRef), widget.Money(r.AmountIn, r.Currency)+" "+widget.Clean(r.Currency),
			widget.Ago(s.env.Now(), r.Modified)))
	}
	return out
}

// totals draws counts by status, then the money, a line for each currency.
func totals(title string, t integration.Totals, width int) []string {
	var counts []string
	for _, x := range t.Standings() {
		word := theme.Dim.Render("– " + x.Word)
		if x.Status != "" {
			word = widget.StatusStyle(x.Status).Render(widget.StatusGlyph(x.Status) + " " + x.Word)
		}
		counts = append(counts, word+" "+widget.Count(x.Runs))
	}
	if len(counts) == 0 {
		counts = []string{"none"}
	}
	out := []string{widget.Fit(title, 8)}
	for i, c := range counts { // on as many lines as they take
		line := out[len(out)-1]
		switch {
		case i == 0:
			out[0] += c
		case widget.Cells(line+" · "+c) > width:
			out = append(out, widget.Fit("", 8)+c)
		default:
			out[len(out)-1] = line + " · " + c
		}
	}
	for _, currency := range slices.Sorted(maps.Keys(t.Money)) {
		out = append(out, moneyLines(currency, t.Money[currency], width)...)
	}
	return out
}

// moneyLines shows the figures of a currency, on as many lines as they take:
// what came in is out, open, excluded or a part of a cent.
func moneyLines(currency string, m integration.Money, width int) []string {
	const indent = 8
	lines, line := []string{}, fmt.Sprintf("%*s%-3s", indent, "", widget.Clean(currency))
	for _, x := range []struct {
		name   string
		d      decimal.D
		always bool
	}{{"in", m.In, true}, {"out", m.Out, true}, {"not proven", m.Unproven, false}, {"not posted", m.Unposted, false},
		{"open", m.Open, true}, {"excluded", m.Excluded, false}, {"rounding", m.Rounding, false}, {"tax added", m.Tax, false}} {
		if !x.always && x.d.IsZero() {
			continue
		}
		amount := widget.Money(x.d, currency)
		if x.name == "rounding" {
			amount = widget.Amount(x.d, currency) // whose digits are those that a currency has not
		}
		text := "  " + x.name + " " + widget.FitRight(amount, 14)
		if widget.Cells(line+text) > width && strings.TrimSpace(line) != "" {
			lines, line = append(lines, line), strings.Repeat(" ", indent+3)
		}
		line += text
	}
	return append(lines, widget.Clip(line, width))
}

// configuration lists every setting by panel.
func (s *Screen) configuration(width int) []string {
	f, ok := s.env.Service.Catalog().Form(s.got.EntityType, s.got.Destination)
	if !ok {
		return []string{"", "This version does not know the settings of " + s.got.Destination + "."}
	}
	var out, labels []string
	for _, x := range f.Fields {
		labels = append(labels, x.Label, "")
	}
	for _, p := range spec.Panels {
		var values []string
		for _, x := range f.Fields {
			if x.Panel != p || x.Key == "name" || !x.Shown(s.got.ConfigData) {
				continue
			}
			values = append(values, x.Label, widget.Clean(x.ShowNamed(s.got.ConfigData.Get(x.Key), s.names)))
		}
		if len(values) > 0 {
			out = append(out, "", theme.Heading.Render(string(p)))
			out = append(out, pairs(width, labelWidth(labels), values...)...)
		}
	}
	return out
}

// labelWidth is the room that the labels among labels and values take.
func labelWidth(labelsAndValues []string) int {
	n := 0
	for i := 0; i < len(labelsAndValues); i += 2 {
		n = max(n, widget.Cells(labelsAndValues[i]))
	}
	return n + 1
}

// pairs draws labels and values in two columns; a long value goes on below.
func pairs(width, label int, labelsAndValues ...string) []string {
	var out []string
	label = min(label, width*45/100)
	for i := 0; i+1 < len(labelsAndValues); i += 2 {
		value := widget.Clean(labelsAndValues[i+1])
		if value == "" {
			value = "–"
		}
		head := "  " + theme.Dim.Render(widget.Fit(labelsAndValues[i], label)) + " "
		for _, l := range widget.Wrap(value, max(1, width-label-3)) {
			out = append(out, head+l)
			head = strings.Repeat(" ", label+3)
		}
	}
	return out
}
