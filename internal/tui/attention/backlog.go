package attention

import (
	"time"

	"cslack-stream/internal/engine/event"
)

// Backlog is what waits for one agent.
type Backlog struct {
	Total int
	// More tells that it is at least that many: not everything since the
	// agent was last seen checking is known.
	More bool
	// Oldest is when the first of it was posted.
	Oldest time.Time
	// Channels are the parts of it, by the id of the channel.
	Channels map[string]Count
}

// Count is how much waits in a channel.
type Count struct {
	Messages int
	Urgent   bool
}

// counted is the backlog of an agent as of a message.
type counted struct {
	Backlog
	valid bool
	next  int // of the messages, counted from the first that was ever taken
}

// recount forgets what was counted, because it was not only added to.
func (t *Track) recount() {
	for _, c := range t.checks {
		c.counted.valid = false
	}
}

// Backlog returns what waits for a; it must not be changed. Of an agent of
// whom no check was ever recorded nothing is known to wait. It costs as much
// as there are messages since it was asked for last.
func (t *Track) Backlog(a event.Agent) Backlog {
	c := t.checks[a]
	if c == nil {
		return Backlog{}
	}
	whole := c.whole()
	b := &c.counted
	if !b.valid {
		*b = counted{valid: true, next: t.dropped, Backlog: Backlog{Channels: make(map[string]Count)}}
	}
	for _, p := range t.posts[b.next-t.dropped:] {
		sees, _ := t.sees(a, p.audience, p.addressee)
		if !sees || p.from == a || c.covering(p.channel).after(p.moment) {
			continue
		}
		n := b.Channels[p.channel]
		n.Messages++
		n.Urgent = n.Urgent || p.urgent
		b.Channels[p.channel] = n
		if b.Total++; b.Total == 1 {
			b.Oldest = p.at
		}
	}
	b.next = t.dropped + len(t.posts)
	b.More = t.first.after(whole) || !t.missed.isZero() && !whole.after(t.missed)
	return b.Backlog
}
