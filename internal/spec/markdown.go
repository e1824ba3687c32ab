package spec

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Markdown writes every setting of the form as one table with a row before each
// panel: what README shows is what the wizard draws and the API checks.
func (f Form) Markdown() string {
	var b strings.Builder
	b.WriteString("| setting | key | default | what it does |\n| --- | --- | --- | --- |\n")
	for _, p := range append(Panels[:len(Panels):len(Panels)], Auth) {
		fields := f.Fields
		if p == Auth {
			fields = f.Auth
		}
		head := false
		for _, x := range fields {
			if x.Panel != p {
				continue
			}
			if !head {
				title := string(p)
				if p == Auth {
					title = f.Title()
				}
				fmt.Fprintf(&b, "| **%s** | | | |\n", title)
				head = true
			}
			fmt.Fprintf(&b, "| %s | `%s` | %s | %s |\n", x.mark(), x.Key, x.defaultText(), cell(x.Help+x.choices()))
		}
	}
	b.WriteByte('\n')
	return b.String()
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

func (f Field) defaultText() string {
	if f.Kind.Hidden() || f.Required && f.Default == nil {
		return "–"
	}
	v, err := json.Marshal(f.zero())
	if err != nil || string(v) == `""` {
		return "–"
	}
	return "`" + string(v) + "`"
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

func cell(s string) string { return strings.ReplaceAll(strings.ReplaceAll(s, "|", "\\|"), "\n", " ") }
