package m3ter

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"billferry/internal/decimal"
)

// Balance is a prepaid Balance of an account, as m3ter lists it (OpenAPI:
// BalanceResponse).
type Balance struct {
	ID        string    `json:"id"`
	AccountID string    `json:"accountId"`
	Currency  string    `json:"currency"`
	Amount    decimal.D `json:"amount"` // that it holds now
	EndDate   string    `json:"endDate"`
	Rollover  string    `json:"rolloverEndDate"`
}

// Ends is when the Balance ends, and until when a part of what was left then may still
// be drawn down; zero: never, and nothing may.
func (b Balance) Ends() (end, rollover time.Time) { return moment(b.EndDate), moment(b.Rollover) }

// Ends is when the prepayment can be drawn down no more; zero: never.
func (c Commitment) Ends() time.Time { return moment(c.EndDate) }

func moment(text string) time.Time {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		at, _ = time.Parse(time.DateOnly, text)
	}
	return at
}

// Commitment is a prepayment of an account, as m3ter lists it (OpenAPI:
// CommitmentResponse).
type Commitment struct {
	ID        string    `json:"id"`
	AccountID string    `json:"accountId"`
	Currency  string    `json:"currency"`
	Amount    decimal.D `json:"amount"`        // that the customer has committed to pay
	PrePaid   decimal.D `json:"amountPrePaid"` // of it, paid up front and not by a Bill
	Spent     decimal.D `json:"amountSpent"`   // of it, drawn down so far
	EndDate   string    `json:"endDate"`
}

// Balances is a page of all Balances, ended ones too.
func (c *Client) Balances(ctx context.Context, pageToken string) (list []Balance, next string, err error) {
	return page[Balance](ctx, c, "/balances", paged(pageOfBalances, pageToken))
}

// Commitments is a page of all Commitments, ended ones too.
func (c *Client) Commitments(ctx context.Context, pageToken string) (list []Commitment, next string, err error) {
	return page[Commitment](ctx, c, "/commitments", paged(pageOfBalances, pageToken))
}

func page[T any](ctx context.Context, c *Client, path string, q url.Values) ([]T, string, error) {
	var l listing[T]
	if err := c.get(ctx, path, q, &l); err != nil {
		return nil, "", err
	}
	if len(l.Data) == 0 {
		return nil, "", nil // an empty page ends the list, whatever it says
	}
	return l.Data, l.NextToken, nil
}

// BalanceSummary is what m3ter adds up of the transactions of a Balance (OpenAPI:
// BalanceTransactionsSummary).
type BalanceSummary struct {
	Credits decimal.D `json:"totalCreditAmount"`
	Debits  decimal.D `json:"totalDebitAmount"`
	// Expired is what was left at the end without what may roll over.
	Expired decimal.D `json:"expiredBalanceAmount"`
}

// BalanceSummary reads that of one Balance.
func (c *Client) BalanceSummary(ctx context.Context, id string) (s BalanceSummary, err error) {
	if err := c.get(ctx, "/balances/"+url.PathEscape(id)+"/transactions/summary", nil, &s); err != nil {
		return s, fmt.Errorf("read the transactions of Balance %s: %w", id, err)
	}
	return s, nil
}

type fee struct {
	Subtotal decimal.D `json:"subtotal"`
}

// BilledFees is what Bills have asked for of a Commitment, in the Commitment's currency.
func (c *Client) BilledFees(ctx context.Context, commitment string) (sum decimal.D, err error) {
	for token := ""; ; {
		q := paged(pageOfBalances, token)
		q.Set("commitmentId", commitment)
		q.Set("lineItemType", "COMMITMENT_FEE")
		var lines []fee
		lines, token, err = page[fee](ctx, c, "/lineitems", q)
		if err != nil {
			return sum, fmt.Errorf("read the fees of Commitment %s: %w", commitment, err)
		}
		for _, l := range lines {
			sum = sum.Add(l.Subtotal)
		}
		if token == "" {
			return sum, nil
		}
	}
}
