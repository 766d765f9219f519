// Package backend holds what the backends of the event log have in common:
// what is appended to one, and what is loaded from it.
package backend

import (
	"errors"
	"strings"
	"time"

	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/event"
)

// ErrConflict means that another engine has appended in between: what was
// rendered is stale. Load again and go on from there.
var ErrConflict = errors.New("event log was appended to by another engine")

// Batch is one append: events, the state that follows from them, and how far
// the change log is carried with them. It is stored whole or not at all.
type Batch struct {
	// From must be where the log stands, To is where it stands afterwards.
	From, To claudeslack.Checkpoint
	// Events get their cursors and wire forms by the append.
	Events  []event.Event
	Entries []claudeslack.Entry
	// Redact are the ids of messages whose text is taken out of the events
	// about them that the log holds already.
	Redact []string
}

// State is what an engine goes on from: the workspace folded up to the
// checkpoint.
type State struct {
	Checkpoint claudeslack.Checkpoint
	Workspace  *claudeslack.Workspace
}

// Bounds are the ends of what a log retains.
type Bounds struct {
	Epoch string
	// Newest is the highest offset ever given in the log.
	Newest int64
	// TrimmedDM and TrimmedRest are the highest offsets that retention has
	// removed of dm.* events and of the others: the two live for different
	// times.
	TrimmedDM, TrimmedRest int64
}

// Latest is the cursor behind the newest event.
func (b Bounds) Latest() event.Cursor { return event.Cursor{Epoch: b.Epoch, Offset: b.Newest} }

// Earliest is the cursor from which every event that f admits is still there.
func (b Bounds) Earliest(f event.Filter) event.Cursor {
	c := event.Cursor{Epoch: b.Epoch}
	for _, t := range event.Types {
		if f.Admits(t) {
			c.Offset = max(c.Offset, b.Trimmed(t))
		}
	}
	return c
}

// Trimmed is the highest offset removed of the retention class of t.
func (b Bounds) Trimmed(t event.Type) int64 {
	if IsDM(t) {
		return b.TrimmedDM
	}
	return b.TrimmedRest
}

// Resolve turns a reader's cursor into an offset to read after, or returns a
// *event.GapError. The zero cursor stands before the earliest event.
func (b Bounds) Resolve(after event.Cursor, f event.Filter) (int64, error) {
	earliest := b.Earliest(f)
	gap := func(reason event.GapReason) error {
		return &event.GapError{Reason: reason, Requested: after, Oldest: earliest, Count: -1}
	}
	switch {
	case after.IsZero():
		return earliest.Offset, nil
	case after.Epoch != b.Epoch:
		return 0, gap(event.GapEpoch)
	case after.Offset > b.Newest:
		return 0, gap(event.GapFuture)
	case after.Offset == 0:
		return earliest.Offset, nil // "everything retained"
	case after.Offset < earliest.Offset:
		return 0, gap(event.GapTrimmed)
	}
	return after.Offset, nil
}

// IsDM reports whether t is of the retention class of direct messages.
func IsDM(t event.Type) bool { return strings.HasPrefix(string(t), "dm.") }

// TTL says how long events are retained.
type TTL struct{ DM, Rest time.Duration }

// DefaultTTL is 30 days for dm.* events and 7 for the others.
var DefaultTTL = TTL{DM: 30 * 24 * time.Hour, Rest: 7 * 24 * time.Hour}

// Of returns how long events of type t are retained.
func (t TTL) Of(typ event.Type) time.Duration {
	if IsDM(typ) {
		return t.DM
	}
	return t.Rest
}

// Archiving says what becomes of events whose time is up.
type Archiving struct {
	// Enabled moves them into the archive, instead of removing them.
	Enabled bool
	// After is the age at which captured events are moved there, even if they
	// are retained for longer. 0 means when they expire.
	After time.Duration
}
