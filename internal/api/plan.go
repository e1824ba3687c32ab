package api

import (
	"context"
	"net/http"

	"billferry/internal/plan"
	"billferry/internal/service"
)

// makePlan streams how far it is. A caller that goes ends it, and nothing is kept.
func (s *Server) makePlan(w http.ResponseWriter, r *http.Request) error {
	q, err := decode[service.PlanRequest](r)
	if err != nil {
		return err
	}
	q.IntegrationID = r.PathValue("id")
	return steps(w, func(step func(service.Step)) (plan.Plan, error) { return s.svc.MakePlan(r.Context(), q, step) })
}

// applyPlan streams how far the comparison is.
func (s *Server) applyPlan(w http.ResponseWriter, r *http.Request) error {
	q, err := decode[service.PlanAct](r)
	if err != nil {
		return err
	}
	q.PlanID = r.PathValue("id")
	return steps(w, func(step func(service.Step)) (plan.Plan, error) { return s.svc.ApplyPlan(r.Context(), q, step) })
}

// onPlan is an act on a plan that the path names.
func onPlan(m func(service.Service, context.Context, service.PlanAct) (plan.Plan, error)) func(
	context.Context, service.Service, planQuery) (plan.Plan, error) {
	return func(ctx context.Context, svc service.Service, q planQuery) (plan.Plan, error) {
		q.PlanID = q.ID
		return m(svc, ctx, q.PlanAct)
	}
}

// MakePlan implements service.Service.
func (c *Client) MakePlan(ctx context.Context, q service.PlanRequest, step func(service.Step)) (plan.Plan, error) {
	if err := known("integration", q.IntegrationID); err != nil {
		return plan.Plan{}, err
	}
	return stepped[plan.Plan](ctx, c, post, at("/integrations", q.IntegrationID, "/plans"), nil, q, step)
}

// Plans implements service.Service.
func (c *Client) Plans(ctx context.Context, integrationID string) ([]plan.Plan, error) {
	return listPlans.call(ctx, c, integrationQuery{integrationID})
}

// Plan implements service.Service.
func (c *Client) Plan(ctx context.Context, id string) (plan.Plan, error) {
	return getPlan.call(ctx, c, idQuery{id})
}

// ApprovePlan implements service.Service.
func (c *Client) ApprovePlan(ctx context.Context, q service.PlanAct) (plan.Plan, error) {
	return approvePlan.call(ctx, c, planQuery{idQuery{q.PlanID}, q})
}

// RejectPlan implements service.Service.
func (c *Client) RejectPlan(ctx context.Context, q service.PlanAct) (plan.Plan, error) {
	return rejectPlan.call(ctx, c, planQuery{idQuery{q.PlanID}, q})
}

// StopPlan implements service.Service.
func (c *Client) StopPlan(ctx context.Context, q service.PlanAct) (plan.Plan, error) {
	return stopPlan.call(ctx, c, planQuery{idQuery{q.PlanID}, q})
}

// ApplyPlan implements service.Service.
func (c *Client) ApplyPlan(ctx context.Context, q service.PlanAct, step func(service.Step)) (plan.Plan, error) {
	if err := known("plan", q.PlanID); err != nil {
		return plan.Plan{}, err
	}
	return stepped[plan.Plan](ctx, c, post, at("/plans", q.PlanID, "/apply"), nil, q, step)
}
