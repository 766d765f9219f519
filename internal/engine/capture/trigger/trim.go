package trigger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"

	"cslack-stream/internal/engine/sqlitedb"
)

// trimSlice is how many rows one transaction removes: few enough that no
// writer of the host notices.
const trimSlice = 500

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

// Trim removes changes below the id below, in small slices, as long as file
// is the carrier. The caller has made durable that they are carried. What is
// wrong with writing to the database, Trouble tells too: the rows wait for the
// next time.
func (l *Log) Trim(ctx context.Context, file string, below int64) error {
	err := l.write(ctx, func(w *sql.Conn) error {
		for {
			removed, err := trim(ctx, w, file, below)
			if err != nil || removed < trimSlice {
				return err
			}
		}
	})
	if err != nil {
		return fmt.Errorf("trim change log: %w", err)
	}
	return nil
}

func trim(ctx context.Context, w *sql.Conn, file string, below int64) (removed int64, err error) {
	err = sqlitedb.Tx(ctx, w, "BEGIN IMMEDIATE", func() error {
		res, err := w.ExecContext(ctx, `DELETE FROM cslack_change WHERE id IN(SELECT id FROM cslack_change WHERE id<? ORDER BY id LIMIT ?)
AND EXISTS(SELECT 1 FROM cslack_meta WHERE k='carrier' AND v=?)`, below, trimSlice, file)
		if err == nil {
			removed, err = res.RowsAffected()
		}
		return err
	})
	return removed, err
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
