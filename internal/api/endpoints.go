package api

import (
	"context"
	"net/http"

	"billferry/internal/integration"
	"billferry/internal/plan"
	"billferry/internal/reconcile"
	"billferry/internal/service"
	"billferry/internal/spec"
)

// What requests hold that no domain type is.
type (
	none    struct{}
	idQuery struct {
		ID string `json:"-" path:"id"`
	}
	integrationQuery struct {
		ID string `json:"-" query:"integrationId"`
	}
	searchQuery struct {
		Text  string `json:"-" query:"query"`
		Limit int    `json:"-" query:"limit" absent:"50"`
	}
	limitQuery struct {
		Limit int `json:"-" query:"limit" absent:"50"`
	}
	recordQuery struct {
		idQuery
		searchQuery
	}
	optionsQuery struct {
		idQuery
		Field string `json:"-" query:"field"`
		searchQuery
	}
	updateQuery struct {
		At string `json:"-" path:"id"` // counts, not the id in the body
		integration.Integration
	}
	mappingQuery struct {
		At string `json:"-" path:"id"`
		integration.ExternalMapping
	}
	enabledQuery struct {
		idQuery
		Enabled *bool `json:"enabled"`
	}
	actionedQuery struct {
		idQuery
		Actioned *bool `json:"actioned"`
	}
	generateQuery struct {
		Dir       string `json:"dir"`
		Algorithm string `json:"algorithm"`
		Days      int    `json:"days"`
	}
	filterQuery struct {
		Filter integration.RunFilter `json:"-" query:"*"`
	}
	runsQuery struct {
		filterQuery
		Limit int    `json:"-" query:"limit" absent:"200"`
		Token string `json:"-" query:"nextToken"`
	}
	sentQuery struct {
		idQuery
		ExternalID string `json:"externalId"`
		Reason     string `json:"reason"`
		Confirmed  bool   `json:"confirmed,omitempty"` // although the document is not evidently the Bill's
	}
	skipQuery struct {
		idQuery
		Reason string `json:"reason"`
	}
	idsQuery struct {
		RunIDs []string `json:"runIds"`
	}
	holdQuery struct {
		RunIDs []string `json:"runIds"`
		Reason string   `json:"reason"`
	}
	nameQuery struct {
		Name string `json:"name"`
	}
	eventQuery struct {
		IntegrationID   string `json:"-" query:"integrationId"`
		Name            string `json:"-" query:"name"`
		IncludeActioned bool   `json:"-" query:"includeActioned"`
		Before          string `json:"-" query:"before"`
		Limit           int    `json:"-" query:"limit"`
	}
	mappingsQuery struct {
		IntegrationID string `json:"-" query:"integrationId"`
		System        string `json:"-" query:"system"`
		Entity        string `json:"-" query:"entity"`
		Text          string `json:"-" query:"text"`
	}
	documentQuery struct {
		Document string `json:"-" query:"document"`
	}
	resolveQuery struct {
		idQuery
		service.ResolveRequest
	}
	planQuery struct {
		idQuery
		service.PlanAct
	}
	countAnswer struct {
		Count int `json:"count"`
	}
)

const get, post, put, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete

// The table of our surface. What streams, carries a secret or no JSON stands in
// handRoutes.
var (
	getInfo = row(get, "/info", ScopeRead, "Whose data this is, and which process has it", plain(service.Service.Info))
	_       = row(get, "/catalog", ScopeRead, "Every setting there is",
		func(_ context.Context, svc service.Service, _ none) (spec.Catalog, error) { return svc.Catalog(), nil })

	listIntegrations  = row(get, "/integrations", ScopeRead, "The integrations with their last runs", plain(service.Service.Integrations))
	createIntegration = row(post, "/integrations", ScopeWrite, "Create an integration and drop its draft", taking(service.Service.Create))
	getIntegration    = row(get, "/integrations/{id}", ScopeRead, "One integration with credentials, last runs and totals",
		byID(service.Service.Integration))
	updateIntegration = row(put, "/integrations/{id}", ScopeWrite, "Replace name and configData; version must be the stored one",
		func(ctx context.Context, svc service.Service, q updateQuery) (integration.Integration, error) {
			q.Integration.ID = q.At
			return svc.Update(ctx, q.Integration)
		})
	deleteIntegration = row(del, "/integrations/{id}", ScopeWrite, "Delete an integration and what is linked to it",
		byID(service.Service.Delete))
	setEnabled = row(put, "/integrations/{id}/enabled", ScopeWrite, "Enable or disable",
		func(ctx context.Context, svc service.Service, q enabledQuery) (integration.Integration, error) {
			if q.Enabled == nil {
				return integration.Integration{}, badRequest(`say {"enabled": true} or {"enabled": false}`)
			}
			return svc.SetEnabled(ctx, q.ID, *q.Enabled)
		})
	listItems = row(get, "/integrations/{id}/items", ScopeRead, "Search the destination's items",
		func(ctx context.Context, svc service.Service, q recordQuery) ([]integration.Named, error) {
			return svc.Items(ctx, q.ID, q.Text, q.Limit)
		})
	listCustomers = row(get, "/integrations/{id}/customers", ScopeRead, "Search the destination's customers",
		func(ctx context.Context, svc service.Service, q recordQuery) ([]integration.Named, error) {
			return svc.Customers(ctx, q.ID, q.Text, q.Limit)
		})

	listFields  = row(get, "/integrations/{id}/fields", ScopeRead, "The fields of the destination's documents", byID(service.Service.Fields))
	listOptions = row(get, "/integrations/{id}/fields/options", ScopeRead, "The values that a field takes",
		func(ctx context.Context, svc service.Service, q optionsQuery) ([]integration.Named, error) {
			return svc.FieldOptions(ctx, q.ID, q.Field, q.Text, q.Limit)
		})

	getNames = row(post, "/names", ScopeRead,
		"What ids of items, accounts, products and aggregations are called; one that nobody knows is left out",
		taking(service.Service.Names))

	listDrafts  = row(get, "/drafts", ScopeRead, "Wizards that were not finished", plain(service.Service.Drafts))
	saveDraft   = row(post, "/drafts", ScopeWrite, "Save a draft; without an id a new one", taking(service.Service.SaveDraft))
	deleteDraft = row(del, "/drafts/{id}", ScopeWrite, "Delete a draft", gone(service.Service.DeleteDraft))
	listFilters = row(get, "/filters", ScopeRead, "Filters of lists that are kept under a name", plain(service.Service.SavedFilters))
	saveFilter  = row(post, "/filters", ScopeWrite, "Save a filter; without an id a new one, else its name and line are replaced",
		taking(service.Service.SaveFilter))
	deleteFilter = row(del, "/filters/{id}", ScopeWrite, "Delete a saved filter", gone(service.Service.DeleteFilter))

	generateKey = row(post, "/keys/generate", ScopeAdmin, "Make a key pair in a folder of this machine",
		func(ctx context.Context, svc service.Service, q generateQuery) (service.KeyFiles, error) {
			v, err := svc.GenerateKey(ctx, q.Dir, q.Algorithm, q.Days)
			return v, callersFault(err)
		}).here()
	listSourceFields = row(get, "/source/fields", ScopeRead, "The custom fields that m3ter's organisation defines, as rules read them",
		plain(service.Service.SourceFields))
	getSource    = row(get, "/source", ScopeRead, "The m3ter side", plain(service.Service.SourceStatus))
	listAccounts = row(get, "/accounts", ScopeRead, "Search m3ter's accounts",
		func(ctx context.Context, svc service.Service, q searchQuery) ([]integration.Account, error) {
			return svc.Accounts(ctx, q.Text, q.Limit)
		})
	preview = row(post, "/preview", ScopeRead, "What a Bill would become under a configuration",
		taking(service.Service.Preview)).upTo(maxBills)

	auditTrail = row(get, "/audit", ScopeAdmin, "What people did, newest first",
		keeping(func(k service.Keeper, ctx context.Context, q limitQuery) ([]service.AuditEntry, error) {
			return k.AuditTrail(ctx, q.Limit)
		})).here()
	verifyAudit = row(get, "/audit/verify", ScopeAdmin, "Whether an entry of the audit trail was changed or taken out",
		keeping(func(k service.Keeper, ctx context.Context, _ none) (service.AuditHead, error) {
			return k.VerifyAudit(ctx)
		})).here()

	listRuns = row(get, "/runs", ScopeRead, "The runs a filter selects",
		func(ctx context.Context, svc service.Service, q runsQuery) (integration.RunPage, error) {
			v, err := svc.Runs(ctx, q.Filter, q.Token, q.Limit)
			return v, pageFault(q.Token, err)
		})
	getRun      = row(get, "/runs/{id}", ScopeRead, "One run with its attempts, Bill and document", byID(service.Service.Run))
	getProposed = row(get, "/runs/{id}/proposed", ScopeRead, "The fields that a run's refusal names and no rule fills",
		byID(service.Service.Proposed))
	retryRuns = row(post, "/runs/retry", ScopeWrite, "Try runs again, by id or by filter, or only count them", taking(service.Service.Retry))
	sumRuns   = row(get, "/runs/totals", ScopeRead, "Runs and money of the runs a filter selects, exact",
		func(ctx context.Context, svc service.Service, q filterQuery) (integration.Totals, error) {
			return svc.Sum(ctx, q.Filter)
		})
	holdRuns = row(post, "/runs/hold", ScopeWrite, "Keep runs that wait from being sent",
		func(ctx context.Context, svc service.Service, q holdQuery) (service.ActResult, error) {
			return svc.HoldRuns(ctx, q.RunIDs, q.Reason)
		})
	releaseRuns = row(post, "/runs/release", ScopeWrite, "Let held runs go on",
		func(ctx context.Context, svc service.Service, q idsQuery) (service.ActResult, error) {
			return svc.ReleaseRuns(ctx, q.RunIDs)
		})
	markSent = row(post, "/runs/{id}/sent", ScopeWrite, "Settle a run whose Bill a person has put into the destination",
		func(ctx context.Context, svc service.Service, q sentQuery) (integration.Run, error) {
			return svc.MarkSent(ctx, q.ID, q.ExternalID, q.Reason, q.Confirmed)
		})
	skipRun = row(post, "/runs/{id}/skip", ScopeWrite, "Settle a run whose Bill shall not be sent, or whose document shall differ",
		func(ctx context.Context, svc service.Service, q skipQuery) (integration.Run, error) {
			return svc.SkipRun(ctx, q.ID, q.Reason)
		})
	listRetries   = row(get, "/retries", ScopeRead, "The latest retries, newest first", plain(service.Service.BulkRetries))
	stopBulkRetry = row(post, "/retries/stop", ScopeWrite, "Stop a retry that is under way",
		func(ctx context.Context, svc service.Service, q nameQuery) (service.BulkRetry, error) {
			return svc.StopBulkRetry(ctx, q.Name)
		})
	getTotals = row(get, "/totals", ScopeRead, "Runs and money by status and currency",
		func(ctx context.Context, svc service.Service, q integrationQuery) (integration.Totals, error) {
			return svc.Totals(ctx, q.ID)
		})
	getGroups = row(get, "/groups", ScopeRead, "Failed runs by cause",
		func(ctx context.Context, svc service.Service, q filterQuery) ([]integration.Group, error) {
			return svc.Groups(ctx, q.Filter)
		})

	getActivity = row(get, "/activity", ScopeRead, "Runs of the last hours and days, and how fast each account is sent to",
		plain(service.Service.Activity))

	listReports = row(get, "/reconciliations", ScopeRead, "The kept reports of reconciliations, newest first, without their breaks",
		func(ctx context.Context, svc service.Service, q integrationQuery) ([]reconcile.Report, error) {
			return svc.Reconciliations(ctx, q.ID)
		})
	getReport       = row(get, "/reconciliations/{id}", ScopeRead, "One report with its breaks", byID(service.Service.Reconciliation))
	explainDocument = row(get, "/explain", ScopeRead, "The run that made a document, by its number or id, or those of its Bill or the run",
		func(ctx context.Context, svc service.Service, q documentQuery) (service.RunDetail, error) {
			return svc.Explain(ctx, q.Document)
		})
	resolveBreak = row(post, "/breaks/{id}/resolve", ScopeWrite, "Record what a person made of a break",
		func(ctx context.Context, svc service.Service, q resolveQuery) (reconcile.Break, error) {
			q.ResolveRequest.Break = q.ID
			return svc.ResolveBreak(ctx, q.ResolveRequest)
		})
	undoBreak = row(post, "/breaks/{id}/undo", ScopeWrite, "Take the resolution of a break back", byID(service.Service.UndoBreak))

	listPlans = row(get, "/plans", ScopeRead, "Plans, newest first, without their Bills",
		func(ctx context.Context, svc service.Service, q integrationQuery) ([]plan.Plan, error) {
			return svc.Plans(ctx, q.ID)
		})
	getPlan     = row(get, "/plans/{id}", ScopeRead, "One plan with its Bills, and what became of them", byID(service.Service.Plan))
	approvePlan = row(post, "/plans/{id}/approve", ScopeWrite, "Approve a plan that another identity has made",
		onPlan(service.Service.ApprovePlan))
	rejectPlan = row(post, "/plans/{id}/reject", ScopeWrite, "Reject a plan", onPlan(service.Service.RejectPlan))
	stopPlan   = row(post, "/plans/{id}/stop", ScopeWrite, "Take back what of an applied plan is not on its way yet",
		onPlan(service.Service.StopPlan))

	listEvents = row(get, "/events", ScopeRead, "What a person should know of",
		func(ctx context.Context, svc service.Service, q eventQuery) ([]integration.Event, error) {
			return svc.Events(ctx, service.EventFilter(q))
		})
	getEvent    = row(get, "/events/{id}", ScopeRead, "One event", byID(service.Service.Event))
	actionEvent = row(put, "/events/{id}/actioned", ScopeWrite, "Mark an event as dealt with, or not",
		func(ctx context.Context, svc service.Service, q actionedQuery) (integration.Event, error) {
			if q.Actioned == nil {
				return integration.Event{}, badRequest(`say {"actioned": true} or {"actioned": false}`)
			}
			return svc.ActionEvent(ctx, q.ID, *q.Actioned)
		})

	listMappings = row(get, "/mappings", ScopeRead, "External mappings",
		func(ctx context.Context, svc service.Service, q mappingsQuery) ([]integration.ExternalMapping, error) {
			return svc.Mappings(ctx, service.MappingFilter(q))
		})
	getMapping    = row(get, "/mappings/{id}", ScopeRead, "One external mapping", byID(service.Service.Mapping))
	createMapping = row(post, "/mappings", ScopeWrite, "Create an external mapping",
		func(ctx context.Context, svc service.Service, m integration.ExternalMapping) (integration.ExternalMapping, error) {
			m.ID = ""
			return svc.PutMapping(ctx, m)
		})
	importMappings = row(post, "/mappings/import", ScopeWrite, "Add and change up to 4,000 external mappings, in one transaction",
		func(ctx context.Context, svc service.Service, q service.MappingImport) (service.MappingsImported, error) {
			if len(q.Mappings) > service.MaxImport {
				return service.MappingsImported{}, badRequest("%d mappings at once: send at most %d, and the rest with the next call",
					len(q.Mappings), service.MaxImport)
			}
			return svc.ImportMappings(ctx, q)
		}).upTo(maxImport)
	pullMappings = row(post, "/mappings/pull", ScopeWrite, "Copy the external mappings that m3ter has",
		func(ctx context.Context, svc service.Service, _ none) (countAnswer, error) {
			n, err := svc.PullMappings(ctx)
			return countAnswer{n}, err
		})
	updateMapping = row(put, "/mappings/{id}", ScopeWrite, "Update an external mapping",
		func(ctx context.Context, svc service.Service, q mappingQuery) (integration.ExternalMapping, error) {
			q.ExternalMapping.ID = q.At
			return svc.PutMapping(ctx, q.ExternalMapping)
		})
	deleteMapping = row(del, "/mappings/{id}", ScopeWrite, "Delete an external mapping", gone(service.Service.DeleteMapping))
)
