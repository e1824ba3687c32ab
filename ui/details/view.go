package details

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"billferry/internal/integration"
	"billferry/internal/spec"
	"billferry/ui/theme"
	"billferry/ui/widget"
)

// SetSize implements screen.Screen.
func (s *Screen) SetSize(width, height int) { s.width, s.height = width, height; s.layout() }

// layout draws the page into lines, of which View shows a window.
func (s *Screen) layout() {
	s.lines = nil
	if s.got != nil {
		s.lines = s.page(s.width - 3)
	}
	s.list.SetSize(s.width-1, s.height)
	s.list.SetRows(max(0, len(s.lines)-s.height+1), func(i int) string { return fmt.Sprint(i) })
}

// View implements screen.Screen.
func (s *Screen) View() string {
	switch {
	case s.got == nil && s.err != nil:
		return widget.Block(" "+theme.Bad.Render("✗ "+widget.Clean(s.err.Error())), s.width, s.height)
	case s.got == nil:
		return widget.Block(" "+s.busy.View("loading"), s.width, s.height)
	}
	// The list's cursor is the first line in view: the page scrolls as lists do.
	return widget.Block(" "+strings.Join(s.lines[min(s.list.Cursor(), len(s.lines)):], "\n "), s.width, s.height)
}

func (s *Screen) page(width int) []string {
	d := s.got
	out := []string{
		widget.Spread(theme.Title.Render(widget.Clean(d.Name)), widget.State(d.Integration), width),
		theme.Dim.Render(widget.Clip(fmt.Sprintf("Entity type %s · Integration destination %s · version %d · id %s", d.EntityType, d.Destination, d.Version, d.ID), width)),
	}
	out = append(out, s.warnings(width)...)
	out = append(out, s.connection(width)...)
	out = append(out, s.today(width)...)
	return append(out, s.configuration(width)...)
}

// warnings says what keeps the integration from working, with the key for it.
func (s *Screen) warnings(width int) []string {
	d := s.got
	var texts []string
	switch {
	case d.Credentials == nil:
		texts = append(texts, fmt.Sprintf("This integration is not yet authenticated for connection to your %s system. Press c to Connect.", d.Destination))
	case !d.Authorized && d.Credentials.Verified:
		texts = append(texts, d.Destination+" no longer accepts the credentials. Press c to Connect again, or t to test them.")
	case !d.Authorized:
		texts = append(texts, "The credentials were saved without being verified. Press c to Connect.")
	}
	if !d.Enabled {
		why := d.DisabledWhy
		if why == "" {
			why = "no reason was recorded"
		}
		texts = append(texts, "Disabled: "+why+". Press x to enable.")
	}
	for _, p := range d.Warnings {
		texts = append(texts, p.Error()+" (e edits)")
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

func (s *Screen) connection(width int) []string {
	c := s.got.Credentials
	if c == nil {
		return nil
	}
	since := "never verified"
	if !c.ConnectedAt.IsZero() && c.Verified {
		since = c.ConnectedAt.UTC().Format("2006-01-02 15:04 UTC")
	}
	out := []string{"", theme.Heading.Render(s.got.Destination + " connection")}
	out = append(out, pairs(width,
		"External Customer Id", c.AccountID, "Client Id", c.ClientID, "Key Id", c.KeyID,
		"Private key", strings.TrimSpace(c.KeyType+" "+c.Algorithm)+", sealed by "+s.env.Info.KeyProtection,
		"Fingerprint (SHA-256)", c.Fingerprint, "Connected since", since)...)
	if c.RESTURL != "" {
		out = append(out, pairs(width, "REST URL", c.RESTURL)...)
	}
	if c.TokenURL != "" {
		out = append(out, pairs(width, "Token URL", c.TokenURL)...)
	}
	return out
}

// today is what the integration did: totals, then the last runs.
func (s *Screen) today(width int) []string {
	d := s.got
	out := []string{"", theme.Heading.Render("Runs")}
	var counts []string
	for _, st := range integration.Statuses {
		if n := d.Totals.ByStatus[st]; n > 0 {
			counts = append(counts, widget.StatusStyle(st).Render(widget.StatusGlyph(st)+" "+string(st))+" "+widget.Count(n))
		}
	}
	if len(counts) == 0 {
		return append(out, theme.Dim.Render("none yet"))
	}
	out = append(out, widget.Clip(strings.Join(counts, " · "), width))
	for _, currency := range slices.Sorted(maps.Keys(d.Totals.Money)) {
		m := d.Totals.Money[currency]
		out = append(out, widget.Clip(fmt.Sprintf("in %s · out %s %s", widget.Amount(m.In), widget.Amount(m.Out), currency), width))
	}
	table := widget.NewTable(width, widget.Column{Width: 26}, widget.Column{Width: 10, Flex: 1}, widget.Column{Width: 12, Flex: 1, Drop: 1},
		widget.Column{Width: 16, Right: true}, widget.Column{Width: 9, Right: true, Drop: 2})
	for _, r := range d.LastRuns {
		out = append(out, table.Row(widget.StatusStyle(r.Status).Render(widget.StatusGlyph(r.Status)+" "+string(r.Status)),
			widget.Clean(r.AccountCode), widget.Clean(r.BillRef), widget.Amount(r.AmountIn)+" "+r.Currency, widget.Ago(s.env.Now(), r.Modified)))
	}
	return out
}

// configuration lists every setting by panel.
func (s *Screen) configuration(width int) []string {
	f, ok := s.env.Service.Catalog().Form(s.got.EntityType, s.got.Destination)
	if !ok {
		return []string{"", "This version does not know the settings of " + s.got.Destination + "."}
	}
	var out []string
	for _, p := range spec.Panels {
		var values []string
		for _, x := range f.Fields {
			if x.Panel != p || x.Key == "name" {
				continue
			}
			values = append(values, x.Label, x.Show(s.got.ConfigData.Get(x.Key)))
		}
		if len(values) > 0 {
			out = append(out, "", theme.Heading.Render(string(p)))
			out = append(out, pairs(width, values...)...)
		}
	}
	return out
}

// pairs draws labels and values in two columns.
func pairs(width int, labelsAndValues ...string) []string {
	var out []string
	label := min(38, width*45/100)
	for i := 0; i+1 < len(labelsAndValues); i += 2 {
		value := widget.Clean(labelsAndValues[i+1])
		if value == "" {
			value = "–"
		}
		out = append(out, "  "+theme.Dim.Render(widget.Fit(labelsAndValues[i], label))+" "+widget.Clip(value, max(1, width-label-3)))
	}
	return out
}
