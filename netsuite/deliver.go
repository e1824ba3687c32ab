package netsuite

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strings"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/mapping"
)

// maxTries bounds the writes of one Deliver; what is still unknown then goes
// back to the engine, which comes again and looks first.
const maxTries = 3

// sending is one Deliver: a document on its way.
type sending struct {
	c   *Client
	doc mapping.Document
	// body is the document as NetSuite takes it, the same bytes in every try.
	body []byte
	rec  Recorder
	// unknown: a write of ours, in this call or before it, may have had its effect.
	unknown bool
	// wrote is the outcome that an effect of ours would have.
	wrote integration.Outcome
	// doubt: the document is there, or a write of ours may yet make it.
	doubt bool
	// changed: the document is another than was asked for (stay, create).
	changed bool
	// unanswered: a change of the document got no answer, and was sent again.
	unanswered bool
	// lateCreate: a create got no answer.
	lateCreate bool
	// was tells what the engine knows of the Bill's documents.
	was delivery.Before
	// elsewhere: the record has another external id than the document.
	elsewhere bool
}

// Deliver implements delivery.Destination.
//
// It never repeats a write blindly: after an answer that proves nothing the
// document is looked up by its external id, and only when it is absent it is
// sent again, under the same external id, which NetSuite takes only once.
//
// Whatever else was, or may have been, made of the Bill before is looked up too:
// one that has the same kind is updated, and beside one of the other kind
// nothing is made.
func (c *Client) Deliver(
	ctx context.Context, d mapping.Encoded, was delivery.Before, rec func(integration.Exchange),
) (delivery.Delivered, error) {
	s := &sending{c: c, doc: d.Document, body: d.Body, rec: rec, unknown: was.Look, wrote: integration.Adopted, was: was}
	got, err := s.deliver(ctx, was)
	if err == nil {
		return got, nil
	}
	var f *integration.Failure
	if !errors.As(err, &f) {
		f = &integration.Failure{Class: integration.ClassTransient, Cause: "internal", Message: err.Error(), Advice: adviceLater, Err: err}
	}
	// Whatever stopped us, an effect that was unknown before is unknown still.
	// Several sendings may hold one failure (of the token), so it is copied.
	told := *f
	told.Unknown = f.Unknown || s.unknown
	told.Doubt = told.Unknown || s.doubt
	told.Advice = s.advice(ctx, f)
	return delivery.Delivered{}, &told
}

func (s *sending) deliver(ctx context.Context, was delivery.Before) (delivery.Delivered, error) {
	r, found, err := s.before(ctx, was)
	if err != nil || found {
		return s.settle(ctx, r, err)
	}
	var last error
	for range maxTries {
		id, err := s.create(ctx)
		if err == nil {
			return s.written(ctx, id)
		}
		last = err
		if done, got, err := s.afterRefusal(ctx, err); done {
			return got, err
		}
	}
	return delivery.Delivered{}, last
}

// before finds the one document that was made of the Bill before, if there is
// one. An error tells why none may be made now.
func (s *sending) before(ctx context.Context, was delivery.Before) (r record, found bool, err error) {
	if was.Look {
		if r, found, err = s.find(ctx); err != nil {
			return r, false, err
		}
		s.unknown = found // absent: the look-up settled it
	}
	others, err := s.others(ctx, was, found)
	switch {
	case err != nil || len(others) == 0:
		return r, found && err == nil, err
	case found && !r.voided() || len(others) > 1 || others[0].kind != s.doc.Kind:
		if found && !r.voided() {
			others = append(others, live{s.doc.Kind, s.doc.ExternalID, r})
		}
		s.unknown, s.doubt = false, found // we saw what NetSuite holds, and sent nothing
		if s.was.Looks && !s.was.Stands {
			return r, false, s.lookFirst(others[0].String() + " is there")
		}
		return r, false, s.alone(others)
	}
	s.unknown, s.elsewhere = true, true
	return others[0].record, true, nil
}

// afterRefusal deals with a create that did not succeed. done is false when
// the record is proven absent and may be sent again.
func (s *sending) afterRefusal(ctx context.Context, err error) (done bool, got delivery.Delivered, _ error) {
	f := asFailure(err)
	switch {
	case f.Cause == causeExists:
		s.doubt = true
		r, found, err := s.findTwice(ctx, false)
		if err == nil && !found {
			return true, got, taken(s.doc, f)
		}
		got, err = s.settle(ctx, r, err)
		return true, got, err
	case f.Unknown:
		doubted := s.doubt
		s.lateCreate = true
		s.unknown, s.doubt = true, true // it may come through after all, however often it is looked for
		r, found, err := s.findTwice(ctx, f.Err != nil)
		final := f.Class != integration.ClassTransient
		switch {
		case err != nil && final:
			return true, got, f // what refused the write says more than what refused the look-up
		case err != nil || found:
			got, err = s.settle(ctx, r, err)
			return true, got, err
		}
		s.unknown = false
		if !final {
			return false, got, nil
		}
		s.doubt = doubted // but not when it was answered, and there is nothing
		told := *f
		told.Unknown = false
		return true, got, &told
	default:
		return true, got, err
	}
}

// create posts the document and returns its internal id, "" when NetSuite
// accepted it without telling.
func (s *sending) create(ctx context.Context) (string, error) {
	body, anew := s.body, s.doc.Anew()
	if len(s.doc.Gone) > 0 { // of a new document NetSuite may fill them in
		body = encode(anew).Body
	}
	ans, err := s.c.do(ctx, call{purpose: "create", method: http.MethodPost, path: s.recordPath(""), body: body,
		head: strict, write: true, rec: s.rec})
	if err != nil {
		return "", err
	}
	s.unknown, s.doubt = true, true // it is there
	s.changed = s.changed || len(anew.Warnings) < len(s.doc.Warnings)
	s.doc = anew
	return idOf(ans.head.Get("Location"), s.doc.Kind), nil
}

// strict makes NetSuite refuse a field name it does not know. It drops such a
// field without a word otherwise.
var strict = http.Header{"X-Netsuite-Propertynamevalidation": {"Error"}}

// idOf takes the id off the end of the Location of a record of that kind. Only
// a number is an id, and what is no such record, an async job say, has ids of
// its own.
func idOf(location string, kind mapping.Kind) string {
	u, err := url.Parse(location)
	if err != nil {
		return ""
	}
	dir, id := path.Split(u.Path)
	if !isID(id) || !strings.EqualFold(path.Base(dir), string(kind)) {
		return ""
	}
	return id
}

func (s *sending) recordPath(id string) string {
	p := recordPath + "/" + string(s.doc.Kind)
	if id != "" {
		p += "/" + id
	}
	return p
}

// find looks the document up by its external id. An error means that nobody
// knows whether it is there.
func (s *sending) find(ctx context.Context) (record, bool, error) {
	return s.readFrom(ctx, "look up", s.recordPath("eid:"+url.PathEscape(s.doc.ExternalID)))
}

// readFrom reads the record at a path.
func (s *sending) readFrom(ctx context.Context, purpose, path string) (record, bool, error) {
	head, line := asksFor(&s.doc)
	return s.readOf(ctx, purpose, path, head, line)
}

// readOf reads the record at a path, with the fields of those names besides.
func (s *sending) readOf(ctx context.Context, purpose, path string, head, line []string) (record, bool, error) {
	ans, err := s.c.do(ctx, call{purpose: purpose, method: http.MethodGet, path: path,
		query: "expandSubResources=true", rec: s.rec})
	if err != nil {
		if absent(ans, err) {
			return record{}, false, nil
		}
		return record{}, false, err
	}
	r, err := parseRecordOf(ans.body, head, line)
	if err != nil {
		return record{}, false, &integration.Failure{Class: integration.ClassTransient, Cause: "answer_unreadable", Err: err,
			Message: "netsuite's answer could not be read: " + err.Error(), Advice: adviceLater}
	}
	return r, true, nil
}

// absent tells whether NetSuite said that there is no such record: a 404, or
// for transactions a 400 with one of two texts. Anything else proves nothing.
func absent(a answer, err error) bool {
	f := asFailure(err)
	switch a.status {
	case http.StatusNotFound:
		return f.Cause != causeNoType
	case http.StatusBadRequest:
		return f.Cause == causeAbsent || f.Cause == "reference_unknown"
	}
	return false
}

// findTwice looks, gives a write time to show itself, and looks again. A write
// that was answered is over, so it gets a tenth of the time of one that was
// not. Too short a wait does no harm: a second create with the same external
// id is refused.
func (s *sending) findTwice(ctx context.Context, silent bool) (record, bool, error) {
	r, found, err := s.find(ctx)
	if err != nil || found {
		return r, found, err
	}
	pause := s.c.settle
	if !silent {
		pause /= 10
	}
	if err := sleep(ctx, pause); err != nil {
		return record{}, false, noAnswer(err, false)
	}
	return s.find(ctx)
}

// written is a document that NetSuite has taken under that id: the fact, which
// nothing that fails afterwards changes. Without an id it is looked up.
func (s *sending) written(ctx context.Context, id string) (delivery.Delivered, error) {
	if id != "" {
		return s.delivered(id, integration.Created), nil
	}
	r, found, err := s.find(ctx)
	switch {
	case err != nil:
		return delivery.Delivered{}, err
	case !found:
		return delivery.Delivered{}, s.unseen()
	}
	got := s.delivered(r.ID, integration.Created)
	if p, err := s.read(ctx, r); err == nil {
		got.Proof = s.sure(r, p)
	}
	return got, nil
}

func (s *sending) unseen() error {
	return &integration.Failure{Class: integration.ClassTransient, Cause: "read_back_missing", Advice: adviceLater,
		Message: fmt.Sprintf("netsuite accepted %s %s but does not show it", s.doc.Kind, s.doc.ExternalID)}
}

func (s *sending) delivered(id string, o integration.Outcome) delivery.Delivered {
	got := delivery.Delivered{Outcome: o, ID: id, URL: pageURL(s.c.origin, s.doc.Kind, id), Unanswered: s.unanswered,
		LateCreate: s.lateCreate}
	if s.changed {
		got.Doc = &s.doc
	}
	return got
}

// Prove implements delivery.Destination: it reads a written document back.
func (c *Client) Prove(ctx context.Context, d mapping.Document, id string, rec func(integration.Exchange)) (delivery.Proof, error) {
	s := &sending{c: c, doc: d, rec: rec}
	r, found, err := s.readFrom(ctx, "read back", s.recordPath(url.PathEscape(id)))
	if err == nil && !found {
		err = s.unseen()
	}
	if err != nil {
		return delivery.Proof{}, err
	}
	p, err := s.read(ctx, r)
	if err == nil {
		err = c.askPosting(ctx, r, &p, rec)
	}
	if err == nil {
		c.calibrate(ctx, d, r, p, rec)
	}
	return p, err
}

// read compares a record with the document.
func (s *sending) read(ctx context.Context, r record) (delivery.Proof, error) {
	differs, unread, err := s.compare(ctx, r)
	if err != nil {
		return delivery.Proof{}, err
	}
	p := proof(r, differs)
	p.Unread = unread
	return p, nil
}

// compare lists what r holds otherwise than the document. A customer that is
// named by external id is resolved first, once for all its Bills; what keeps it
// from that is told in words, and compared is the rest.
func (s *sending) compare(ctx context.Context, r record) (differs []string, unread string, err error) {
	customer := s.doc.Entity.ID
	if customer == "" {
		if customer, err = s.c.customerID(ctx, s.doc.Entity.ExternalID, s.rec); err != nil {
			f := asFailure(err)
			if f.Class == integration.ClassTransient || f.Class == integration.ClassLoad || f.Class == integration.ClassAuth {
				return nil, "", err
			}
			unread = "the customer could not be looked up: " + f.Message
		}
	}
	return compare(s.doc, customer, r), unread, nil
}

// taken is an external id that NetSuite refuses as used while no record of
// this kind carries it.
func taken(d mapping.Document, f *integration.Failure) error {
	return &integration.Failure{Class: integration.ClassRefused, Cause: "external_id_taken", Err: f, Advice: f.Advice,
		Message: fmt.Sprintf("%s; but no %s with external id %s can be seen: another kind of transaction has it, or the role "+
			"may not see the record",
			f.Message, strings.ToLower(string(d.Kind)), d.ExternalID)}
}

// asFailure gives the failure in err; every error of do is one.
func asFailure(err error) *integration.Failure {
	var f *integration.Failure
	if errors.As(err, &f) {
		return f
	}
	return &integration.Failure{Class: integration.ClassTransient, Cause: "internal", Message: err.Error(), Err: err}
}
