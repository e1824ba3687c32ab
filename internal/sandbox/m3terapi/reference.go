package m3terapi

import (
	"net/http"
	"slices"

	"billferry/internal/sandbox/tree"
)

// reference adds the routes of what Bills come from and are made of. It is
// worked out of the company's Accounts and Bills, so that every id in them
// leads somewhere.
func (s *Server) reference(in func(pattern string, h func(*http.Request) (int, []byte))) {
	in("GET /billjobs", s.list(s.billJobs, "status"))
	in("GET /billjobs/{id}", s.item(s.billJobs, "BillJob"))
	in("GET /products", s.list(s.products))
	in("GET /products/{id}", s.item(s.products, "Product"))
	in("GET /plans", s.list(s.plans, "productId", "accountId"))
	in("GET /plans/{id}", s.item(s.plans, "Plan"))
	in("GET /contracts", s.list(s.contracts, "accountId"))
	in("GET /contracts/{id}", s.item(s.contracts, "Contract"))
	in("GET /aggregations", s.list(s.aggregations))
	in("GET /aggregations/{id}", s.item(s.aggregations, "Aggregation"))
	in("GET /accountplans", s.accountPlans)
	in("GET /lineitems", s.list(s.allLines, "billId", "commitmentId", "lineItemType"))
	in("GET /billconfig", s.single(s.billConfig))
	in("GET /organizationconfig", s.single(s.organizationConfig))
	in("GET /customfields", s.single(s.customFields))
}

// list serves pages of all, narrowed by ids and codes and by the parameters
// that are named as a field is.
func (s *Server) list(all func() []tree.Value, filters ...string) func(*http.Request) (int, []byte) {
	return func(r *http.Request) (int, []byte) {
		s.mu.Lock()
		defer s.mu.Unlock()
		q := r.URL.Query()
		some := keep(all(), func(v tree.Value) bool {
			for _, name := range filters {
				if !oneOf(q, name, v.TextOf(name)) {
					return false
				}
			}
			return oneOf(q, "ids", v.TextOf("id")) && oneOf(q, "codes", v.TextOf("code"))
		})
		return paged(r, some, pageMax, idOf, appendTree)
	}
}

func (s *Server) item(all func() []tree.Value, what string) func(*http.Request) (int, []byte) {
	return func(r *http.Request) (int, []byte) {
		s.mu.Lock()
		defer s.mu.Unlock()
		return one(all(), r.PathValue("id"), what)
	}
}

func (s *Server) single(of func() tree.Value) func(*http.Request) (int, []byte) {
	return func(*http.Request) (int, []byte) { return http.StatusOK, of().JSON() }
}

// children: no Account of the company has a parent.
func (s *Server) children(r *http.Request) (int, []byte) {
	if status, body := s.getAccount(r); status != http.StatusOK {
		return status, body
	}
	return paged(r, []tree.Value(nil), pageMax, idOf, appendTree)
}

func str(name, text string) tree.Member { return tree.M(name, tree.Str(text)) }

func num(name, digits string) tree.Member { return tree.M(name, tree.Num(digits)) }

// kept is an entity as m3ter writes it: id and version first, audit fields last.
func kept(id string, members ...tree.Member) tree.Value {
	v := tree.Obj(append([]tree.Member{str("id", id), num("version", "1")}, members...)...)
	v.Members = append(v.Members, str("dtCreated", "2024-01-10T08:00:00.000000Z"), str("dtLastModified", "2024-01-10T08:00:00.000000Z"),
		str("createdBy", "USER_sandbox"), str("lastModifiedBy", "USER_sandbox"))
	return v
}

// billJobs are those that made the Bills, the newest first.
func (s *Server) billJobs() []tree.Value {
	var out []tree.Value
	at := map[string]int{}
	for _, b := range s.bills {
		id := b.text("billJobId")
		if id == "" {
			continue
		}
		i, known := at[id]
		if !known {
			i, at[id] = len(out), len(out)
			out = append(out, kept(id, str("status", "COMPLETE"), str("type", "CREATE"), num("total", "0"), num("pending", "0"),
				str("billDate", b.text("billDate")), str("billingFrequency", b.text("billingFrequency")), num("billFrequencyInterval", "1"),
				str("timezone", "UTC"), tree.M("billIds", tree.List())))
		}
		ids := out[i].Get("billIds")
		ids.Items = append(ids.Items, tree.Str(b.id()))
	}
	return out
}

// allLines are the line items of all Bills, as those of one are served.
func (s *Server) allLines() []tree.Value {
	var out []tree.Value
	for _, b := range s.bills {
		lines, _ := s.lines(b.id())
		out = append(out, lines...)
	}
	return out
}

// named lists what the lines name by an id, each once, in the order it is met.
func (s *Server) named(field string, make func(line *tree.Value) tree.Value) []tree.Value {
	var out []tree.Value
	seen := map[string]bool{}
	for _, l := range s.allLines() {
		if id := l.TextOf(field); id != "" && !seen[id] {
			seen[id] = true
			out = append(out, make(&l))
		}
	}
	return out
}

// products have a custom field that rules may read: whether their revenue is
// earned as it is used.
func (s *Server) products() []tree.Value {
	return s.named("productId", func(l *tree.Value) tree.Value {
		revenue := tree.Obj()
		if code := l.TextOf("productCode"); code != "" {
			class := "usage"
			if code == "platform" {
				class = "subscription"
			}
			revenue = tree.Obj(str("revenueClass", class))
		}
		return kept(l.TextOf("productId"), str("name", l.TextOf("productName")), str("code", l.TextOf("productCode")),
			tree.M("customFields", revenue))
	})
}

func (s *Server) aggregations() []tree.Value {
	return s.named("aggregationId", func(l *tree.Value) tree.Value {
		return kept(l.TextOf("aggregationId"), str("name", l.TextOf("description")), str("code", l.TextOf("productCode")+"_sum"),
			str("meterId", l.TextOf("meterId")), tree.M("customFields", tree.Obj()))
	})
}

// accountPlans: every Account has every plan that its lines name, since it began.
func (s *Server) accountPlans(r *http.Request) (int, []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	account, plan := r.URL.Query().Get("account"), r.URL.Query().Get("plan")
	some := keep(s.plans(), func(v tree.Value) bool { return plan == "" || v.TextOf("id") == plan })
	out := make([]tree.Value, len(some))
	for i, v := range some {
		out[i] = kept(account+v.TextOf("id"), str("accountId", account), str("planId", v.TextOf("id")), str("startDate", "2024-01-15T00:00:00Z"),
			str("code", v.TextOf("code")), tree.M("customFields", tree.Obj()))
	}
	return paged(r, out, pageMax, idOf, appendTree)
}

func (s *Server) plans() []tree.Value {
	return s.named("planId", func(l *tree.Value) tree.Value {
		return kept(l.TextOf("planId"), str("productId", l.TextOf("productId")), str("name", l.TextOf("productName")+" plan"),
			str("code", l.TextOf("productCode")+"_plan"), tree.M("bespoke", tree.Boolean(false)), tree.M("customFields", tree.Obj()))
	})
}

// contracts have the purchase order and the segment of their Account.
func (s *Server) contracts() []tree.Value {
	return s.named("contractId", func(l *tree.Value) tree.Value {
		b := s.find(l.TextOf("billId"))
		c := kept(l.TextOf("contractId"), str("accountId", b.text("accountId")), str("name", b.text("accountCode")+" agreement"),
			str("code", b.text("accountCode")+"_agreement"), str("startDate", "2024-01-15"), str("endDate", "2034-01-15"),
			tree.M("applyContractPeriodLimits", tree.Boolean(false)))
		i := slices.IndexFunc(s.accounts, func(a tree.Value) bool { return a.TextOf("id") == b.text("accountId") })
		if i < 0 {
			return c // of a Bill that was put in from outside
		}
		if fields := s.accounts[i].Get("customFields"); fields != nil {
			c.Set("customFields", *fields)
		}
		if po := s.accounts[i].Get("purchaseOrderNumber"); po != nil {
			c.Set("purchaseOrderNumber", *po)
		}
		return c
	})
}

func (s *Server) billConfig() tree.Value {
	return kept(s.o.World.OrgID, str("billLockDate", "2024-01-01"))
}

func (s *Server) organizationConfig() tree.Value {
	yes, no := tree.Boolean(true), tree.Boolean(false)
	return kept(s.o.World.OrgID, str("timezone", "UTC"), str("yearEpoch", "2024-01-01"), str("monthEpoch", "2024-01-01"),
		str("weekEpoch", "2024-01-01"), str("dayEpoch", "2024-01-01"), str("currency", "USD"), tree.M("currencyConversions", tree.List()),
		num("daysBeforeBillDue", "30"), num("scheduledBillInterval", "1"), num("scheduledBillOffset", "0"),
		tree.M("standingChargeBillInAdvance", no), tree.M("commitmentFeeBillInAdvance", yes), tree.M("minimumSpendBillInAdvance", no),
		str("externalInvoiceDate", "FIRST_DAY_OF_NEXT_PERIOD"), tree.M("suppressedEmptyBills", yes), tree.M("consolidateBills", yes),
		str("billPrefix", "INV-"), num("sequenceStartNumber", "1000"), str("autoGenerateStatementMode", "NONE"),
		tree.M("creditApplicationOrder", tree.List(tree.Str("PREPAYMENT"), tree.Str("BALANCE"))))
}

// customFields holds the defaults of the fields that the organisation added: the
// segment of an Account and of its contract.
func (s *Server) customFields() tree.Value {
	segment := tree.Obj(str("segment", ""))
	members := []tree.Member{}
	for _, entity := range []string{"organization", "account", "accountPlan", "meter", "product", "planTemplate", "plan", "aggregation",
		"compoundAggregation", "contract"} {
		v := tree.Obj()
		if entity == "account" || entity == "contract" {
			v = segment
		}
		if entity == "product" {
			v = tree.Obj(str("revenueClass", "usage"))
		}
		members = append(members, tree.M(entity, v))
	}
	return kept(s.o.World.OrgID, members...)
}
