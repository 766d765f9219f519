package sqlite

import (
	"context"
	"time"

	"cslack-stream/internal/engine/sqlitedb"
)

// Expire removes up to limit events that are expired and processed, and the
// audiences that no event uses any more. In the same transaction it notes how
// far each retention class has been removed, so that a cursor from before is
// a gap and never a silent hole. It returns how many it removed.
func (l *Log) Expire(ctx context.Context, now time.Time, limit int) (removed int, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	err = sqlitedb.Tx(ctx, l.writer, "BEGIN IMMEDIATE", func() error {
		c := l.writer
		_, err := c.ExecContext(ctx, `CREATE TEMP TABLE IF NOT EXISTS expired(id INTEGER PRIMARY KEY, dm BOOLEAN); DELETE FROM expired`)
		if err != nil {
			return err
		}
		_, err = c.ExecContext(ctx, `INSERT INTO expired SELECT id,event_type LIKE 'dm.%' FROM event_stream WHERE expires_at<? AND processed ORDER BY id LIMIT ?`,
			now.UTC().Format(timeFormat), limit)
		if err != nil {
			return err
		}
		_, err = c.ExecContext(ctx, `UPDATE meta SET trimmed_dm=max(trimmed_dm,coalesce((SELECT max(id) FROM expired WHERE dm),0)),
trimmed_rest=max(trimmed_rest,coalesce((SELECT max(id) FROM expired WHERE NOT dm),0))`)
		if err != nil {
			return err
		}
		res, err := c.ExecContext(ctx, `DELETE FROM event_stream WHERE id IN (SELECT id FROM expired)`)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		removed = int(n)
		if err != nil || removed == 0 {
			return err
		}
		clear(l.used)
		_, err = c.ExecContext(ctx, `DELETE FROM audience WHERE last_event<coalesce((SELECT min(id) FROM event_stream),(SELECT seq+1 FROM sqlite_sequence WHERE name='event_stream'))`)
		return err
	})
	if err != nil {
		return 0, l.failed("expire events", err)
	}
	return removed, nil
}
