// Package sqlitedb opens SQLite files the way this project needs them: never
// created by accident, with a busy timeout, one connection at a time.
package sqlitedb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"syscall"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Mode is how a file is opened.
type Mode string

// The modes. Only Create makes a file that is not there.
const (
	ReadOnly  Mode = "ro"
	ReadWrite Mode = "rw"
	Create    Mode = "rwc"
	// Immutable reads a file that nobody changes, without locks and without
	// making files beside it: for read-only directories.
	Immutable Mode = "ro&immutable=1"
)

// busyTimeout is how long a statement waits for another writer, as the host
// itself does.
const busyTimeout = 5 * time.Second

// Open returns a handle on the file at path. It opens nothing yet; every
// connection of the handle runs the given PRAGMA assignments first, such as
// "synchronous(NORMAL)".
func Open(path string, mode Mode, pragmas ...string) (*sql.DB, error) {
	settings := url.Values{"_pragma": append([]string{fmt.Sprintf("busy_timeout(%d)", busyTimeout.Milliseconds())}, pragmas...)}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?mode="+string(mode)+"&"+settings.Encode())
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	db.SetConnMaxIdleTime(0)
	return db, nil
}

// Conn opens a handle with exactly one connection and returns that, ready:
// errors of opening the file come from here. Closing the handle closes it.
func Conn(ctx context.Context, path string, mode Mode, pragmas ...string) (*sql.DB, *sql.Conn, error) {
	db, err := Open(path, mode, pragmas...)
	if err != nil {
		return nil, nil, err
	}
	db.SetMaxOpenConns(1)
	c, err := db.Conn(ctx)
	if err == nil {
		// The driver opens lazily: touch the file.
		var n int
		err = c.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_master WHERE 0`).Scan(&n)
		if err != nil {
			err = errors.Join(err, c.Close()) // the handle does not close what is taken out of it
		}
	}
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("open %s: %w", path, err), db.Close())
	}
	return db, c, nil
}

// Look opens the file at path for reading, as Conn does; as Immutable, which
// it tells, where nobody can write beside it: nothing will change there either.
func Look(ctx context.Context, path string) (db *sql.DB, c *sql.Conn, mode Mode, err error) {
	mode = ReadOnly
	db, c, err = Conn(ctx, path, mode)
	if IsReadOnlyDirectory(err) && !writable(filepath.Dir(path)) { // else it may pass: there are too many open files
		mode = Immutable
		db, c, err = Conn(ctx, path, mode)
	}
	return db, c, mode, err
}

// Tx runs f between begin (BEGIN or BEGIN IMMEDIATE) and COMMIT on c, and
// rolls back if f fails.
func Tx(ctx context.Context, c *sql.Conn, begin string, f func() error) (err error) {
	ended := context.WithoutCancel(ctx)
	defer func() {
		if err != nil {
			// Whatever is cancelled may have been done, the beginning too.
			_, _ = c.ExecContext(ended, "ROLLBACK")
		}
	}()
	if _, err = c.ExecContext(ctx, begin); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if err = f(); err != nil {
		return err
	}
	if _, err = c.ExecContext(ended, "COMMIT"); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// Code returns SQLite's primary result code of err, 0 if it has none.
func Code(err error) int {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code() & 0xff
	}
	return 0
}

// IsBusy reports whether err means that another connection holds a lock.
func IsBusy(err error) bool {
	c := Code(err)
	return c == sqlite3.SQLITE_BUSY || c == sqlite3.SQLITE_LOCKED
}

// IsFull reports whether err means that there is no room on the disk.
func IsFull(err error) bool {
	return Code(err) == sqlite3.SQLITE_FULL || errors.Is(err, syscall.ENOSPC)
}

// IsNotADatabase reports whether err means that the file is not SQLite's, or
// is damaged.
func IsNotADatabase(err error) bool {
	c := Code(err)
	return c == sqlite3.SQLITE_NOTADB || c == sqlite3.SQLITE_CORRUPT
}

// IsReadOnlyDirectory reports whether err means that SQLite could not make
// the files that it needs beside the database.
func IsReadOnlyDirectory(err error) bool {
	c := Code(err)
	return c == sqlite3.SQLITE_READONLY || c == sqlite3.SQLITE_CANTOPEN
}
