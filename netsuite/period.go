package netsuite

import (
	"context"
	"fmt"
	"slices"
	"time"

	"billferry/internal/integration"
	"billferry/mapping"
)

const (
	openLife   = 10 * time.Minute // NetSuite itself refuses what was closed meanwhile
	closedLife = 15 * time.Second // a person who has just opened it should not wait
)

// period is an accounting period as far as posting into it goes.
type period struct {
	ID     string
	Name   string
	From   string // its first day, where a query told
	Closed bool
	Locked bool // for receivables or for all: only roles with Override Period Restrictions may post
}

// shut says how nothing may be posted into the period, "" when it may.
func (p period) shut() string {
	switch {
	case p.Closed:
		return "closed"
	case p.Locked:
		return "locked"
	}
	return ""
}

func (p period) life() time.Duration {
	if p.shut() != "" {
		return closedLife
	}
	return openLife
}

const periodQuery = "SELECT id, periodname, startdate, enddate, closed, arlocked, alllocked FROM accountingperiod " +
	"WHERE isyear='F' AND isquarter='F' AND isadjust='F' AND startdate <= TO_DATE(?, 'YYYY-MM-DD') AND enddate >= TO_DATE(?, 'YYYY-MM-DD')"

// laterQuery lists the base periods after a date.
const laterQuery = "SELECT id, periodname, TO_CHAR(startdate, 'YYYY-MM-DD') AS starts, closed, arlocked, alllocked FROM accountingperiod " +
	"WHERE isyear='F' AND isquarter='F' AND isadjust='F' AND startdate > TO_DATE(?, 'YYYY-MM-DD') ORDER BY startdate"

// mostPeriods is how many periods are looked at for one that is open.
const mostPeriods = 60

// Period implements delivery.Destination. A date that several periods cover,
// of several fiscal calendars, is one that is not known, and so is every date
// while the role may not search: NetSuite decides.
func (c *Client) Period(ctx context.Context, date string, rec func(integration.Exchange)) (mapping.Period, error) {
	return c.cache.dates.get(ctx, c.now, date, func() (mapping.Period, time.Duration, error) {
		own, err := c.periods(ctx, periodQuery, rec, date, date)
		if err != nil || len(own) != 1 || own[0].shut() == "" {
			return mapping.Period{}, openLife, err
		}
		p := mapping.Period{Name: own[0].Name, Shut: own[0].shut()}
		later, err := c.periods(ctx, laterQuery, rec, date)
		if i := slices.IndexFunc(later, func(x period) bool { return x.shut() == "" }); i >= 0 {
			p.OpenID, p.OpenName, p.OpenFrom = later[i].ID, later[i].Name, later[i].From
		}
		return p, closedLife, err
	})
}

// periods runs a query for periods; none are found where it is not permitted.
func (c *Client) periods(ctx context.Context, query string, rec Recorder, params ...string) (out []period, err error) {
	rows, err := c.suiteql(ctx, "look up period", query, mostPeriods, rec, params...)
	if err != nil && notPermitted(err) {
		return nil, nil
	}
	for _, r := range rows {
		out = append(out, periodIn(r))
	}
	return out, err
}

// periodIn is the period that a row tells.
func periodIn(r row) period {
	return period{ID: string(r["id"]), Name: string(r["periodname"]), From: string(r["starts"]), Closed: isTrue(r["closed"]),
		Locked: isTrue(r["arlocked"]) || isTrue(r["alllocked"])}
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

// mayChange refuses an update of a record that lies in a closed or locked
// period. A role may be allowed to override a lock; an update that nobody asked
// for is no reason to.
func (c *Client) mayChange(ctx context.Context, r record, would string, rec Recorder) error {
	if r.Period.ID == "" {
		return nil
	}
	p, err := c.periodByID(ctx, r.Period.ID, rec)
	if err != nil {
		return c.undecided(err)
	}
	if p.shut() != "" {
		return closed(p, would)
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
	return &integration.Failure{Class: integration.ClassPeriod, Cause: "period_closed",
		Advice: "open the period in Setup > Accounting > Manage Accounting Periods and retry; or leave the document " +
			"as it is and settle the difference with another one",
		Message: fmt.Sprintf("accounting period %s is %s; %s", name, p.shut(), would)}
}
