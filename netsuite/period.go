package netsuite

import (
	"context"
	"fmt"
	"time"

	"billferry/internal/integration"
)

const (
	openLife   = 10 * time.Minute // NetSuite itself refuses what was closed meanwhile
	closedLife = 15 * time.Second // a person who has just opened it should not wait
)

// period is an accounting period as far as posting into it goes.
type period struct {
	ID     string
	Name   string
	Closed bool
	Locked bool // only roles with Override Period Restrictions may post; ours may be one
}

func (p period) life() time.Duration {
	if p.Closed {
		return closedLife
	}
	return openLife
}

const periodQuery = "SELECT id, periodname, startdate, enddate, closed, arlocked, alllocked FROM accountingperiod " +
	"WHERE isyear='F' AND isquarter='F' AND isadjust='F' AND startdate <= TO_DATE(?, 'YYYY-MM-DD') AND enddate >= TO_DATE(?, 'YYYY-MM-DD')"

// periodOf looks up the accounting period of a civil date. A zero period means
// that it cannot be known, that there is none, or that another Bill is asking
// at this moment: at the start all Bills of a month would stand in their slots
// behind one look-up otherwise.
func (c *Client) periodOf(ctx context.Context, date string, rec Recorder) (period, error) {
	return c.cache.periods.glance(c.now, "date|"+date, func() (period, time.Duration, error) {
		rows, err := c.suiteql(ctx, "look up period", periodQuery, 1, rec, date, date)
		if err != nil && notPermitted(err) {
			return period{}, openLife, nil // a search needs SuiteQL; NetSuite will say
		}
		if err != nil || len(rows) == 0 {
			return period{}, openLife, err
		}
		r := rows[0]
		p := period{ID: string(r["id"]), Name: string(r["periodname"]), Closed: isTrue(r["closed"]), Locked: isTrue(r["arlocked"]) || isTrue(r["alllocked"])}
		return p, p.life(), nil
	})
}

// periodByID reads a period by its id, which needs no SuiteQL.
func (c *Client) periodByID(ctx context.Context, id string, rec Recorder) (period, error) {
	return c.cache.periods.get(ctx, c.now, "id|"+id, func() (period, time.Duration, error) {
		var v struct {
			Name   string `json:"periodName"`
			Closed scalar `json:"closed"`
			AR     scalar `json:"arLocked"`
			All    scalar `json:"allLocked"`
		}
		found, err := c.getRecord(ctx, "look up period", "accountingPeriod", id, &v, rec)
		if err != nil && notPermitted(err) {
			return period{}, openLife, nil
		}
		if err != nil || !found {
			return period{}, openLife, err
		}
		p := period{ID: id, Name: v.Name, Closed: isTrue(v.Closed), Locked: isTrue(v.AR) || isTrue(v.All)}
		return p, p.life(), nil
	})
}

// isTrue reads NetSuite's booleans: true in records, "T" in SuiteQL.
func isTrue(s scalar) bool { return s == "true" || s == "T" }

// mayPost refuses a document whose date lies in a closed period, before it is
// sent. It is a courtesy: when the period cannot be looked up NetSuite decides.
// A locked one is left to NetSuite too, since the role may be allowed to post.
func (c *Client) mayPost(ctx context.Context, date string, rec Recorder) error {
	p, err := c.periodOf(ctx, date, rec)
	if err != nil {
		return c.undecided(err)
	}
	if p.Closed {
		return closed(p, "the document of "+date+" would be posted into it")
	}
	return nil
}

// mayChange refuses an update of a record that lies in a closed period, or
// whose new date would.
func (c *Client) mayChange(ctx context.Context, r record, date, would string, rec Recorder) error {
	if r.Period.ID != "" {
		p, err := c.periodByID(ctx, r.Period.ID, rec)
		if err != nil {
			return c.undecided(err)
		}
		if p.Closed {
			return closed(p, would)
		}
	}
	if r.TranDate != date {
		return c.mayPost(ctx, date, rec)
	}
	return nil
}

// undecided lets a failed look-up of a period pass, except those that would
// meet the document itself as well.
func (c *Client) undecided(err error) error {
	switch f := asFailure(err); f.Class {
	case integration.ClassLoad, integration.ClassAuth:
		return err
	default:
		if f.Cause == causeCancelled {
			return err
		}
		c.log.Debug("period not looked up; NetSuite decides", "error", err)
		return nil
	}
}

func closed(p period, would string) error {
	name := p.Name
	if name == "" {
		name = p.ID
	}
	return &integration.Failure{Class: integration.ClassPeriod, Cause: "period_closed", Advice: advicePeriod,
		Message: fmt.Sprintf("accounting period %s is closed; %s", name, would)}
}
