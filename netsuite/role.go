package netsuite

import (
	"context"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"slices"
	"strconv"
	"strings"

	json "github.com/go-json-experiment/json"

	"billferry/internal/spec"
)

// permission is one that the integration's role needs, by NetSuite's key.
type permission struct {
	key   string
	level level
	name  string // as the role's page has it
	// costs says what goes without it, where that is less than sending.
	costs string
}

// level is how much of a permission is given, as rolepermissions numbers it.
type level int

const (
	mayView level = iota + 1
	mayCreate
	mayEdit
	mayAll
)

func (l level) String() string { return [...]string{"NONE", "VIEW", "CREATE", "EDIT", "FULL"}[l] }

// in is a permission as advice names it.
func (p permission) in() string {
	return p.name + " (" + p.level.String()[:1] + strings.ToLower(p.level.String()[1:]) + ")"
}

// The permissions that a line of the report is about.
var (
	permitLogin      = permission{key: "ADMI_LOGIN_OAUTH2", level: mayAll, name: "Setup > Log in using OAuth 2.0 Access Tokens"}
	permitREST       = permission{key: "ADMI_RESTWEBSERVICES", level: mayAll, name: "Setup > REST Web Services"}
	permitInvoice    = permission{key: "TRAN_CUSTINVC", level: mayEdit, name: "Transactions > Invoice"}
	permitCreditMemo = permission{key: "TRAN_CUSTCRED", level: mayEdit, name: "Transactions > Credit Memo"}
	permitCustomers  = permission{key: "LIST_CUSTJOB", level: mayView, name: "Lists > Customers"}
	permitItems      = permission{key: "LIST_ITEM", level: mayView, name: "Lists > Items"}
	permitCurrency   = permission{key: "LIST_CURRENCY", level: mayView, name: "Lists > Currency"}
	permitAnalytics  = permission{key: "REPO_ANALYTICS", level: mayEdit, name: "Reports > SuiteAnalytics Workbook"}
)

// otherPermissions are those without a line of their own.
func otherPermissions(v spec.Values) []permission {
	out := []permission{permitLogin, permitREST, permitAnalytics,
		{key: "LIST_SUBSIDIARY", level: mayView, name: "Lists > Subsidiaries"},
		{key: "LIST_FIND", level: mayAll, name: "Lists > Perform Search", costs: "items and customers cannot be searched without SuiteQL"},
		{key: "ADMI_ACCTPERIODS", level: mayView, name: "Setup > Manage Accounting Periods", costs: "closed periods are told by refusals only"},
		{key: "ADMI_CUSTBODYFIELD", level: mayView, name: "Setup > Custom Body Fields",
			costs: "nobody is told which custom fields are mandatory"},
		{key: "ADMI_CUSTCOLUMNFIELD", level: mayView, name: "Setup > Custom Column Fields",
			costs: "nobody is told which custom fields are mandatory"},
	}
	filled := filledFields(v)
	for _, d := range []struct{ field, key, name string }{
		{"department", "LIST_DEPARTMENT", "Lists > Departments"}, {"class", "LIST_CLASS", "Lists > Classes"},
		{"location", "LIST_LOCATION", "Lists > Locations"},
	} {
		if filled[d.field] || filled[linePrefix+d.field] {
			out = append(out, permission{key: d.key, level: mayView, name: d.name})
		}
	}
	return out
}

// permissionsFor are all that a configuration needs: the least a role can have.
func permissionsFor(v spec.Values) []permission {
	out := append(otherPermissions(v), permitInvoice, permitCustomers, permitItems)
	if v.Text(keyBase) == "" {
		out = append(out, permitCurrency)
	}
	if v.Text(keyNegative) == creditMemos {
		out = append(out, permitCreditMemo)
	}
	slices.SortFunc(out, func(a, b permission) int { return strings.Compare(a.key, b.key) })
	return out
}

// Role implements destination.RoleMaker: the role with the least privileges as an
// object of a SuiteCloud Development Framework project.
func (Adapter) Role(v spec.Values) []byte {
	type one struct {
		Key   string `xml:"permkey"`
		Level string `xml:"permlevel"`
	}
	var role struct {
		XMLName     xml.Name `xml:"customrole"`
		ID          string   `xml:"scriptid,attr"`
		Name        string   `xml:"name"`
		Center      string   `xml:"centertype"`
		WebOnly     string   `xml:"iswebserviceonlyrole"`
		Permissions []one    `xml:"permissions>permission"`
	}
	role.ID, role.Name, role.Center, role.WebOnly = "customrole_billferry", "billferry", "BASIC", "T"
	for _, p := range permissionsFor(v) {
		role.Permissions = append(role.Permissions, one{p.key, p.level.String()})
	}
	b, _ := xml.MarshalIndent(role, "", "  ") // nothing in it can fail
	return append(b, '\n')
}

// grants are the levels of the role's permissions by key; nil when the role does
// not see them.
func (c *Client) grants(ctx context.Context) (role string, levels map[string]level, err error) {
	token, err := c.Token(ctx)
	if err != nil {
		return "", nil, err
	}
	if role = roleOf(token); role == "" {
		return "", nil, nil
	}
	rows, err := c.suiteql(ctx, "look up permissions", "SELECT permkey, permlevel FROM rolepermissions WHERE role = ?", pageSize, nil, role)
	if err != nil && notPermitted(err) {
		return role, nil, nil
	}
	if err != nil || len(rows) == 0 { // a list without anything is one that is not shown
		return role, nil, err
	}
	levels = map[string]level{}
	for _, r := range rows {
		n, _ := strconv.Atoi(string(r["permlevel"]))
		levels[string(r["permkey"])] = level(n)
	}
	return role, levels, nil
}

// roleOf reads the role from an access token, whose subject is role and entity.
func roleOf(token string) string {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return ""
	}
	b, err := base64.RawURLEncoding.DecodeString(parts[1])
	var claims struct {
		Subject string `json:"sub"`
	}
	if err != nil || json.Unmarshal(b, &claims, lenient) != nil {
		return ""
	}
	role, _, ok := strings.Cut(claims.Subject, ";")
	if !ok || !isID(role) {
		return ""
	}
	return role
}

// permissions tells of those that have no line of their own.
func (d *doctor) permissions(ctx context.Context) (string, error) {
	if d.levels == nil {
		return "the role does not see its own permissions: each is tried below", &passing{}
	}
	var missing, costs []string
	for _, p := range otherPermissions(d.n.Values) {
		switch {
		case d.levels[p.key] >= p.level:
		case p.costs != "":
			costs = append(costs, p.in()+": without it "+p.costs)
		default:
			missing = append(missing, p.in())
		}
	}
	detail := fmt.Sprintf("role %s has what sending needs", d.role)
	if len(missing) > 0 {
		return "", &todo{fmt.Sprintf("role %s lacks %s", d.role, strings.Join(missing, ", ")), "give the role " + strings.Join(missing, ", ")}
	}
	if len(costs) > 0 {
		detail += "; it lacks " + strings.Join(costs, ", ")
	}
	return detail, nil
}

// lacks tells whether the role is known to lack a permission.
func (d *doctor) lacks(p permission) error {
	if d.levels == nil || d.levels[p.key] >= p.level {
		return nil
	}
	return &todo{fmt.Sprintf("role %s lacks %s", d.role, p.in()), "give the role " + p.in()}
}
