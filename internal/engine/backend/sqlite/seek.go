package sqlite

import (
	"context"
	"database/sql"
	"time"

	"cslack-stream/internal/engine/event"
)

// Resolve returns where a reader goes on, or a *event.GapError.
func (l *Log) Resolve(ctx context.Context, after event.Cursor, f event.Filter) (event.Cursor, error) {
	b, err := l.Bounds(ctx)
	if err != nil {
		return event.Cursor{}, err
	}
	offset, err := b.Resolve(after, f)
	return event.Cursor{Epoch: b.Epoch, Offset: offset}, err
}

// Seek returns the cursor just before the smallest offset with a time of t or
// later. Clocks can be set back, so times need not rise with offsets.
func (l *Log) Seek(ctx context.Context, t time.Time) (event.Cursor, error) {
	var c event.Cursor
	err := l.view(ctx, func(tx *sql.Tx) error {
		b, err := l.bounds(ctx, tx)
		if err != nil {
			return err
		}
		c = b.Latest()
		at := t.UTC().Format(timeFormat)
		id, err := seek(ctx, tx, "event_stream", at, c.Offset)
		if err == nil && l.opts.Archive {
			id, err = seek(ctx, tx, "event_archive", at, id)
		}
		c.Offset = id
		return err
	})
	return c, err
}

// seek returns the offset before the smallest one of a table with that time or
// a later one, or end if there is none before it.
func seek(ctx context.Context, tx *sql.Tx, table, at string, end int64) (int64, error) {
	// Where times rise with offsets, this is the one. Whether there is one
	// before it must be looked up: among those before it or, if these are
	// many, in the index of those after that time.
	var first, oldest, newest sql.NullInt64
	err := tx.QueryRowContext(ctx, `SELECT (SELECT id FROM `+table+` WHERE created_at>=? ORDER BY created_at,id LIMIT 1),(SELECT min(id) FROM `+table+`),(SELECT max(id) FROM `+table+`)`, at).
		Scan(&first, &oldest, &newest)
	if err != nil || !first.Valid {
		return end, err
	}
	const rowsToIndex = 8 // what reading a row costs, in entries of the index
	before := `SELECT min(+id) FROM ` + table + ` WHERE created_at>=?2`
	if (first.Int64-oldest.Int64)*rowsToIndex < newest.Int64-first.Int64 {
		before = `SELECT id FROM ` + table + ` WHERE id<=?1 AND +created_at>=?2 ORDER BY id LIMIT 1`
	}
	var id int64
	if err := tx.QueryRowContext(ctx, before, first.Int64, at).Scan(&id); err != nil {
		return end, err
	}
	return min(end, id-1), nil
}

// CursorAt returns the cursor behind the last event rendered from a change
// with this id or a smaller one.
func (l *Log) CursorAt(ctx context.Context, change int64) (event.Cursor, error) {
	var c event.Cursor
	err := l.view(ctx, func(tx *sql.Tx) error {
		b, err := l.bounds(ctx, tx)
		if err != nil {
			return err
		}
		c = b.Latest()
		// Newer events are few: walk back from the end.
		err = tx.QueryRowContext(ctx, `SELECT coalesce(
(SELECT id FROM event_stream WHERE +change_id<=? ORDER BY id DESC LIMIT 1),
(SELECT min(id)-1 FROM event_stream), ?)`, change, c.Offset).Scan(&c.Offset)
		return err
	})
	return c, err
}
