package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"cslack-stream/internal/engine/backend"
	"cslack-stream/internal/engine/sqlitedb"
)

// Expire removes up to limit events whose time is up and that are processed,
// or moves them into the archive if that is enabled, and removes the audiences
// that no event uses any more. In the same transaction the file notes how far
// each retention class has been removed, so that a cursor from before is a gap
// and never a silent hole. It returns how many it removed or moved: none if
// there are none, or while another engine removes the same.
func (l *Log) Expire(ctx context.Context, now time.Time, limit int) (removed int, err error) {
	ids, err := l.due(ctx, now, limit)
	if err == nil && len(ids) > 0 {
		removed, err = l.remove(ctx, ids)
	}
	if err != nil {
		return 0, l.failed("expire events", err)
	}
	return removed, nil
}

func (l *Log) archiving() backend.Archiving {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.opts.Archiving
}

// expired are the rows that retention removes; the index of the expiry finds
// them. The plus keeps another one from being taken.
const expired = `FROM event_stream WHERE expires_at<? AND +processed`

// overdue are the rows that are archived before they expire. What was
// backfilled counts from its insertion, which nothing but its expiry tells.
const overdue = `FROM event_stream WHERE created_at<? AND +processed AND +change_id<>0`

// due returns the ids of up to limit rows whose time is up. They are looked for
// without the write lock: appends do not wait for that.
func (l *Log) due(ctx context.Context, now time.Time, limit int) ([]int64, error) {
	ids, err := l.ids(ctx, `SELECT id `+expired+` ORDER BY expires_at LIMIT ?`, now, limit)
	if a := l.archiving(); err == nil && len(ids) == 0 && a.Enabled && a.After > 0 {
		ids, err = l.ids(ctx, `SELECT id `+overdue+` ORDER BY created_at LIMIT ?`, now.Add(-a.After), limit)
	}
	return ids, err
}

func (l *Log) ids(ctx context.Context, query string, before time.Time, limit int) (ids []int64, err error) {
	rows, err := l.readers.Load().QueryContext(ctx, query, before.UTC().Format(timeFormat), limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, errors.Join(rows.Err(), rows.Close())
}

// Due returns how much Expire would remove, if it was called until nothing is
// left.
func (l *Log) Due(ctx context.Context, now time.Time) (sqlitedb.Extent, error) {
	var e sqlitedb.Extent
	err := l.view(ctx, func(tx *sql.Tx) error {
		query, args := `SELECT id,created_at `+expired, []any{now.UTC().Format(timeFormat)}
		if a := l.archiving(); a.Enabled && a.After > 0 {
			query, args = query+` UNION SELECT id,created_at `+overdue, append(args, now.Add(-a.After).UTC().Format(timeFormat))
		}
		var all int64
		var oldest, newest []byte
		err := tx.QueryRowContext(ctx, `SELECT count(*),min(created_at),max(created_at),(SELECT count(*) FROM event_stream) FROM (`+query+`)`, args...).
			Scan(&e.Rows, &oldest, &newest, &all)
		if err != nil {
			return err
		}
		if e.Oldest, err = parseTime(oldest); err != nil {
			return err
		}
		if e.Newest, err = parseTime(newest); err != nil {
			return err
		}
		e.Bytes, err = sqlitedb.Share(ctx, tx, e.Rows, all, "event_stream",
			"idx_event_stream_agent", "idx_event_stream_channel", "idx_event_stream_expiry", "idx_event_stream_created")
		return err
	})
	if err != nil {
		return e, fmt.Errorf("measure expired events: %w", err)
	}
	return e, nil
}

// remove removes or archives the rows with these ids, which are never given
// again.
func (l *Log) remove(ctx context.Context, ids []int64) (removed int, err error) {
	list, err := json.Marshal(ids)
	if err != nil {
		return 0, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	err = sqlitedb.Tx(ctx, l.writer, "BEGIN IMMEDIATE", func() error {
		if l.opts.Archiving.Enabled {
			// Somebody may have copied them there by hand already.
			_, err := l.exec(ctx, `INSERT OR IGNORE INTO event_archive SELECT * FROM event_stream WHERE id IN (SELECT value FROM json_each(?))`, string(list))
			if err != nil {
				return err
			}
		}
		res, err := l.exec(ctx, `DELETE FROM event_stream WHERE id IN (SELECT value FROM json_each(?))`, string(list))
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if removed = int(n); err != nil || removed == 0 {
			return err
		}
		clear(l.used)
		_, err = l.exec(ctx, `DELETE FROM audience WHERE last_event<(SELECT min(id) FROM (SELECT min(id) AS id FROM event_archive
UNION ALL SELECT min(id) FROM event_stream UNION ALL SELECT seq+1 FROM sqlite_sequence WHERE name='event_stream'))`)
		return err
	})
	return removed, err
}
