package service

import (
	"context"

	"billferry/internal/integration"
	"billferry/internal/plan"
)

// Planner makes, decides on and applies plans: what is sent of an integration whose
// setting Approval asks for one.
type Planner interface {
	// MakePlan works out what would be sent of the Bills that wait, and keeps it.
	// step, which may be nil, hears how far it is. Nothing is kept of one that did
	// not come to its end.
	MakePlan(ctx context.Context, q PlanRequest, step func(Step)) (plan.Plan, error)
	// Plans lists plans, newest first, without their Bills; "" is of all integrations.
	Plans(ctx context.Context, integrationID string) ([]plan.Plan, error)
	// Plan is one with its Bills, and what became of them.
	Plan(ctx context.Context, id string) (plan.Plan, error)
	// ApprovePlan and RejectPlan are for another identity than the plan's author and
	// the last editor of the settings.
	ApprovePlan(ctx context.Context, q PlanAct) (plan.Plan, error)
	RejectPlan(ctx context.Context, q PlanAct) (plan.Plan, error)
	// ApplyPlan lets go what is just as the plan has it, and names what is not. It
	// returns when that is on disk; the Bills go out after it, whatever happens to
	// this process.
	ApplyPlan(ctx context.Context, q PlanAct, step func(Step)) (plan.Plan, error)
	// StopPlan takes back what is not on its way yet.
	StopPlan(ctx context.Context, q PlanAct) (plan.Plan, error)
}

// PlanRequest says of which Bills a plan is made.
type PlanRequest struct {
	IntegrationID string                 `json:"integrationId"`
	Period        string                 `json:"period,omitempty"` // by the document's date: 2026-10, 2026-Q3, 2026-10-01..2026-10-15
	Filter        *integration.RunFilter `json:"filter,omitempty"`
	FilterText    string                 `json:"filterText,omitempty"` // the same in words, to be shown
	Bills         []string               `json:"billIds,omitempty"`    // only these; none is all
}

// PlanAct names a plan to somebody's act.
type PlanAct struct {
	PlanID string `json:"planId"`
	Digest string `json:"digest,omitempty"` // of the plan as it was read; "" is whatever is kept
	Reason string `json:"reason,omitempty"`
}
