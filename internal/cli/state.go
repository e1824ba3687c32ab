package cli

import (
	"fmt"
	"strconv"
	"time"

	"billferry/internal/integration"
)

// bills says how many wait.
func bills(n int) string {
	if n == 1 {
		return "1 Bill waits"
	}
	return strconv.Itoa(n) + " Bills wait"
}

// silent says why Bills wait for a destination that does not answer.
func silent(u *integration.Unreachable) string {
	text := fmt.Sprintf("%s; %s, since %s", u.Why, bills(u.Waiting), u.Since.Local().Format(time.TimeOnly))
	if !u.Next.IsZero() {
		text += ", next try at " + u.Next.Local().Format(time.TimeOnly)
	}
	return text
}
