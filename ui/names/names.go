// Package names asks what ids are called, for screens.
package names

import (
	"context"
	"maps"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/service"
	"billferry/ui/load"
)

// Names are what ids are called; "" stands for one that was asked for.
type Names map[string]string

// Ask asks what ids are called, each once; nil when all were asked for. then is called in
// the Update of owner that takes the names. They are a help: without one there is the id.
func (n *Names) Ask(svc service.Service, owner any, q service.NamesRequest, then func()) tea.Cmd {
	q.Items, q.Accounts = n.unasked(q.Items), n.unasked(q.Accounts)
	if len(q.Items)+len(q.Accounts) == 0 {
		return nil
	}
	return load.Do(owner, load.Deadline, func(ctx context.Context) (map[string]string, error) { return svc.Names(ctx, q) },
		func(names map[string]string, _ error) tea.Cmd {
			if *n == nil { // they were dropped meanwhile, to be asked for anew
				*n = Names{}
			}
			maps.Copy(*n, names)
			then()
			return nil
		})
}

func (n *Names) unasked(ids []string) (out []string) {
	if *n == nil {
		*n = Names{}
	}
	for _, id := range ids {
		if _, asked := (*n)[id]; id != "" && !asked {
			(*n)[id] = ""
			out = append(out, id)
		}
	}
	return out
}
