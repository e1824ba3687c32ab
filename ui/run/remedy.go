package run

import (
	"strings"

	"billferry/internal/integration"
)

// remedy is what a key can do about a run.
type remedy int

const (
	nothing remedy = iota
	mapAccount
	connect
	openIntegration
	tryAgain
)

// settings are causes that a change of the integration mends.
var settings = []string{"item_", "default_item_", "configuration_", "currency_", "account_filter", "negative_total", "integration_disabled", "field_"}

// remedyOf tells what the advice for a run comes down to.
func remedyOf(r integration.Run) remedy {
	switch {
	case r.Cause == "account_mapping_missing":
		return mapAccount
	case r.Status == integration.AuthFailed:
		return connect
	case r.Status == integration.Disabled:
		return openIntegration
	case !r.Status.Failed():
		return nothing
	}
	for _, prefix := range settings {
		if strings.HasPrefix(r.Cause, prefix) {
			return openIntegration
		}
	}
	return tryAgain
}

// keyText names the key of a remedy and what it does.
func (r remedy) keyText() string {
	switch r {
	case mapAccount:
		return "enter maps this account"
	case connect:
		return "enter opens the integration: connect it there with c"
	case openIntegration:
		return "enter opens the integration"
	case tryAgain:
		return "enter retries"
	}
	return ""
}

// advice is one sentence on what to do; "" when there is nothing to do.
func advice(r integration.Run) string {
	switch {
	case r.Advice != "":
		return r.Advice
	case remedyOf(r) == nothing:
		return ""
	}
	return "Read the Response tab, mend what it names, then retry."
}

// notRetryable says why a retry would do nothing; "" when it would.
func (s *Screen) notRetryable() string {
	switch {
	case !s.loaded:
		return "the run is not read yet"
	case !s.run.Status.Settled():
		return "this run is still under way"
	case s.run.Status == integration.Complete:
		return "this run is complete"
	}
	return ""
}
