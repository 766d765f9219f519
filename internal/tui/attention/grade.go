package attention

import (
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/tui/line"
)

// Shadow is how long the host does not record a call that repeats another.
const Shadow = 10 * time.Minute

// Grade says what is known of an agent and a message.
type Grade uint8

// The grades.
const (
	Unknown    Grade = iota // nothing: the agent was not registered yet, or nobody said who sees it
	Hidden                  // the agent could not see it at that moment
	Sent                    // the agent wrote it
	Checked                 // a check was recorded after it was posted
	MayWait                 // no check was recorded since; a repeat within Shadow is not recorded
	Waits                   // no check was recorded for Shadow or more
	Unrecorded              // no check of this agent was ever recorded
	Gone                    // it was deleted before a check was recorded
)

// Waiting reports whether the message waits for the agent, as far as that is
// known.
func (g Grade) Waiting() bool { return g == MayWait || g == Waits }

// IsPost reports whether r is a message that agents are to see.
func IsPost(r *line.Record) bool {
	switch r.Event.Type {
	case event.MessageNew, event.DMReceived:
		return r.IsMessage
	}
	return false
}

// Grade says what is known at now of the agent a and the message r. It is
// Unknown for what is no message.
func (t *Track) Grade(a event.Agent, r *line.Record, now time.Time) Grade {
	if !IsPost(r) {
		return Unknown
	}
	posted := momentOf(r.Event)
	if r.From == a {
		return Sent
	}
	if sees, known := t.sees(a, r.Event.Audience, r.Event.Agent); !sees {
		if at, ok := t.registered[a]; !known || ok && at.after(posted) {
			return Unknown
		}
		return Hidden
	}
	c := t.checks[a]
	if c == nil {
		return Unrecorded
	}
	check := c.covering(r.Event.Channel)
	if check.after(posted) {
		return Checked
	}
	if t.gone.has(r.MessageID()) {
		return Gone
	}
	since := check.at
	if since.IsZero() {
		since = posted.at // it was never seen checking this channel
	}
	if now.Sub(since) < Shadow {
		return MayWait
	}
	return Waits
}

// Waits reports whether r waits for a. For the zero Agent it reports whether
// r waits for anybody of whom checks are known.
func (t *Track) Waits(a event.Agent, r *line.Record) bool {
	if !IsPost(r) {
		return false
	}
	if !a.IsZero() {
		return t.Grade(a, r, r.Time()).Waiting()
	}
	for a := range t.checks {
		if t.Grade(a, r, r.Time()).Waiting() {
			return true
		}
	}
	return false
}
