package connect

import (
	"strings"

	"billferry/ui/theme"
	"billferry/ui/widget"
)

// The modal grows with what it has to say, up to this.
const (
	maxWidth   = 92
	maxHeight  = 24
	statusMost = 13
)

// SetSize implements screen.Screen.
func (d *Dialog) SetSize(width, height int) {
	d.width, d.height = min(width, maxWidth), min(height, maxHeight)
}

// View implements screen.Screen.
func (d *Dialog) View() string {
	width, height := d.width-4, d.height-2
	status := d.status(width)
	room := max(min(6, height/2), min(len(status), statusMost, height-6))
	d.form.SetSize(width, height)
	d.form.SetSize(width, min(d.form.Height(), height-room-1))
	rule := theme.Dim.Render(strings.Repeat("─", width))
	body := d.form.View() + "\n" + rule + "\n" + widget.Block(strings.Join(status, "\n"), width, room)
	return widget.Frame(d.Title(), body, d.width)
}

// status is what stands below the fields: the checks while they run or have
// failed, else the key and help.
func (d *Dialog) status(width int) []string {
	if d.steps.on || d.err != nil {
		out := d.steps.lines(width)
		if state := d.busy.View("asking " + d.words.System + ", esc stops"); state != "" && d.steps.on {
			out = append(out, state)
		}
		if d.err != nil && !d.steps.told() {
			out = append(out, failed(d.err, width)...)
		}
		if d.err != nil {
			out = append(out, theme.Dim.Render("f3 saves the credentials without asking "+d.words.System))
		}
		return out
	}
	out := d.keyLines(width)
	if d.note != "" {
		out = append(out, widget.Wrap(widget.Clean(d.note), width)...)
	}
	if demo := d.demo(); demo != nil && d.note == "" {
		out = append(out, theme.Dim.Render("demo, f2 fills this in:"))
		for _, l := range demo.Told {
			out = append(out, widget.Wrap(l, width)...)
		}
	}
	return append(out, d.form.Help(width)...)
}

// keyLines says what the private key is, or what is wrong with it.
func (d *Dialog) keyLines(width int) []string {
	k := d.key
	switch {
	case k.open:
		return []string{theme.Dim.Render("reading the pasted key …")}
	case k.err != nil:
		var out []string
		if !d.form.Faulty(d.keyID) { // else it stands beside the field
			out = append(out, failed(k.err, width)...)
		}
		if n := len(k.files); n > 0 {
			out = append(out, theme.Dim.Render(widget.Clip("tab: "+strings.Join(k.files[:min(n, 5)], "  "), width)))
		}
		return out
	case !k.pem.Empty():
		return []string{
			theme.Good.Render(widget.Clip("✓ "+k.info.Type+", signs with "+k.info.Algorithm, width)),
			theme.Dim.Render(widget.Clip("  SHA-256 "+k.info.Fingerprint, width)),
		}
	}
	return nil
}
