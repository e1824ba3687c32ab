package app

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/spec"
	"billferry/store"
)

// ImportMappings implements service.Service.
func (a *App) ImportMappings(ctx context.Context, q service.MappingImport) (service.MappingsImported, error) {
	var out service.MappingsImported
	if len(q.Mappings) > service.MaxImport {
		return out, fmt.Errorf("%d mappings at once: send at most %d, and the rest with the next call", len(q.Mappings), service.MaxImport)
	}
	refuse := func(i int, err error) {
		out.Refused = append(out.Refused, service.RefusedMapping{Index: i, Reason: err.Error()})
	}
	at := make([]int, 0, len(q.Mappings)) // of those that are kept
	good := make([]integration.ExternalMapping, 0, len(q.Mappings))
	for i, m := range q.Mappings {
		if err := tidyMapping(&m); err != nil {
			refuse(i, err)
			continue
		}
		at, good = append(at, i), append(good, m)
	}
	at, good, err := a.checked(ctx, at, good, refuse)
	if err != nil {
		return service.MappingsImported{}, err
	}
	source, err := importSource(q)
	if err != nil {
		return out, err
	}
	done, err := a.store.ImportMappings(ctx, store.MappingImport{
		Who: a.who, Source: source, DryRun: q.DryRun, Note: noteOfMappings,
	}, good)
	if err != nil {
		return service.MappingsImported{}, err
	}
	for i, d := range done {
		switch {
		case d.Err != nil:
			refuse(at[i], d.Err)
		case d.Added:
			out.Added++
		case d.Changed:
			out.Changed++
		default:
			out.Unchanged++
		}
	}
	switch {
	case q.DryRun:
	case q.More:
		a.requeueLater()
	default: // this one may be the last of a file and change nothing
		a.requeue(ctx)
	}
	return out, nil
}

// noteOfMappings is the note of what mappings that were imported may free.
func noteOfMappings(news []integration.ExternalMapping) (string, []byte, error) {
	return delivery.Requeue{Mappings: news}.Note()
}

// maxSource bounds the name that the audit trail keeps of a file.
const maxSource = 200

// importSource says for the audit trail what was imported: a file by its name
// and SHA-256, or what one call had by its own.
func importSource(q service.MappingImport) (string, error) {
	if sum, err := hex.DecodeString(q.SHA256); q.SHA256 != "" && (err != nil || len(sum) != sha256.Size) {
		return "", spec.Problems{{Key: "sha256", Label: "SHA-256", Message: "give the 64 hexadecimal digits that sha256sum prints"}}
	}
	if q.SHA256 == "" {
		raw, err := json.Marshal(q.Mappings)
		if err != nil {
			return "", err
		}
		q.SHA256 = fmt.Sprintf("%x", sha256.Sum256(raw))
	}
	name := strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, q.Source)
	return fmt.Sprintf("%s sha256 %s", cmp.Or(name[:min(len(name), maxSource)], "one call"), strings.ToLower(q.SHA256)), nil
}

// checked leaves out what NetSuite has not; at says where the mappings stand in
// the request.
func (a *App) checked(
	ctx context.Context, at []int, ms []integration.ExternalMapping, refuse func(int, error),
) ([]int, []integration.ExternalMapping, error) {
	missing, err := a.checkMappings(ctx, ms)
	if err != nil || len(missing) == 0 {
		return at, ms, err
	}
	var left []int
	var good []integration.ExternalMapping
	for i, m := range ms {
		if err := missing[i]; err != nil {
			refuse(at[i], err)
			continue
		}
		left, good = append(left, at[i]), append(good, m)
	}
	return left, good, nil
}
