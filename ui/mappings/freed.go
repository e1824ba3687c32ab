package mappings

import (
	"strings"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/spec"
	"billferry/ui/widget"
)

// Freed says what saved mappings do for the runs that waited: they go on, in the words of
// the caller, except those of integrations that use no mappings of accounts. off is
// whether there are such, which a person may want to change.
func Freed(catalog spec.Catalog, all []service.Summary, goOn string, saved ...integration.ExternalMapping) (text string, off bool) {
	var without []string
	var setting spec.Field
	uses := false
	for i := range all {
		for _, m := range saved {
			in := &all[i].Integration
			f, ok := catalog.Form(in.EntityType, in.Destination)
			if !ok || m.IntegrationID != "" && m.IntegrationID != in.ID || !strings.EqualFold(m.ExternalSystem, f.Words.Mapped) {
				continue
			}
			x, has := f.Field(integration.KeyMappedAccounts)
			if !has || !isCustomer(f.Words, m) || f.Fill(in.ConfigData).Bool(x.Key) {
				uses = true
			} else {
				setting, without = x, append(without, in.Name)
			}
			break
		}
	}
	if len(without) == 0 {
		return goOn, false
	}
	who, verb, its := strings.Join(without, " and "), " uses", "its"
	if n := len(without); n > 1 {
		verb, its = " use", "their"
		if n > 2 {
			who = widget.Many(n, "integration")
		}
	}
	text = who + verb + " no mappings of accounts until " + setting.Label + " is on, under " + string(setting.Panel) +
		" in " + its + " settings"
	if uses {
		text = goOn + ", but " + text
	}
	return text, true
}
