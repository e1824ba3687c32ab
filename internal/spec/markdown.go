package spec

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Markdown writes every setting of the form as one table with a row before each
// panel, for README: of what a setting does the gist. Text has it whole.
func (f Form) Markdown() string {
	var b strings.Builder
	b.WriteString("| setting | key | default | what it does |\n| --- | --- | --- | --- |\n")
	f.each(func(title string, fields []Field) {
		fmt.Fprintf(&b, "| **%s** | | | |\n", title)
		for _, x := range fields {
			value := "–"
			if d := x.defaultText(); d != "" {
				value = "`" + d + "`"
			}
			fmt.Fprintf(&b, "| %s | `%s` | %s | %s |\n", x.mark(), x.Key, value, cell(x.gist()+x.choices()))
		}
	})
	b.WriteByte('\n')
	return b.String()
}

// Text writes the settings of the form for a terminal, panel by panel.
func (f Form) Text() string {
	var b strings.Builder
	f.each(func(title string, fields []Field) {
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%s\n", strings.ToUpper(title))
		for _, x := range fields {
			fmt.Fprintf(&b, "\n%s\n  %s", x.mark(), x.Key)
			if d := x.defaultText(); d != "" {
				fmt.Fprintf(&b, ", by default %s", d)
			}
			fmt.Fprintf(&b, "\n  %s\n", x.Help)
			if x.Kind != Enum {
				continue
			}
			for _, o := range x.Options {
				fmt.Fprintf(&b, "    %s: %s\n", o.Value, cmp.Or(o.Help, o.Label))
			}
		}
	})
	return b.String()
}

// Find gives the settings that have a text in name, key or help, in any letter case.
func (f Form) Find(text string) (fields, auth []Field) {
	text = strings.ToLower(text)
	without := func(x Field) bool {
		return !strings.Contains(strings.ToLower(x.Label+"\n"+x.Key+"\n"+x.Help), text)
	}
	return slices.DeleteFunc(slices.Clone(f.Fields), without), slices.DeleteFunc(slices.Clone(f.Auth), without)
}

// each calls with every panel that has settings, in the order of the screen.
func (f Form) each(call func(title string, fields []Field)) {
	for _, p := range Panels {
		if in := slices.DeleteFunc(slices.Clone(f.Fields), func(x Field) bool { return x.Panel != p }); len(in) > 0 {
			call(string(p), in)
		}
	}
	if len(f.Auth) > 0 {
		call(f.Title(), f.Auth)
	}
}

func (f Field) mark() string {
	s := f.Label
	if f.Required {
		s += " (required)"
	}
	if f.Ours {
		s += " (ours)"
	}
	return s
}

// defaultText is the default as JSON; "" when there is none that says anything.
func (f Field) defaultText() string {
	if f.Kind.Hidden() || f.Required && f.Default == nil {
		return ""
	}
	v, err := json.Marshal(f.zero())
	if err != nil || string(v) == `""` {
		return ""
	}
	return string(v)
}

// choices names the values of an enum, and what screens call a value where that is
// in other words; the long lists of maps have their own page.
func (f Field) choices() string {
	if f.Kind != Enum {
		return ""
	}
	var s []string
	for _, o := range f.Options {
		if c := "`" + o.Value + "`"; strings.EqualFold(strings.ReplaceAll(o.Value, "_", " "), o.Label) {
			s = append(s, c)
		} else {
			s = append(s, c+" "+o.Label)
		}
	}
	return " One of: " + strings.Join(s, "; ") + "."
}

// gist is the first sentence of the help, and what a switch does when it is off.
func (f Field) gist() string {
	said, rest := firstSentence(f.Help)
	if strings.HasPrefix(rest, "Off: ") {
		off, _ := firstSentence(rest)
		said += " " + off
	}
	return said
}

// firstSentence ends at the first point before a capital.
func firstSentence(s string) (first, rest string) {
	for i := 0; i+2 < len(s); i++ {
		if s[i] == '.' && s[i+1] == ' ' && s[i+2] >= 'A' && s[i+2] <= 'Z' {
			return s[:i+1], s[i+2:]
		}
	}
	return s, ""
}

func cell(s string) string { return strings.ReplaceAll(strings.ReplaceAll(s, "|", "\\|"), "\n", " ") }
