package timeline

import (
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/tui/line"
)

// Kind says what a row is.
type Kind uint8

// The kinds of rows.
const (
	Event  Kind = iota // one event
	Gap                // events that are missing
	Day                // the events below are of another day
	AtEdge             // what is above the oldest event
	Check              // the agent was seen checking its messages here
	Quiet              // nothing was shown for a while
)

// Row is one row of a timeline. It is immutable.
type Row struct {
	// Key is unique and rises from row to row.
	Key  uint64
	Kind Kind
	// Record is the event of an Event row.
	Record *line.Record
	// Missing is what a Gap row lacks.
	Missing *Missing
	// Day is the midnight with which the day of a Day row begins.
	Day time.Time
	// Lasted is how long the stretch of a Quiet row was.
	Lasted time.Duration
	// Edge is what an AtEdge row says.
	Edge Edge
	// Checked is when the agent was seen checking, and Of the channels that it
	// checked if it did not check all, of a Check row.
	Checked time.Time
	Of      string

	size int64
}

// Missing says which events are not there.
type Missing struct {
	// Count is how many they are; negative if that is not known.
	Count int64
	// Reason is why; empty for rows that were let go while paused.
	Reason event.GapReason
	// After and Before are the times of the events next to it; zero if there
	// are none yet.
	After, Before time.Time
	// From is the cursor behind which what was let go begins, and To that of
	// the first event that is here again.
	From, To event.Cursor
}

// Edge is what there is above the oldest event.
type Edge uint8

// The edges.
const (
	NoEdge  Edge = iota // nothing to say
	Loading             // older events are being loaded
	Oldest              // there are no older ones
)

// LetGo reports whether r is a gap of events that were let go because there
// were too many to hold. They can be loaded again.
func (r *Row) LetGo() bool { return r.Kind == Gap && r.Missing.Reason == "" }

// time is when what the row shows was; zero if that is not known.
func (r *Row) time() time.Time {
	switch {
	case r.Record != nil:
		return r.Record.Time()
	case r.Kind == Gap:
		return r.Missing.After
	case r.Kind == Check:
		return r.Checked
	}
	return r.Day
}

// overhead is roughly what a record takes besides its texts, in bytes: itself,
// its event, its row, and what the allocator rounds up.
const overhead = 720

// SizeOf is roughly how much memory a record holds. Mostly the payload is a
// part of the wire form; where it is not, it is about as much again.
func SizeOf(r *line.Record) int64 {
	n := overhead + len(r.Event.Wire) + len(r.Text)
	if p := r.Event.Payload; len(p) > 0 && cap(r.Event.Wire) > 0 && !within(r.Event.Wire, p) {
		n += len(p)
	}
	return int64(n)
}

// within reports whether part is a slice of the end of whole, as events are
// made.
func within(whole, part []byte) bool {
	at := len(whole) - 1 - len(part)
	return at >= 0 && &whole[at] == &part[0]
}
