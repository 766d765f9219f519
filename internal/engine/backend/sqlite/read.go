package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"cslack-stream/internal/engine/backend"
	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/event"
)

// Bounds returns the ends of the log.
func (l *Log) Bounds(ctx context.Context) (backend.Bounds, error) {
	b, err := l.bounds(ctx, l.readers.Load())
	if err != nil {
		return b, l.failed("read bounds", err)
	}
	return b, nil
}

// bounds are those of what this log reads: with the archive, retention has
// removed only what is not in there either.
func (l *Log) bounds(ctx context.Context, q rowQueryer) (backend.Bounds, error) {
	b, err := readBounds(ctx, q)
	if err != nil || !l.opts.Archive || l.version == 1 {
		return b, err
	}
	err = q.QueryRowContext(ctx, `SELECT lost_dm,lost_rest FROM meta`).Scan(&b.TrimmedDM, &b.TrimmedRest)
	return b, err
}

// events is the table that this log reads.
func (l *Log) events() string {
	if !l.opts.Archive {
		return "event_stream"
	}
	return "(SELECT * FROM event_archive UNION ALL SELECT * FROM event_stream)"
}

type rowQueryer interface {
	claudeslack.Queryer
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func readBounds(ctx context.Context, q rowQueryer) (backend.Bounds, error) {
	var b backend.Bounds
	// The sequence outlives the rows: the newest offset is known after
	// retention has removed everything.
	err := q.QueryRowContext(ctx, `SELECT epoch,trimmed_dm,trimmed_rest,coalesce((SELECT seq FROM sqlite_sequence WHERE name='event_stream'),0) FROM meta`).
		Scan(&b.Epoch, &b.TrimmedDM, &b.TrimmedRest, &b.Newest)
	return b, err
}

// Read returns up to limit events after the cursor, none at the end of the
// log, or a *event.GapError. Events and bounds are of one moment.
func (l *Log) Read(ctx context.Context, after event.Cursor, f event.Filter, limit int) ([]*event.Event, error) {
	var events []*event.Event
	err := l.view(ctx, func(tx *sql.Tx) error {
		b, err := l.bounds(ctx, tx)
		if err != nil {
			return err
		}
		offset, err := b.Resolve(after, f)
		if err != nil {
			return err
		}
		events, err = l.query(ctx, tx, b.Epoch, `WHERE id>? ORDER BY id LIMIT ?`, offset, limit)
		return err
	})
	return events, err
}

// Before returns up to limit events at or before the cursor, newest first.
func (l *Log) Before(ctx context.Context, at event.Cursor, limit int) ([]*event.Event, error) {
	var events []*event.Event
	err := l.view(ctx, func(tx *sql.Tx) error {
		b, err := l.bounds(ctx, tx)
		if err != nil {
			return err
		}
		events, err = l.query(ctx, tx, b.Epoch, `WHERE id<=? ORDER BY id DESC LIMIT ?`, at.Offset, limit)
		return err
	})
	return events, err
}

// About returns the events about one entity, in order.
func (l *Log) About(ctx context.Context, entityType, entityID, channel string) ([]*event.Event, error) {
	where, args := `WHERE entity_id=? AND entity_type=? ORDER BY id`, []any{entityID, entityType}
	if channel != "" {
		// Sorting the few that are found lets the channel's index find them.
		where, args = `WHERE entity_id=? AND entity_type=? AND channel_id=? ORDER BY +id`, append(args, channel)
	}
	var events []*event.Event
	err := l.view(ctx, func(tx *sql.Tx) error {
		b, err := readBounds(ctx, tx)
		if err != nil {
			return err
		}
		events, err = l.query(ctx, tx, b.Epoch, where, args...)
		return err
	})
	return events, err
}

// view runs f in one read transaction, which sees one moment of the file. It
// ends before anything waits.
func (l *Log) view(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := l.readers.Load().BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("read events: %w", err)
	}
	defer tx.Rollback()
	var gap *event.GapError
	if err := f(tx); errors.As(err, &gap) {
		return gap
	} else if err != nil {
		return l.failed("read events", err)
	}
	return nil
}

// Size returns how many events the log holds.
func (l *Log) Size(ctx context.Context) (int64, error) {
	var n int64
	if err := l.readers.Load().QueryRowContext(ctx, `SELECT count(*) FROM event_stream`).Scan(&n); err != nil {
		return 0, fmt.Errorf("count events: %w", err)
	}
	return n, nil
}

// pageBytes bounds what one read holds in memory, whatever its limit.
const pageBytes = 1 << 20

func (l *Log) query(ctx context.Context, tx *sql.Tx, epoch, where string, args ...any) ([]*event.Event, error) {
	rows, err := tx.QueryContext(ctx, `SELECT `+eventColumns+` FROM `+l.events()+` `+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	r := newRow(epoch)
	var events []*event.Event
	var audiences []sql.NullInt64
	for size := 0; size < pageBytes && rows.Next(); {
		e, err := r.scan(rows)
		if err != nil {
			return nil, err
		}
		size += len(e.Wire)
		events = append(events, e)
		audiences = append(audiences, r.audience)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, err
	}
	for i, id := range audiences {
		if events[i].Audience, err = l.names.audience(ctx, tx, epoch, id); err != nil {
			return nil, err
		}
		// The text of an addressee can be read in two ways if its project has
		// a colon; the audience says which is meant.
		if e := events[i]; !e.Agent.IsZero() {
			if to := e.Audience.Agents(); len(to) == 1 && to[0].String() == e.Agent.String() {
				e.Agent = to[0]
			}
		}
	}
	return events, nil
}
