package api

import "net/http"

// org is where m3ter's surface lies.
const org = "/organizations/{orgId}"

// m3terRoutes is the table of the surface that speaks m3ter's shapes
// (docs/API.md says what is known of them). logs/{id}, destinations/{id} and
// {entityType}/latest share a pattern, because ServeMux takes no two patterns
// of which neither is the more special: m3terRuns tells them apart.
func (s *Server) m3terRoutes() []route {
	get, post, put, del := http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete
	cfg, run, ext, xcfg, cred := org+"/integrationconfigs", org+"/integrationruns", org+"/externalmappings",
		org+"/externalmappingconfiguration", org+"/integrationcredentials"
	paging := []string{"pageSize", "nextToken"}
	return append([]route{
		{method: post, path: cfg, scope: ScopeWrite, handle: s.postConfig},
		{method: get, path: cfg, scope: ScopeRead, handle: s.listConfigs, query: append(paging, "destinationId")},
		{method: get, path: cfg + "/{id}", scope: ScopeRead, handle: s.getConfig},
		{method: put, path: cfg + "/{id}", scope: ScopeWrite, handle: s.putConfig},
		{method: del, path: cfg + "/{id}", scope: ScopeWrite, handle: s.deleteConfig},
		{method: post, path: cfg + "/{id}/enable", scope: ScopeWrite, handle: s.enableConfig},
		{method: get, path: cfg + "/entity/{entityType}", scope: ScopeRead, handle: s.configOfEntity},
		{method: get, path: cfg + "/available", scope: ScopeRead, handle: s.available},
		{method: get, path: cfg + "/available/systems", scope: ScopeRead, handle: s.availableSystems},
		{method: get, path: cfg + "/available/{systemName}/entities", scope: ScopeRead, handle: s.availableEntities},
		{method: get, path: cfg + "/available/{systemName}/auth/{entityType}", scope: ScopeRead, handle: s.availableAuth},
		{method: get, path: cfg + "/values/{systemName}/{configOption}", scope: ScopeRead, handle: s.configValues},

		{method: get, path: cred, scope: ScopeRead, handle: s.listCredentials},
		{method: post, path: cred, scope: ScopeAdmin, handle: s.postCredentials},
		{method: get, path: cred + "/{id}", scope: ScopeRead, handle: s.getCredentials},

		{method: post, path: ext, scope: ScopeWrite, handle: s.postExternal},
		{method: get, path: ext, scope: ScopeRead, handle: s.listExternal},
		{method: get, path: ext + "/{id}", scope: ScopeRead, handle: s.getExternal},
		{method: put, path: ext + "/{id}", scope: ScopeWrite, handle: s.putExternal},
		{method: del, path: ext + "/{id}", scope: ScopeWrite, handle: s.deleteExternal},
		{method: get, path: ext + "/externalid/{system}/{externalTable}/{externalId}", scope: ScopeRead, handle: s.externalByRecord},
		{method: get, path: ext + "/external/{entity}/{m3terId}", scope: ScopeRead, handle: s.externalByEntity},
		{method: get, path: xcfg, scope: ScopeRead, handle: s.externalConfiguration},
		{method: get, path: xcfg + "/values/{destination}/{entityType}", scope: ScopeRead, handle: s.externalValues},
		{method: get, path: xcfg + "/values/{destination}/{entityType}/{integrationCredentialsId}", scope: ScopeRead, handle: s.externalValues},

		{method: get, path: run + "/{id}", scope: ScopeRead, handle: s.m3terRun},
		{method: get, path: run + "/{entityType}/{entityId}", scope: ScopeRead, handle: s.m3terRuns},
		{method: get, path: run + "/{entityType}/latest/{id}", scope: ScopeRead, handle: s.latestRun},

		{method: get, path: org + "/events", scope: ScopeRead, handle: s.listEvents},
		{method: get, path: org + "/events/{id}", scope: ScopeRead, handle: s.getEvent},
		{method: get, path: org + "/events/types", scope: ScopeRead, handle: s.eventTypes},
		{method: get, path: org + "/events/fields", scope: ScopeRead, handle: s.eventFields},
	}, s.upstreamRoutes()...)
}
