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

// Carrier returns the id of the event file that carries the change log, empty
// if none does yet.
func (l *Log) Carrier(ctx context.Context) (string, error) {
	w, err := l.openWriter(ctx)
	if err != nil {
		return "", err
	}
	s, err := ReadStatus(ctx, w)
	return s.Carrier, err
}

// Claim makes the event file with this id, at path, the carrier of the change
// log, if there is none yet, or takeOver is set, or the one noted is not
// there any more: it was at the same path, or its path is gone. Otherwise it
// returns ErrNotCarrier.
func (l *Log) Claim(ctx context.Context, file, path string, takeOver bool) error {
	w, err := l.openWriter(ctx)
	if err != nil {
		return err
	}
	return sqlitedb.Tx(ctx, w, "BEGIN IMMEDIATE", func() error {
		s, err := ReadStatus(ctx, w)
		if err != nil || s.Carrier == file {
			return err
		}
		var was string
		err = w.QueryRowContext(ctx, `SELECT v FROM cslack_meta WHERE k='carrier_path'`).Scan(&was)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("read carrier: %w", err)
		}
		if s.Carrier != "" && !takeOver && was != path {
			if _, err := os.Stat(was); err == nil {
				return fmt.Errorf("%w: %s", ErrNotCarrier, was)
			}
		}
		_, err = w.ExecContext(ctx, `INSERT OR REPLACE INTO cslack_meta VALUES('carrier',?),('carrier_path',?)`, file, path)
		return err
	})
}

// Trim removes changes below the id below, in small slices, as long as file
// is the carrier. The caller has made durable that they are carried. A busy
// database is left alone: the rows wait for the next time.
func (l *Log) Trim(ctx context.Context, file string, below int64) error {
	w, err := l.openWriter(ctx)
	if err != nil {
		return err
	}
	for {
		var removed int64
		err := sqlitedb.Tx(ctx, w, "BEGIN IMMEDIATE", func() error {
			res, err := w.ExecContext(ctx, `DELETE FROM cslack_change WHERE id IN(SELECT id FROM cslack_change WHERE id<? ORDER BY id LIMIT ?)
AND EXISTS(SELECT 1 FROM cslack_meta WHERE k='carrier' AND v=?)`, below, trimSlice, file)
			if err != nil {
				return err
			}
			removed, err = res.RowsAffected()
			return err
		})
		if sqlitedb.IsBusy(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("trim change log: %w", err)
		}
		if removed < trimSlice {
			return nil
		}
	}
}

// rest is for times of silence. A connection of ours keeps the write-ahead
// log in being; with anything in it, somebody who copies a backup over the
// database would get a broken file. So the engine empties it, and a reader
// lets go.
func (l *Log) rest(ctx context.Context) error {
	if l.opts.ReadOnly {
		return l.host.Disconnect()
	}
	// Emptying it looks like a change to other connections, our own included:
	// do it only when there is something in it.
	info, err := os.Stat(l.host.Path() + "-wal")
	if err != nil || info.Size() == 0 {
		return nil
	}
	w, err := l.openWriter(ctx)
	if err != nil {
		return err
	}
	var busy, pages, moved int
	if err := w.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &pages, &moved); err != nil && !sqlitedb.IsBusy(err) {
		return fmt.Errorf("checkpoint host database: %w", err)
	}
	return nil
}

// openWriter opens the writing connection on first use. It waits for the
// host's locks only briefly: nothing that it does is urgent.
func (l *Log) openWriter(ctx context.Context) (*sql.Conn, error) {
	if l.opts.ReadOnly {
		return nil, errors.New("write to host database: this is a read-only attachment")
	}
	if l.writer != nil {
		return l.writer, nil
	}
	db, c, err := sqlitedb.Conn(ctx, l.host.Path(), sqlitedb.ReadWrite, "busy_timeout(200)", "wal_autocheckpoint(0)", "synchronous(NORMAL)")
	if err != nil {
		return nil, fmt.Errorf("write to host database: %w", err)
	}
	l.writerDB, l.writer = db, c
	return c, nil
}

func (l *Log) closeWriter() error {
	if l.writer == nil {
		return nil
	}
	err := errors.Join(l.writer.Close(), l.writerDB.Close())
	l.writer, l.writerDB = nil, nil
	return err
}
