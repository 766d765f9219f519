package trigger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"time"

	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/sqlitedb"
)

// ErrNotCarrier means that another event file carries the change log: only
// its engines may trim.
var ErrNotCarrier = errors.New("the change log is carried into another event file")

// Claim makes the event file with this id, at path, the carrier of the change
// log, if there is none yet, or takeOver is set, or the one noted is not
// there any more: it was at the same path, or its path is gone. Otherwise it
// returns ErrNotCarrier.
func (l *Log) Claim(ctx context.Context, file, path string, takeOver bool) error {
	return l.write(ctx, func(w *sql.Conn) error {
		// Where nothing is to do, nobody is waited for.
		if s, err := ReadStatus(ctx, w); err != nil || s.Carrier == file {
			return err
		}
		return sqlitedb.Tx(ctx, w, "BEGIN IMMEDIATE", func() error { return claim(ctx, w, file, path, takeOver) })
	})
}

func claim(ctx context.Context, w *sql.Conn, file, path string, takeOver bool) error {
	s, err := ReadStatus(ctx, w)
	if err != nil || s.Carrier == file {
		return err
	}
	if s.Carrier != "" && !takeOver && s.CarrierPath != path {
		if _, err := os.Stat(s.CarrierPath); err == nil {
			return fmt.Errorf("%w: %s", ErrNotCarrier, s.CarrierPath)
		}
	}
	_, err = w.ExecContext(ctx, `INSERT OR REPLACE INTO cslack_meta VALUES('carrier',?),('carrier_path',?)`, file, path)
	return err
}

// trimTurn is for how long one connection may be used to trim: see write.
const trimTurn = 250 * time.Millisecond

// Trim removes changes below the checkpoint, in small slices, as long as file
// is the carrier and the change at the checkpoint proves that the change log is
// the one that was carried. The caller has made durable that they are. It
// returns how many it has removed. What is wrong with writing to the database,
// Trouble tells too: the rows wait for the next time.
func (l *Log) Trim(ctx context.Context, file string, below claudeslack.Checkpoint) (removed int, err error) {
	slice := sqlitedb.Slice{Gentle: true}
	for more := true; more && err == nil; {
		err = l.write(ctx, func(w *sql.Conn) error {
			var n int
			n, more, err = trimFor(ctx, w, file, below, &slice)
			removed += n
			return err
		})
	}
	if err != nil {
		return removed, fmt.Errorf("trim change log: %w", err)
	}
	return removed, nil
}

// trimFor removes slices for a while, and reports whether there may be more.
// Then it moves what it can of the write-ahead log into the file: a quiet host
// does not do that, and a busy one should not have to do it for us.
func trimFor(ctx context.Context, w *sql.Conn, file string, below claudeslack.Checkpoint, slice *sqlitedb.Slice) (removed int, more bool, err error) {
	defer func() {
		if removed > 0 && err == nil {
			_, err = w.ExecContext(ctx, `PRAGMA wal_checkpoint(PASSIVE)`)
		}
	}()
	for end := time.Now().Add(trimTurn); time.Now().Before(end); slice.End(ctx) {
		n, more, err := trim(ctx, w, file, below, slice)
		removed += n
		if err != nil || !more {
			return removed, false, err
		}
	}
	return removed, true, ctx.Err()
}

// trim removes one slice, and reports whether there may be more.
func trim(ctx context.Context, w *sql.Conn, file string, below claudeslack.Checkpoint, slice *sqlitedb.Slice) (removed int, more bool, err error) {
	err = sqlitedb.Tx(ctx, w, "BEGIN IMMEDIATE", func() error {
		limit := slice.Begin()
		if carried, err := carriedBy(ctx, w, file, below); err != nil || !carried {
			return err
		}
		res, err := w.ExecContext(ctx, `DELETE FROM cslack_change WHERE id IN(SELECT id FROM cslack_change WHERE id<? ORDER BY id LIMIT ?)`, below.ID, limit)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		removed, more = int(n), int(n) == limit
		return err
	})
	return removed, more, err
}

// carriedBy reports whether the change log is the one of the checkpoint, and
// file its carrier.
func carriedBy(ctx context.Context, w *sql.Conn, file string, at claudeslack.Checkpoint) (bool, error) {
	var same bool
	err := w.QueryRowContext(ctx, `SELECT (SELECT v FROM cslack_meta WHERE k='carrier')IS? AND(SELECT v FROM cslack_meta WHERE k='epoch')IS?`, file, at.Log).Scan(&same)
	if err != nil || !same {
		return false, err
	}
	fence, err := rowsFrom(ctx, w, at.ID, 1)
	return len(fence) == 1 && fence[0].ID == at.ID && fence[0].Fence == at.Fence, err
}

// write runs f on a writing connection that is opened for it: nothing that it
// does is frequent. One that was kept could stand on a file that another one
// has taken the place of, and would empty that one's write-ahead log into the
// old file; and it could write pages that it remembers of what a copied backup
// has overwritten. It waits for the host's locks only briefly, since nothing
// is urgent either.
func (l *Log) write(ctx context.Context, f func(*sql.Conn) error) error {
	if l.opts.ReadOnly {
		return errReadOnly
	}
	err := l.writeOnce(ctx, f)
	switch {
	case err == nil:
		l.upkeep.note(nil)
	case ctx.Err() == nil && sqlitedb.Code(err) != 0: // what else is wrong is not the file's fault
		l.upkeep.note(fmt.Errorf("write to %s: %w", l.host.Path(), err))
	}
	return err
}

func (l *Log) writeOnce(ctx context.Context, f func(*sql.Conn) error) error {
	db, c, err := sqlitedb.Conn(ctx, l.host.Path(), sqlitedb.ReadWrite, "busy_timeout(200)", "wal_autocheckpoint(0)", "synchronous(NORMAL)")
	if err != nil {
		return fmt.Errorf("write to host database: %w", err)
	}
	return errors.Join(f(c), c.Close(), db.Close())
}

// leave empties the write-ahead log when nobody else has the database open,
// as the host's own last connection does. Nothing depends on it: whoever opens
// the database next reads the log.
//
//nolint:contextcheck,nolintlint // closing has no context, which would be reported where Close is called
func (l *Log) leave() {
	if _, err := os.Stat(l.host.Path() + "-wal"); l.opts.ReadOnly || err != nil {
		return
	}
	_ = l.writeOnce(context.Background(), func(*sql.Conn) error { return nil })
}
