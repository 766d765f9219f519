package engine

import (
	"context"
	"time"

	"cslack-stream/internal/engine/backend"
	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/event"
)

// Log is an ordered, replayable sequence of events: the one place where their
// order is decided. Offsets rise in commit order and are never reused within
// an epoch; they may have holes, and nothing may infer loss from a hole.
// Implementations are safe for concurrent use and run package backendtest.
type Log interface {
	// Read returns up to limit events after the cursor, in order; none at the
	// end of the log. It does not wait for more: the window does. It returns
	// a *event.GapError if an event that f admits has been removed behind the
	// cursor, or the cursor is not of this log.
	Read(ctx context.Context, after event.Cursor, f event.Filter, limit int) ([]*event.Event, error)
	// Before returns up to limit events at or before the cursor, newest
	// first.
	Before(ctx context.Context, at event.Cursor, limit int) ([]*event.Event, error)
	// Bounds returns the ends of what the log retains.
	Bounds(ctx context.Context) (backend.Bounds, error)
	// Resolve returns the cursor to read on from for a reader that has seen
	// everything up to after: the earliest for the zero cursor, after itself
	// if it can be continued, else a *event.GapError.
	Resolve(ctx context.Context, after event.Cursor, f event.Filter) (event.Cursor, error)
	// Seek returns the cursor just before the smallest offset with a time of
	// t or later; the end of the log if there is none.
	Seek(ctx context.Context, t time.Time) (event.Cursor, error)
	// About returns the events about one entity of the host, in order: those
	// of a channel if one is given, which is faster.
	About(ctx context.Context, entityType, entityID, channel string) ([]*event.Event, error)
	// CursorAt returns the cursor behind the last event that was rendered
	// from a change with this id or a smaller one.
	CursorAt(ctx context.Context, change int64) (event.Cursor, error)
	// Close releases the log; other methods fail afterwards.
	Close() error
}

// Store is a Log that an engine carries changes into, with the state that
// belongs to its end. Append and Reset store everything or nothing.
type Store interface {
	Log
	// Load returns the state as of the last append, whoever made it.
	Load(ctx context.Context) (backend.State, error)
	// Checkpoint returns how far the change log is carried.
	Checkpoint(ctx context.Context) (claudeslack.Checkpoint, error)
	// Append adds a batch and sets the cursors of its events. It returns
	// backend.ErrConflict if the log does not stand at the batch's From.
	Append(ctx context.Context, b *backend.Batch) error
	// Reset begins a new epoch with what fill adds, standing at a checkpoint.
	// It returns backend.ErrConflict if the log does not stand at from.
	Reset(ctx context.Context, from, at claudeslack.Checkpoint, fill func(roster *event.Roster, add func(*backend.Batch) error) error) error
	// Expire removes or archives up to limit events whose time is up, and
	// returns how many it did.
	Expire(ctx context.Context, now time.Time, limit int) (int, error)
	// Size returns how many events the log holds.
	Size(ctx context.Context) (int64, error)
	// Sync makes everything appended durable.
	Sync(ctx context.Context) error
}

// Trimmer is a capture.Changes whose carried changes can be removed.
type Trimmer interface {
	// Trim removes, in small slices, the changes below the checkpoint, as long
	// as file, the id of an event file, is noted as their carrier. It is
	// called beside everything else. A busy database is left alone.
	Trim(ctx context.Context, file string, below claudeslack.Checkpoint) (removed int, err error)
}

// Troubled is a capture.Changes, a Store or another part that has more to do
// than to give and take changes.
type Troubled interface {
	// Trouble tells what of that fails now, while changes become events; nil
	// if nothing does. It is safe to call at any time.
	Trouble() error
}
