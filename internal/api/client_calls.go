package api

import (
	"context"
	"fmt"
	"net/url"
	"path/filepath"

	"billferry/internal/integration"
	"billferry/internal/secret"
	"billferry/internal/service"
	"billferry/internal/spec"
)

// Info implements service.Service; Mode says that we are attached.
func (c *Client) Info(ctx context.Context) (service.Info, error) {
	i, err := getInfo.call(ctx, c, none{})
	i.Mode = "attached"
	return i, err
}

// Catalog implements service.Service.
func (c *Client) Catalog() spec.Catalog { return c.catalog }

// Integrations implements service.Service.
func (c *Client) Integrations(ctx context.Context) ([]service.Summary, error) {
	return listIntegrations.call(ctx, c, none{})
}

// Integration implements service.Service.
func (c *Client) Integration(ctx context.Context, id string) (service.Detail, error) {
	return getIntegration.call(ctx, c, idQuery{id})
}

// Create implements service.Service.
func (c *Client) Create(ctx context.Context, n service.NewIntegration) (integration.Integration, error) {
	return createIntegration.call(ctx, c, n)
}

// Update implements service.Service.
func (c *Client) Update(ctx context.Context, in integration.Integration) (integration.Integration, error) {
	return updateIntegration.call(ctx, c, updateQuery{in.ID, in})
}

// Delete implements service.Service.
func (c *Client) Delete(ctx context.Context, id string) (integration.Integration, error) {
	return deleteIntegration.call(ctx, c, idQuery{id})
}

// SetEnabled implements service.Service.
func (c *Client) SetEnabled(ctx context.Context, id string, enabled bool) (integration.Integration, error) {
	return setEnabled.call(ctx, c, enabledQuery{idQuery{id}, &enabled})
}

// Items implements service.Service.
func (c *Client) Items(ctx context.Context, id, query string, limit int) ([]integration.Named, error) {
	return listItems.call(ctx, c, recordQuery{idQuery{id}, searchQuery{query, limit}})
}

// Customers implements service.Service.
func (c *Client) Customers(ctx context.Context, id, query string, limit int) ([]integration.Named, error) {
	return listCustomers.call(ctx, c, recordQuery{idQuery{id}, searchQuery{query, limit}})
}

// Fields implements service.Service.
func (c *Client) Fields(ctx context.Context, id string) ([]integration.Field, error) {
	return listFields.call(ctx, c, idQuery{id})
}

// FieldOptions implements service.Service.
func (c *Client) FieldOptions(ctx context.Context, id, field, query string, limit int) ([]integration.Named, error) {
	return listOptions.call(ctx, c, optionsQuery{idQuery{id}, field, searchQuery{query, limit}})
}

// Proposed implements service.Service.
func (c *Client) Proposed(ctx context.Context, runID string) ([]integration.Field, error) {
	return getProposed.call(ctx, c, idQuery{runID})
}

// Names implements service.Service.
func (c *Client) Names(ctx context.Context, q service.NamesRequest) (map[string]string, error) {
	return getNames.call(ctx, c, q)
}

// Drafts implements service.Service.
func (c *Client) Drafts(ctx context.Context) ([]integration.Draft, error) {
	return listDrafts.call(ctx, c, none{})
}

// SaveDraft implements service.Service.
func (c *Client) SaveDraft(ctx context.Context, d integration.Draft) (integration.Draft, error) {
	return saveDraft.call(ctx, c, d)
}

// DeleteDraft implements service.Service.
func (c *Client) DeleteDraft(ctx context.Context, id string) error {
	_, err := deleteDraft.call(ctx, c, idQuery{id})
	return err
}

// SavedFilters implements service.Service.
func (c *Client) SavedFilters(ctx context.Context) ([]service.SavedFilter, error) {
	return listFilters.call(ctx, c, none{})
}

// SaveFilter implements service.Service.
func (c *Client) SaveFilter(ctx context.Context, f service.SavedFilter) (service.SavedFilter, error) {
	return saveFilter.call(ctx, c, f)
}

// DeleteFilter implements service.Service.
func (c *Client) DeleteFilter(ctx context.Context, id string) error {
	_, err := deleteFilter.call(ctx, c, idQuery{id})
	return err
}

// InspectKey implements service.Service.
func (c *Client) InspectKey(ctx context.Context, pem secret.Value) (service.KeyInfo, error) {
	return call[service.KeyInfo](ctx, c, post, "/keys/inspect", nil, keyOut{pem.Reveal()})
}

// GenerateKey implements service.Service. dir is meant from where we stand,
// not from where the server does.
func (c *Client) GenerateKey(ctx context.Context, dir, algorithm string, days int) (service.KeyFiles, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return service.KeyFiles{}, fmt.Errorf("find the folder for the key: %w", err)
	}
	return generateKey.call(ctx, c, generateQuery{dir, algorithm, days})
}

// SourceFields implements service.Service.
func (c *Client) SourceFields(ctx context.Context) ([]string, error) {
	return listSourceFields.call(ctx, c, none{})
}

// SourceStatus implements service.Service.
func (c *Client) SourceStatus(ctx context.Context) (service.SourceStatus, error) {
	return getSource.call(ctx, c, none{})
}

// Accounts implements service.Service.
func (c *Client) Accounts(ctx context.Context, query string, limit int) ([]integration.Account, error) {
	return listAccounts.call(ctx, c, searchQuery{query, limit})
}

// Preview implements service.Service.
func (c *Client) Preview(ctx context.Context, p service.PreviewRequest) (service.Preview, error) {
	return preview.call(ctx, c, p)
}

// Submit implements service.Service.
func (c *Client) Submit(ctx context.Context, integrationID string, bill []byte, trigger string) ([]integration.Run, error) {
	q := url.Values{"integrationId": {integrationID}, "trigger": {trigger}}
	return call[[]integration.Run](ctx, c, post, "/bills/submit", q, raw(bill))
}

// Runs implements service.Service.
func (c *Client) Runs(ctx context.Context, f integration.RunFilter, token string, limit int) (integration.RunPage, error) {
	return listRuns.call(ctx, c, runsQuery{filterQuery{f}, limit, token})
}

// Run implements service.Service.
func (c *Client) Run(ctx context.Context, id string) (service.RunDetail, error) {
	return getRun.call(ctx, c, idQuery{id})
}

// Totals implements service.Service.
func (c *Client) Totals(ctx context.Context, integrationID string) (integration.Totals, error) {
	return getTotals.call(ctx, c, integrationQuery{integrationID})
}

// Sum implements service.Service.
func (c *Client) Sum(ctx context.Context, f integration.RunFilter) (integration.Totals, error) {
	return sumRuns.call(ctx, c, filterQuery{f})
}

// Groups implements service.Service.
func (c *Client) Groups(ctx context.Context, f integration.RunFilter) ([]integration.Group, error) {
	return getGroups.call(ctx, c, filterQuery{f})
}

// Activity implements service.Service.
func (c *Client) Activity(ctx context.Context) (service.Activity, error) {
	return getActivity.call(ctx, c, none{})
}

// Retry implements service.Service.
func (c *Client) Retry(ctx context.Context, r service.RetryRequest) (service.RetryResult, error) {
	return retryRuns.call(ctx, c, r)
}

// BulkRetries implements service.Service.
func (c *Client) BulkRetries(ctx context.Context) ([]service.BulkRetry, error) {
	return listRetries.call(ctx, c, none{})
}

// StopBulkRetry implements service.Service.
func (c *Client) StopBulkRetry(ctx context.Context, name string) (service.BulkRetry, error) {
	return stopBulkRetry.call(ctx, c, nameQuery{name})
}

// MarkSent implements service.Service.
func (c *Client) MarkSent(ctx context.Context, runID, externalID, reason string, confirmed bool) (integration.Run, error) {
	return markSent.call(ctx, c, sentQuery{idQuery{runID}, externalID, reason, confirmed})
}

// SkipRun implements service.Service.
func (c *Client) SkipRun(ctx context.Context, runID, reason string) (integration.Run, error) {
	return skipRun.call(ctx, c, skipQuery{idQuery{runID}, reason})
}

// HoldRuns implements service.Service.
func (c *Client) HoldRuns(ctx context.Context, runIDs []string, reason string) (service.ActResult, error) {
	return holdRuns.call(ctx, c, holdQuery{runIDs, reason})
}

// ReleaseRuns implements service.Service.
func (c *Client) ReleaseRuns(ctx context.Context, runIDs []string) (service.ActResult, error) {
	return releaseRuns.call(ctx, c, idsQuery{runIDs})
}

// Events implements service.Service.
func (c *Client) Events(ctx context.Context, f service.EventFilter) ([]integration.Event, error) {
	return listEvents.call(ctx, c, eventQuery(f))
}

// Event implements service.Service.
func (c *Client) Event(ctx context.Context, id string) (integration.Event, error) {
	return getEvent.call(ctx, c, idQuery{id})
}

// ActionEvent implements service.Service.
func (c *Client) ActionEvent(ctx context.Context, id string, actioned bool) (integration.Event, error) {
	return actionEvent.call(ctx, c, actionedQuery{idQuery{id}, &actioned})
}

// Mappings implements service.Service.
func (c *Client) Mappings(ctx context.Context, f service.MappingFilter) ([]integration.ExternalMapping, error) {
	return listMappings.call(ctx, c, mappingsQuery(f))
}

// Mapping implements service.Service.
func (c *Client) Mapping(ctx context.Context, id string) (integration.ExternalMapping, error) {
	return getMapping.call(ctx, c, idQuery{id})
}

// PutMapping implements service.Service.
func (c *Client) PutMapping(ctx context.Context, m integration.ExternalMapping) (integration.ExternalMapping, error) {
	if m.ID == "" {
		return createMapping.call(ctx, c, m)
	}
	return updateMapping.call(ctx, c, mappingQuery{m.ID, m})
}

// ImportMappings implements service.Service.
func (c *Client) ImportMappings(ctx context.Context, q service.MappingImport) (service.MappingsImported, error) {
	return importMappings.call(ctx, c, q)
}

// DeleteMapping implements service.Service.
func (c *Client) DeleteMapping(ctx context.Context, id string) error {
	_, err := deleteMapping.call(ctx, c, idQuery{id})
	return err
}

// PullMappings implements service.Service.
func (c *Client) PullMappings(ctx context.Context) (int, error) {
	n, err := pullMappings.call(ctx, c, none{})
	return n.Count, err
}
