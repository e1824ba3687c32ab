package netsuite

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"billferry/internal/integration"
)

// NetSuite answers 401 to a login that is wrong, and some accounts answer it
// when they are overloaded, mostly after a minute of silence.
// These bounds tell the two apart.
const (
	// slowRefusal is how long a 401 takes at least to be a refusal for load
	// whatever else is known: a login that is wrong is refused at once.
	slowRefusal = 10 * time.Second
	// loginGrace is how long a login that has worked before may be refused before
	// it counts as wrong.
	loginGrace = 10 * time.Minute
	// A burst of refusals is one; so many bursts are needed besides, so that a
	// process that slept does not take two for proof.
	provingRefusals = 5
	refusalSpacing  = 30 * time.Second
)

// logins judges 401s that a fresh token did not mend. What is wrong with key,
// certificate or integration record is refused at the token endpoint, which is
// proof; a 401 of a web service to a token just issued is not, as long as the
// same login has worked before.
type logins struct {
	mu     sync.Mutex
	worked bool      // ever: in this process, or before it as the store knows
	first  time.Time // refusal since the last call that was accepted; zero: none
	last   time.Time
	bursts int
}

// accepted ends a row of refusals.
func (l *logins) accepted() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.worked, l.first, l.bursts = true, time.Time{}, 0
}

// judgement is what a refusal makes of a login.
type judgement struct {
	wrong bool      // it counts as refused
	news  bool      // the first refusal of a burst
	until time.Time // when the doubt ends
}

// refused counts a refusal that took so long.
func (l *logins) refused(now time.Time, took time.Duration) judgement {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.first.IsZero() {
		l.first = now
	}
	j := judgement{until: l.first.Add(loginGrace)}
	if l.bursts == 0 || now.Sub(l.last) >= refusalSpacing {
		l.bursts++
		l.last, j.news = now, true
	}
	lasted := l.bursts >= provingRefusals && !now.Before(j.until)
	j.wrong = lasted || !l.worked && took < slowRefusal
	return j
}

// refused401 says what a 401 means that took so long and that a fresh token
// did not mend, or that no fresh token was worth asking for.
func (c *Client) refused401(a answer, took time.Duration) error {
	f := classify(a, false)
	j := c.logins.refused(c.now(), took)
	if j.wrong {
		return f
	}
	if j.news {
		c.log.Warn("netsuite refuses a token that it has just given, as it does for load too",
			"account", c.account, "took", took.Round(time.Millisecond), "counts as a wrong login from", j.until)
	}
	f.Class, f.Cause = integration.ClassLoad, causeDoubtful
	f.Message = strings.TrimSuffix(f.Message, ".") + "; the token endpoint takes the same key, so this may be its way to refuse for load"
	f.Advice = fmt.Sprintf("nothing to do yet: sending goes on more slowly; if it stays so until %s, the login counts as refused: then see %s",
		j.until.UTC().Format("15:04 UTC"), adviceLogin)
	return f
}
