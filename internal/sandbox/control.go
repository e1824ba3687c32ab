package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/sandbox/fault"
	"billferry/internal/sandbox/suitetalk"
)

// control is the surface by which a person or a test steers the simulators:
//
//	GET  /sandbox/stats
//	GET  /sandbox/invoices
//	POST /sandbox/faults        {"faults":["refuse=0.01","reset-after@3"]}
//	POST /sandbox/periods/{id}  {"state":"close"}   open, lock or close; id, a date, or a year to set up
//	POST /sandbox/payments      {"invoice":"48001","amount":10.00}   no amount: all that is open
//	POST /sandbox/journals      {"invoice":"48001","amount":10.00}   settles part of it by a journal
//	POST /sandbox/issues        {"transaction":"48001","how":"email"}   or print
//	POST /sandbox/voids         {"transaction":"48001"}
//	POST /sandbox/approvals     {"transaction":"48001"}   no transaction: all that are pending
//	POST /sandbox/edits         {"transaction":"48001","set":{"memo":"x"}}   what a person changes in NetSuite's pages
//	POST /sandbox/deletes       {"transaction":"48001"}
//	POST /sandbox/copies        {"transaction":"48001","externalId":""}   made once more by hand; answers with its id
//	POST /sandbox/subsidiaries  {"name":"Europe"}   answers with its id
//	POST /sandbox/account       {"account":"strict"}   it demands that from now on
//	POST /sandbox/concurrency   {"limit":3}
//	POST /sandbox/permissions   {"deny":["suiteanalytics"],"grant":["override"]}
//	POST /sandbox/queries       {"lag":"2s","hideCustomers":["601"]}   what SuiteQL shows late, or not at all
//	POST /sandbox/tax           {"percent":20}   what SuiteTax adds from now on
//	POST /sandbox/tokens/expire
//	POST /sandbox/certificates  PEM of a certificate; answers with its key id
//	POST /sandbox/credits       {"account":"ID","currency":"USD","amount":50}   into m3ter's Balance, beside all Bills
//	POST /sandbox/rights        {"deny":["balances","commitments"]}   of m3ter's service user
//	POST /sandbox/bills         {"action":"put","bill":{...}}, {"action":"approve","id":"..."},
//	                            {"action":"recalculate","id":"...","amount":12.345}
func (s *Sandbox) control(mux *http.ServeMux) {
	mux.HandleFunc("GET /sandbox/stats", func(w http.ResponseWriter, _ *http.Request) { answer(w, s.Stats(), nil) })
	mux.HandleFunc("GET /sandbox/invoices", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{"items": s.netsuite.Invoices()}, nil)
	})
	post := func(path string, do func(r *http.Request, body []byte) (any, error)) {
		mux.HandleFunc("POST /sandbox/"+path, func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 16<<20))
			if err != nil {
				answer(w, nil, err)
				return
			}
			v, err := do(r, body)
			answer(w, v, err)
		})
	}
	post("faults", s.postFaults)
	post("periods/{id}", s.postPeriod)
	post("payments", s.postPayment)
	post("journals", s.postJournal)
	post("issues", s.postIssue)
	post("voids", onTransaction(s.netsuite.Void))
	post("approvals", s.postApproval)
	post("edits", s.postEdit)
	post("deletes", onTransaction(s.netsuite.Remove))
	post("copies", s.postCopy)
	post("subsidiaries", s.postSubsidiary)
	post("account", s.postAccount)
	post("concurrency", s.postConcurrency)
	post("permissions", s.postPermissions)
	post("queries", s.postQueries)
	post("tax", s.postTax)
	post("credits", s.postCredit)
	post("rights", s.postRights)
	post("bills", s.postBill)
	post("certificates", func(_ *http.Request, body []byte) (any, error) {
		id, err := s.netsuite.Register(s.clientID, body)
		return map[string]string{"keyId": id, "clientId": s.clientID}, err
	})
	post("tokens/expire", func(*http.Request, []byte) (any, error) {
		s.netsuite.ExpireTokens()
		s.m3ter.ExpireTokens()
		return success, nil
	})
}

var success = map[string]string{"result": "done"}

func answer(w http.ResponseWriter, v any, err error) {
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		v = map[string]string{"message": err.Error()}
	}
	_ = json.NewEncoder(w).Encode(v) // a client that has gone is its own affair
}

func (s *Sandbox) postFaults(_ *http.Request, body []byte) (any, error) {
	var in struct {
		Faults []string `json:"faults"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, fmt.Errorf(`write {"faults":["KIND=RATE"]}: %w`, err)
	}
	list := make([]Fault, 0, len(in.Faults))
	for _, text := range in.Faults {
		f, err := fault.Parse(text)
		if err != nil {
			return nil, err
		}
		list = append(list, f)
	}
	return success, s.SetFaults(list...)
}

func (s *Sandbox) postPeriod(r *http.Request, body []byte) (any, error) {
	var in struct {
		State suitetalk.PeriodState `json:"state"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, fmt.Errorf(`write {"state":"open"}, lock or close: %w`, err)
	}
	return success, s.netsuite.SetPeriod(r.PathValue("id"), in.State)
}

func (s *Sandbox) postPayment(_ *http.Request, body []byte) (any, error) {
	var in struct {
		Invoice string    `json:"invoice"`
		Amount  decimal.D `json:"amount"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, fmt.Errorf(`write {"invoice":"ID"}: %w`, err)
	}
	id, err := s.netsuite.Pay(in.Invoice, in.Amount)
	return map[string]string{"payment": id}, err
}

func (s *Sandbox) postJournal(_ *http.Request, body []byte) (any, error) {
	var in struct {
		Invoice string    `json:"invoice"`
		Amount  decimal.D `json:"amount"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, fmt.Errorf(`write {"invoice":"ID"}: %w`, err)
	}
	id, err := s.netsuite.Settle(in.Invoice, in.Amount)
	return map[string]string{"journal": id}, err
}

func (s *Sandbox) postIssue(_ *http.Request, body []byte) (any, error) {
	var in struct {
		Transaction string `json:"transaction"`
		How         string `json:"how"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, fmt.Errorf(`write {"transaction":"ID","how":"email"}: %w`, err)
	}
	return success, s.netsuite.Issue(in.Transaction, in.How)
}

// onTransaction is a request that names a transaction.
func onTransaction(do func(id string) error) func(*http.Request, []byte) (any, error) {
	return func(_ *http.Request, body []byte) (any, error) {
		var in struct {
			Transaction string `json:"transaction"`
		}
		if err := json.Unmarshal(body, &in); err != nil {
			return nil, fmt.Errorf(`write {"transaction":"ID"}: %w`, err)
		}
		return success, do(in.Transaction)
	}
}

func (s *Sandbox) postApproval(_ *http.Request, body []byte) (any, error) {
	var in struct {
		Transaction string `json:"transaction"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, fmt.Errorf(`write {"transaction":"ID"}, or {} for all that are pending: %w`, err)
	}
	if in.Transaction == "" {
		return map[string]int{"approved": s.netsuite.ApproveAll()}, nil
	}
	return success, s.netsuite.Approve(in.Transaction)
}

func (s *Sandbox) postConcurrency(_ *http.Request, body []byte) (any, error) {
	var in struct {
		Limit int `json:"limit"`
	}
	if err := json.Unmarshal(body, &in); err != nil || in.Limit < 1 {
		return nil, errors.New(`write {"limit":N} with N of 1 or more`)
	}
	s.netsuite.SetConcurrency(in.Limit)
	return success, nil
}

func (s *Sandbox) postPermissions(_ *http.Request, body []byte) (any, error) {
	var in struct {
		Deny  []string `json:"deny"`
		Grant []string `json:"grant"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, fmt.Errorf(`write {"deny":["suiteanalytics"],"grant":["override"]}: %w`, err)
	}
	return success, errors.Join(s.netsuite.Deny(in.Deny...), s.netsuite.Grant(in.Grant...))
}

func (s *Sandbox) postQueries(_ *http.Request, body []byte) (any, error) {
	var in struct {
		Lag  string   `json:"lag"`
		Hide []string `json:"hideCustomers"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, fmt.Errorf(`write {"lag":"2s","hideCustomers":["601"]}: %w`, err)
	}
	var lag time.Duration
	if in.Lag != "" {
		var err error
		if lag, err = time.ParseDuration(in.Lag); err != nil || lag < 0 {
			return nil, fmt.Errorf(`lag %q is no time such as "2s"`, in.Lag)
		}
	}
	if err := s.netsuite.Restrict(in.Hide...); err != nil {
		return nil, err
	}
	s.netsuite.SetQueryLag(lag)
	return success, nil
}

func (s *Sandbox) postTax(_ *http.Request, body []byte) (any, error) {
	var in struct {
		Percent decimal.D `json:"percent"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, fmt.Errorf(`write {"percent":20}: %w`, err)
	}
	return success, s.netsuite.SetTax(in.Percent)
}

func (s *Sandbox) postBill(_ *http.Request, body []byte) (any, error) {
	var in struct {
		Action string          `json:"action"`
		ID     string          `json:"id"`
		Bill   json.RawMessage `json:"bill"`
		Amount decimal.D       `json:"amount"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, fmt.Errorf("read the request: %w", err)
	}
	switch in.Action {
	case "put":
		return success, s.m3ter.PutBill(in.Bill)
	case "approve":
		return success, s.m3ter.Approve(in.ID)
	case "recalculate":
		return success, s.m3ter.Recalculate(in.ID, in.Amount)
	}
	return nil, fmt.Errorf("unknown action %q: put, approve or recalculate", in.Action)
}
