package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

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

// Checkpoint returns how far the change log is carried.
func (l *Log) Checkpoint(ctx context.Context) (claudeslack.Checkpoint, error) {
	cp, err := readCheckpoint(ctx, l.readers.Load())
	if err != nil {
		return cp, fmt.Errorf("read checkpoint: %w", err)
	}
	return cp, nil
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

// row is where the columns of one row after the other are scanned to.
type row struct {
	epoch                       string
	offset, change              int64
	typ, entityType, entityID   string
	agent, channel, project     sql.NullString
	payload, created, expiresAt sql.RawBytes
	audience                    sql.NullInt64
	into                        []any
}

func newRow(epoch string) *row {
	r := &row{epoch: epoch}
	r.into = []any{
		&r.offset, &r.typ, &r.entityType, &r.entityID, &r.agent, &r.channel, &r.project,
		&r.payload, &r.created, &r.expiresAt, &r.audience, &r.change,
	}
	return r
}

func (r *row) scan(rows *sql.Rows) (*event.Event, error) {
	if err := rows.Scan(r.into...); err != nil {
		return nil, err
	}
	e := &event.Event{
		Cursor: event.Cursor{Epoch: r.epoch, Offset: r.offset}, Type: event.Type(r.typ), EntityType: r.entityType, EntityID: r.entityID,
		Channel: r.channel.String, Project: r.project.String, Change: r.change, Backfilled: r.change == 0,
	}
	var err error
	if r.agent.Valid {
		if e.Agent, err = event.ParseAgent(r.agent.String); err != nil {
			return nil, err
		}
	}
	if e.CreatedAt, err = parseTime(r.created); err != nil {
		return nil, err
	}
	if e.ExpiresAt, err = parseTime(r.expiresAt); err != nil {
		return nil, err
	}
	e.Payload = json.RawMessage(r.payload) // the driver's memory, until the next row
	if err := e.Encode(); err != nil {
		return nil, err
	}
	// The wire form ends with the payload: they share memory.
	n := len(e.Wire) - 1
	if from := n - len(r.payload); from >= 0 && bytes.Equal(e.Wire[from:n], r.payload) {
		e.Payload = json.RawMessage(e.Wire[from:n:n])
	} else {
		e.Payload = bytes.Clone(r.payload)
	}
	return e, nil
}

// parseTime reads the times of the file.
func parseTime(s []byte) (time.Time, error) {
	if len(s) == 0 {
		return time.Time{}, nil
	}
	if t, ok := parseOurTime(s); ok {
		return t, nil
	}
	t, err := time.Parse("2006-01-02 15:04:05", string(s)) // takes a fraction too
	if err != nil {
		return time.Time{}, fmt.Errorf("read time of event: %w", err)
	}
	return t, nil
}

// parseOurTime reads timeFormat, which nearly all times of the file have, at a
// fraction of the cost of time.Parse.
func parseOurTime(s []byte) (time.Time, bool) {
	const form = "0000-00-00 00:00:00.000"
	if len(s) != len(form) {
		return time.Time{}, false
	}
	var n [7]int
	part := 0
	for i := range form {
		switch c := s[i]; {
		case form[i] != '0' && c == form[i]:
			part++
		case form[i] == '0' && c >= '0' && c <= '9':
			n[part] = n[part]*10 + int(c-'0')
		default:
			return time.Time{}, false
		}
	}
	t := time.Date(n[0], time.Month(n[1]), n[2], n[3], n[4], n[5], n[6]*1e6, time.UTC)
	// What is out of range would be carried over; time.Parse refuses it.
	return t, n[1] >= 1 && n[1] <= 12 && n[2] >= 1 && t.Day() == n[2] && n[3] < 24 && n[4] < 60 && n[5] < 60
}

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

// names is the reading side's knowledge of agents' numbers and audiences. It
// is filled from the file as events ask for it, since other engines append
// too.
type names struct {
	mu        sync.Mutex
	epoch     string
	audiences map[int64]*event.Audience
}

func (n *names) audience(ctx context.Context, q rowQueryer, epoch string, id sql.NullInt64) (*event.Audience, error) {
	if !id.Valid {
		return nil, nil //nolint:nilnil // a nil audience is nobody
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if a, ok := n.audiences[id.Int64]; ok && n.epoch == epoch {
		return a, nil
	}
	// Within an epoch numbers and ids are only ever added, so what is known
	// stays true and loading again finds what is new.
	roster := new(event.Roster)
	if err := loadRoster(ctx, q, roster); err != nil {
		return nil, err
	}
	audiences, err := loadAudiences(ctx, q, roster)
	if err != nil {
		return nil, err
	}
	n.epoch, n.audiences = epoch, audiences
	return audiences[id.Int64], nil
}

// loadRoster reads the agents' numbers and interns the stored audiences.
func loadRoster(ctx context.Context, q rowQueryer, roster *event.Roster) error {
	rows, err := q.QueryContext(ctx, `SELECT name,project FROM agent ORDER BY number`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var a event.Agent
		if err := rows.Scan(&a.Name, &a.Project); err != nil {
			return err
		}
		roster.Add(a)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	if _, err = loadAudiences(ctx, q, roster); err != nil {
		return err
	}
	// Ids of audiences that cleanup has dropped are never given again:
	// another process may still know what they meant.
	var highest int64
	err = q.QueryRowContext(ctx, `SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name='audience'),0)`).Scan(&highest)
	roster.Reserve(highest)
	return err
}

func loadAudiences(ctx context.Context, q claudeslack.Queryer, roster *event.Roster) (map[int64]*event.Audience, error) {
	rows, err := q.QueryContext(ctx, `SELECT id,agents FROM audience`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := make(map[int64]*event.Audience)
	for rows.Next() {
		var id int64
		var data []byte
		if err := rows.Scan(&id, &data); err != nil {
			return nil, err
		}
		if out[id], err = roster.Restore(id, data); err != nil {
			return nil, err
		}
	}
	return out, rows.Err()
}
