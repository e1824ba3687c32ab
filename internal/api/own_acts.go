package api

import "net/http"

// The bodies of what a person does to runs.
type (
	reasonBody struct {
		Reason string `json:"reason"`
	}
	sentBody struct {
		ExternalID string `json:"externalId"`
		Reason     string `json:"reason"`
		Confirmed  bool   `json:"confirmed,omitempty"` // although the document is not evidently the Bill's
	}
	idsBody struct {
		RunIDs []string `json:"runIds"`
	}
	holdBody struct {
		RunIDs []string `json:"runIds"`
		Reason string   `json:"reason"`
	}
	nameBody struct {
		Name string `json:"name"`
	}
)

func (s *Server) markSent(w http.ResponseWriter, r *http.Request) error {
	b, err := decode[sentBody](r)
	if err != nil {
		return err
	}
	v, err := s.svc.MarkSent(r.Context(), r.PathValue("id"), b.ExternalID, b.Reason, b.Confirmed)
	return answer(w, v, err)
}

func (s *Server) skipRun(w http.ResponseWriter, r *http.Request) error {
	b, err := decode[reasonBody](r)
	if err != nil {
		return err
	}
	v, err := s.svc.SkipRun(r.Context(), r.PathValue("id"), b.Reason)
	return answer(w, v, err)
}

func (s *Server) hold(w http.ResponseWriter, r *http.Request) error {
	b, err := decode[holdBody](r)
	if err != nil {
		return err
	}
	v, err := s.svc.HoldRuns(r.Context(), b.RunIDs, b.Reason)
	return answer(w, v, err)
}

func (s *Server) release(w http.ResponseWriter, r *http.Request) error {
	b, err := decode[idsBody](r)
	if err != nil {
		return err
	}
	v, err := s.svc.ReleaseRuns(r.Context(), b.RunIDs)
	return answer(w, v, err)
}

func (s *Server) sum(w http.ResponseWriter, r *http.Request) error {
	f, err := decodeFilter(r.URL.Query())
	if err != nil {
		return err
	}
	v, err := s.svc.Sum(r.Context(), f)
	return answer(w, v, err)
}

func (s *Server) replays(w http.ResponseWriter, r *http.Request) error {
	v, err := s.svc.Replays(r.Context())
	return answer(w, v, err)
}

func (s *Server) stopReplay(w http.ResponseWriter, r *http.Request) error {
	b, err := decode[nameBody](r)
	if err != nil {
		return err
	}
	v, err := s.svc.StopReplay(r.Context(), b.Name)
	return answer(w, v, err)
}
