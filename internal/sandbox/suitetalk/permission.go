package suitetalk

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// What can be taken from the integration, beside the permission for a record
// type.
const (
	PermitM2M            = "m2m"             // the box Client Credentials on the integration record: no token, and those given out stop
	PermitIntegration    = "integration"     // the integration record's state Enabled: the same
	PermitEntity         = "entity"          // the employee, or the role he has: the same
	PermitREST           = "rest"            // without it tokens are given, and every call is INVALID_LOGIN
	PermitSuiteAnalytics = "suiteanalytics"  // without it collections, q and SuiteQL are refused
	PermitSuiteQL        = "suiteql"         // without it SuiteQL alone is, as when its tables are hidden from the role
	PermitRoles          = "rolepermissions" // without it the role does not see its own permissions
	PermitCustomFields   = "customfield"     // without it the definitions of custom fields are hidden
)

// PermitOverride is the permission that the role lacks at the start, as it does
// in most accounts, and that Grant can give it.
const PermitOverride = "override" // Override Period Restrictions: locked periods can be posted to

// withdrawals are what the token endpoint says of the first three. Of its codes
// but one was ever captured; the reasons are those of the login audit trail.
var withdrawals = []struct {
	name string
	says refusal
}{
	{PermitM2M, refusal{http.StatusBadRequest, "unsupported_grant_type", "FeatureDisabled"}},
	{PermitIntegration, refusal{http.StatusBadRequest, "unauthorized_client", "IntegrationBlocked"}},
	{PermitEntity, refusal{http.StatusBadRequest, "invalid_grant", "EntityOrRoleDisabled"}},
}

// ErrPermission says that Deny or Grant was asked for what it does not know.
var ErrPermission = errors.New("unknown permission")

// Deny takes things from the integration: one of those above, or the name of a
// record type. It replaces what was denied before.
func (s *Server) Deny(names ...string) error {
	denied := map[string]bool{}
	for _, n := range names {
		n = strings.ToLower(n)
		known := []string{PermitM2M, PermitIntegration, PermitEntity, PermitREST, PermitSuiteAnalytics, PermitSuiteQL, PermitRoles,
			PermitCustomFields}
		if !slices.Contains(known, n) && typeNamed(n) == nil {
			return ErrPermission
		}
		denied[n] = true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.denied = denied
	return nil
}

// Grant gives the role what it lacks at the start; it takes back what was
// granted before.
func (s *Server) Grant(names ...string) error {
	for _, n := range names {
		if !strings.EqualFold(n, PermitOverride) {
			return ErrPermission
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.db.override = len(names) > 0
	return nil
}

// Restrict hides the transactions of customers, named by internal id, from
// queries, as a role restricted to some subsidiaries or departments does; it
// replaces what was hidden before. The record service still shows them.
func (s *Server) Restrict(customers ...string) error {
	hidden := map[string]bool{}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range customers {
		if s.db.tables[typeCustomer].byID[id] == nil {
			return fmt.Errorf("no customer %q to hide: give an internal id", id)
		}
		hidden[id] = true
	}
	s.hidden = hidden
	return nil
}

// SetQueryLag lets writes show in queries only after a time; whether NetSuite's
// queries lag is not documented.
func (s *Server) SetQueryLag(lag time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.db.queryLag = lag
}

// withdrawn is how the token endpoint refuses an integration that lacks
// something; nil when it lacks nothing.
func (s *Server) withdrawn() *refusal {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range withdrawals {
		if s.denied[w.name] {
			return &w.says
		}
	}
	return nil
}

// shutOut tells whether a token that is good does not help.
func (s *Server) shutOut() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.denied[PermitREST] || s.denied[PermitM2M] || s.denied[PermitIntegration] || s.denied[PermitEntity]
}
