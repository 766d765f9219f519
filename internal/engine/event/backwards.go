package event

import "context"

// Backwards is what a Source can do that knows where its newest events lie.
// It is an addition: not every Source has it.
type Backwards interface {
	// Last returns the cursor behind which the newest n events that req admits
	// lie, or all of them if there are fewer. It does not look at req.After.
	Last(ctx context.Context, req Request, n int) (Cursor, error)
	// Before returns the newest n events that req admits at or before the
	// cursor, oldest first; fewer only if no more are retained. The zero
	// Cursor stands for the newest event. It does not look at req.After. It
	// returns a *GapError if the cursor is of no log that is there,
	// ErrForbidden as Subscribe does, and ErrUnsupported if the other side of
	// a transport can not do it.
	Before(ctx context.Context, req Request, at Cursor, n int) ([]*Event, error)
}

// Last returns where a stream begins that is to show the newest n events of
// source first. A source that can not look back begins with now.
func Last(ctx context.Context, source Source, req Request, n int) (Cursor, error) {
	if from, ok := source.(Backwards); ok {
		return from.Last(ctx, req, max(0, n))
	}
	snapshot, err := source.Snapshot(ctx, req.Agent)
	return snapshot.Cursor, err
}
