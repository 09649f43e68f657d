package console

import (
	"context"
	"sync"
	"time"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/state"
)

// shownDays is how far back the pictures go.
const shownDays = 90

// past remembers what the days that are over came to. They do not change any more,
// and to count them anew for each page would take longer than the page.
type past struct {
	now func() time.Time

	mu   sync.Mutex
	upTo time.Time // days before it are counted
	days map[time.Time]map[plan.Action]int
	last state.EntryMark // of the file that they were counted in
}

func newPast(now func() time.Time) *past {
	return &past{now: now, days: map[time.Time]map[plan.Action]int{}}
}

// changes returns the changes of each day that WalkMe acknowledged, by action.
func (p *past) changes(ctx context.Context, db *state.DB) (map[time.Time]map[plan.Action]int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	same, err := db.HasEntry(ctx, p.last)
	if err != nil {
		return nil, err
	}
	if !same { // another file, or an earlier one
		p.upTo, p.days = time.Time{}, map[time.Time]map[plan.Action]int{}
	}
	if p.last, err = db.NewestEntry(ctx); err != nil {
		return nil, err
	}
	today := p.now().UTC().Truncate(24 * time.Hour)
	first := today.AddDate(0, 0, 1-shownDays)
	yesterday := today.AddDate(0, 0, -1) // a run may have begun then, and end today
	if p.upTo.Before(yesterday) || p.upTo.After(today) {
		from := p.upTo
		if from.Before(first) || from.After(today) {
			from, p.days = first, map[time.Time]map[plan.Action]int{}
		}
		if err := p.count(ctx, db, p.days, from, yesterday); err != nil {
			return nil, err
		}
		p.upTo = yesterday
	}
	out := map[time.Time]map[plan.Action]int{}
	for day, n := range p.days {
		if day.Before(first) {
			delete(p.days, day)
			continue
		}
		out[day] = n
	}
	return out, p.count(ctx, db, out, yesterday, today.AddDate(0, 0, 2))
}

func (p *past) count(ctx context.Context, db *state.DB, into map[time.Time]map[plan.Action]int, from, to time.Time) error {
	list, err := db.ChangeDays(ctx, from, to)
	if err != nil {
		return err
	}
	for day := from; day.Before(to); day = day.AddDate(0, 0, 1) {
		delete(into, day)
	}
	for _, d := range list {
		if into[d.Day] == nil {
			into[d.Day] = map[plan.Action]int{}
		}
		into[d.Day][plan.Action(d.Action)] += d.Count
	}
	return nil
}
