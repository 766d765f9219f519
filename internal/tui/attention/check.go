package attention

import (
	"time"

	"cslack-stream/internal/engine/event"
)

// moment is when something happened: of two in one log the later has the
// higher offset, whatever their times are.
type moment struct {
	cursor event.Cursor
	at     time.Time
}

func momentOf(e *event.Event) moment { return moment{e.Cursor, e.CreatedAt} }

func (m moment) isZero() bool { return m.at.IsZero() && m.cursor.IsZero() }

func (m moment) after(other moment) bool {
	if !m.cursor.IsZero() && m.cursor.Epoch == other.cursor.Epoch {
		return m.cursor.Offset > other.cursor.Offset
	}
	return m.at.After(other.at)
}

// checks is when one agent was seen checking.
type checks struct {
	start moment            // before the stream began, and nobody says of what
	all   moment            // of all its channels
	in    map[string]moment // of some, since all; by id
	seen  moment            // the newest, whatever it was of

	counted counted
}

// atStart is the check before the stream began, unless it is one of those
// that the stream told: the same time may be written with fewer digits.
func (c *checks) atStart() moment {
	if c.seen.at.Before(c.start.at.Add(-time.Second)) {
		return c.start
	}
	return moment{}
}

// whole is the newest check of all channels.
func (c *checks) whole() moment {
	if start := c.atStart(); start.after(c.all) {
		return start
	}
	return c.all
}

// covering is the newest check that counts for a channel.
func (c *checks) covering(channel string) moment {
	best := c.whole()
	if in := c.in[channel]; in.after(best) {
		return in
	}
	return best
}

// newest is the newest check of all.
func (c *checks) newest() moment {
	if start := c.atStart(); start.after(c.seen) {
		return start
	}
	return c.seen
}

// Known reports whether any check of a was ever recorded.
func (t *Track) Known(a event.Agent) bool { return t.checks[a] != nil }

// Any reports whether any check of any agent was ever recorded.
func (t *Track) Any() bool { return len(t.checks) > 0 }

// Last returns when a was last seen checking; false if never.
func (t *Track) Last(a event.Agent) (time.Time, bool) {
	c := t.checks[a]
	if c == nil {
		return time.Time{}, false
	}
	return c.newest().at, true
}

// Covering returns when a was last seen checking the channel of that id;
// false if never.
func (t *Track) Covering(a event.Agent, channel string) (time.Time, bool) {
	c := t.checks[a]
	if c == nil {
		return time.Time{}, false
	}
	at := c.covering(channel).at
	return at, !at.IsZero()
}

// recent are the newest of many numbers.
type recent struct {
	set   map[int64]bool
	order []int64
}

// mostRecent bounds how many numbers are remembered.
const mostRecent = 4096

func (r *recent) add(n int64) {
	if r.set == nil {
		r.set = make(map[int64]bool)
	}
	if r.set[n] {
		return
	}
	if len(r.order) >= mostRecent {
		delete(r.set, r.order[0])
		r.order = r.order[1:]
	}
	r.set[n] = true
	r.order = append(r.order, n)
}

func (r *recent) has(n int64) bool { return r.set[n] }
