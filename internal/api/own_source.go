package api

import (
	"net/http"

	"billferry/internal/integration"
	"billferry/internal/service"
)

func (s *Server) drafts(w http.ResponseWriter, r *http.Request) error {
	v, err := s.svc.Drafts(r.Context())
	return answer(w, v, err)
}

func (s *Server) saveDraft(w http.ResponseWriter, r *http.Request) error {
	d, err := decode[integration.Draft](r)
	if err != nil {
		return err
	}
	v, err := s.svc.SaveDraft(r.Context(), d)
	return answer(w, v, err)
}

func (s *Server) deleteDraft(w http.ResponseWriter, r *http.Request) error {
	return answer(w, doneBody{}, s.svc.DeleteDraft(r.Context(), r.PathValue("id")))
}

// inspectKey answers a plain error of the service with 400: it is a sentence
// on what is wrong with the key that was sent.
func (s *Server) inspectKey(w http.ResponseWriter, r *http.Request) error {
	b, err := decode[keyBody](r)
	if err != nil {
		return err
	}
	v, err := s.svc.InspectKey(r.Context(), b.Key)
	return answer(w, v, callersFault(err))
}

func (s *Server) generateKey(w http.ResponseWriter, r *http.Request) error {
	b, err := decode[generateBody](r)
	if err != nil {
		return err
	}
	v, err := s.svc.GenerateKey(r.Context(), b.Dir, b.Algorithm, b.Days)
	return answer(w, v, callersFault(err))
}

// callersFault makes 400 of an error that says nothing of itself.
func callersFault(err error) error {
	if err == nil {
		return nil
	}
	if status, _ := statusOf(err); status == http.StatusInternalServerError {
		return &apiError{status: http.StatusBadRequest, message: err.Error()}
	}
	return err
}

func (s *Server) source(w http.ResponseWriter, r *http.Request) error {
	v, err := s.svc.SourceStatus(r.Context())
	return answer(w, v, err)
}

func (s *Server) connectSource(w http.ResponseWriter, r *http.Request) error {
	b, err := decode[sourceBody](r)
	if err != nil {
		return err
	}
	src := b.Source
	src.APISecret = b.Secret
	return steps(w, func(step func(service.Step)) (doneBody, error) {
		return doneBody{}, s.svc.ConnectSource(r.Context(), src, step)
	})
}

func (s *Server) preview(w http.ResponseWriter, r *http.Request) error {
	p, err := decode[service.PreviewRequest](r)
	if err != nil {
		return err
	}
	v, err := s.svc.Preview(r.Context(), p)
	return answer(w, v, err)
}
