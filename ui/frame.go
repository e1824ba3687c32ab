package ui

import (
	"fmt"
	"strings"

	"billferry/ui/screen"
	"billferry/ui/theme"
	"billferry/ui/widget"
)

// The lines around a screen: header, the line where messages appear, footer.
const chrome = 3

// bodySize is the room of a screen.
func (r *root) bodySize() (width, height int) {
	return max(minWidth, r.width), max(minHeight, r.height) - chrome - r.strip
}

// View draws exactly the terminal: never a line more, never a cell wider.
func (r *root) View() string {
	if r.width == 0 || r.height == 0 {
		return "" // the terminal has not told its size yet
	}
	if r.state().tooSmall {
		return r.tooSmall()
	}
	width, _ := r.bodySize()
	lines := append([]string{""}, strings.Split(r.body(), "\n")...)
	for i, l := range r.toast.lines(width) {
		lines[i] = l
	}
	all := append([]string{r.header()}, lines...)
	if r.strip > 0 {
		all = append(all, r.tour.Lines(width, r.height)...)
	}
	all = append(all, r.footer())
	frame := widget.Guard(widget.Block(strings.Join(all, "\n"), width, r.height))
	if r.ascii {
		return widget.ASCII(frame)
	}
	return frame
}

// body is the screen with its dialogs.
func (r *root) body() string {
	width, height := r.bodySize()
	body := widget.Block(r.stack[len(r.stack)-1].View(), width, height)
	for _, d := range r.dialogs {
		body = widget.Overlay(body, d.View(), width, height)
	}
	return body
}

func (r *root) tooSmall() string {
	lines := make([]string, r.height)
	text := []string{
		fmt.Sprintf("billferry needs %dx%d,", minWidth, minHeight),
		fmt.Sprintf("this terminal is %dx%d.", r.width, r.height),
		"Make it larger; ctrl+c quits.",
	}
	for i, l := range text {
		if at := max(0, r.height/2-1) + i; at < r.height {
			lines[at] = l
		}
	}
	return widget.Block(strings.Join(lines, "\n"), r.width, r.height)
}

// header says where you are and whose data it is.
func (r *root) header() string {
	var crumbs []string
	for i, s := range r.stack {
		title := widget.Clean(s.Title())
		if i > 0 { // "Acme US › runs" under the integration's page, "Acme US · runs" elsewhere
			title = strings.TrimPrefix(title, widget.Clean(r.stack[i-1].Title())+" · ")
		}
		crumbs = append(crumbs, title)
	}
	left := trail(crumbs, r.width-widget.Cells(r.whose(0))-4)
	return widget.Spread(left, r.whose(r.width-widget.Cells(left)-2)+" ", r.width)
}

// trail is the way here in at most room cells. Where it is too long the
// beginning goes: what is on the screen is what one must be able to read.
func trail(crumbs []string, room int) string {
	last := len(crumbs) - 1
	way := ""
	for _, c := range crumbs[:last] {
		way += c + " › "
	}
	for cut := 1; cut <= last && widget.Cells(way+crumbs[last]) > room; cut++ {
		way = "… › "
		for _, c := range crumbs[cut:last] {
			way += c + " › "
		}
	}
	return " " + theme.Crumb.Render(way) + theme.Title.Render(crumbs[last])
}

// whose says whose data it is, in as many words as there is room for: where
// you are matters more, and that it is a sandbox most of all.
func (r *root) whose(room int) string {
	info := r.env.Info
	parts := []string{
		widget.Clip(widget.Clean(info.Called()), 24),
		info.Mode + " store",
	}
	badge := ""
	if info.Sandbox {
		badge = theme.Badge.Render("SANDBOX")
		parts = append(parts, badge)
	}
	for _, choice := range []string{strings.Join(parts, " · "), parts[0] + " " + badge} {
		if widget.Cells(choice) <= room {
			return choice
		}
	}
	return badge
}

// hints are the keys that the footer has room for, from the same key map as the
// help, and what it ends with.
func (r *root) hints() (shown []screen.Key, end string) {
	top := r.top()
	end = "? help"
	if top.Typing() || len(r.dialogs) > 0 {
		end = "f1 help"
	}
	room, used := r.width-widget.Cells(end)-4, 0
	var last []screen.Key
	if len(r.stack) == 1 && end == "? help" && r.env.Info.Demo != nil { // where a newcomer begins
		last = []screen.Key{demoKey}
		room -= widget.Cells(hint(demoKey)) + 3
	}
	for _, k := range top.Keys() {
		if !k.Footer {
			continue
		}
		w := widget.Cells(hint(k))
		if used+3+w > room {
			break
		}
		if len(shown) > 0 {
			used += 3
		}
		used += w
		shown = append(shown, k)
	}
	return append(shown, last...), end
}

// footer shows the keys that work here.
func (r *root) footer() string {
	hints, end := r.hints()
	line := ""
	for _, k := range hints {
		line += hint(k) + theme.Dim.Render(" · ")
	}
	return widget.Clip(" "+line+end, r.width)
}

func hint(k screen.Key) string {
	h := k.Help()
	if k.Disabled != "" {
		return theme.Dim.Render(h.Key + " " + h.Desc)
	}
	return theme.Key.Render(h.Key) + " " + h.Desc
}
