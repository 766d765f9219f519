// Package sqlite is the event log in a SQLite file of our own, beside the
// host's database. An append is one transaction: events, audiences, the
// workspace's state and the checkpoint are stored whole or not at all, so
// every change is carried exactly once, whatever crashes.
package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"cslack-stream/internal/engine/backend"
	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/sqlitedb"
)

// Identity is the host's database that an event file belongs to.
type Identity struct {
	Path          string
	Device, Inode uint64
}

// Options configure Open.
type Options struct {
	// Path is the event file.
	Path string
	// Database is the host's database.
	Database Identity
	// ReadOnly opens a file that is there, for reading only: Append, Reset,
	// Expire and Sync fail then.
	ReadOnly bool
	// Archive reads the archived events too, as if they had not been removed.
	// It needs ReadOnly.
	Archive bool
	// Anywhere reads, with ReadOnly, a file whatever database it belongs to:
	// a copy of an event file, or a fork.
	Anywhere bool
	// Redact makes ready for batches that redact, and overwrites what they
	// take out.
	Redact bool
	// Carrier names this engine; it is noted with every append.
	Carrier string
	// TTL is how long events are retained; zero means backend.DefaultTTL.
	TTL backend.TTL
	// Archiving says what Expire does with events whose time is up.
	Archiving backend.Archiving
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Logger is told when a file that is damaged or gone is begun anew; nil
	// discards it.
	Logger *slog.Logger
}

// ErrForeign means that an event file belongs to another database.
var ErrForeign = errors.New("event file belongs to another database")

// ErrLayout means that an event file was made by another version of this
// program, in another layout.
var ErrLayout = errors.New("event file has another layout")

// Log is an event log in a file. It is safe for concurrent use: one append at
// a time, any number of reads beside it.
type Log struct {
	opts Options

	readers atomic.Pointer[sql.DB]
	damage  atomic.Pointer[error] // found in the file; nil: none
	version int                   // the file's layout

	mu       sync.Mutex // guards what follows
	handle   *sql.DB
	file     os.FileInfo // which is open
	id       string      // the file's own; a file that takes its place has it too
	writer   *sql.Conn
	prepared map[string]*sql.Stmt
	// used are the offsets up to which audiences are noted as used; pending
	// those of the append at work.
	used, pending map[*event.Audience]int64
	stored        int // agents whose numbers are in the file

	names names
}

// Open opens the event file, making it if it is not there. It refuses a file
// that belongs to a database which still exists elsewhere (ErrForeign).
func Open(ctx context.Context, opts Options) (*Log, error) {
	if opts.TTL == (backend.TTL{}) {
		opts.TTL = backend.DefaultTTL
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	l := &Log{
		opts: opts, prepared: make(map[string]*sql.Stmt),
		used: make(map[*event.Audience]int64), pending: make(map[*event.Audience]int64),
	}
	if opts.Logger == nil {
		l.opts.Logger = slog.New(slog.DiscardHandler)
	}
	err := l.open(ctx)
	if isDamage(err) && !opts.ReadOnly && strings.HasSuffix(opts.Path, Suffix) {
		if err := l.setAside(ctx, err); err != nil {
			return nil, err
		}
		err = l.open(ctx)
	}
	if err != nil {
		return nil, err
	}
	return l, nil
}

// open opens the file at the path, and lets go of the one that was open.
func (l *Log) open(ctx context.Context) error {
	next := &Log{opts: l.opts, id: l.id}
	mode, err := next.connect(ctx)
	if err != nil {
		return fmt.Errorf("open event log: %w", err)
	}
	var readers *sql.DB
	if err = next.ready(ctx); err == nil {
		readers, err = sqlitedb.Open(l.opts.Path, mode)
	}
	if err == nil {
		next.file, err = os.Stat(l.opts.Path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("open event log %s: %w", l.opts.Path, err), next.writer.Close(), next.handle.Close())
	}
	readers.SetMaxOpenConns(4)
	readers.SetMaxIdleConns(4)
	_ = l.release() // of what is not there any more
	l.handle, l.writer, l.file, l.id, l.version = next.handle, next.writer, next.file, next.id, next.version
	l.readers.Store(readers)
	l.damage.Store(nil)
	l.forget()
	return nil
}

// connect opens the writer's connection, and returns how the readers shall
// open theirs.
func (l *Log) connect(ctx context.Context) (readers sqlitedb.Mode, err error) {
	if !l.opts.ReadOnly {
		pragmas := []string{"journal_mode(WAL)", "synchronous(NORMAL)", "temp_store(MEMORY)"}
		if l.opts.Redact {
			pragmas = append(pragmas, "secure_delete(ON)")
		}
		l.handle, l.writer, err = sqlitedb.Conn(ctx, l.opts.Path, sqlitedb.Create, pragmas...)
		return sqlitedb.ReadOnly, err
	}
	if _, err := os.Stat(l.opts.Path); err != nil {
		return "", err
	}
	l.handle, l.writer, readers, err = sqlitedb.Look(ctx, l.opts.Path)
	return readers, err
}

// ready makes the tables, or checks those that are there.
func (l *Log) ready(ctx context.Context) error {
	if l.opts.ReadOnly {
		_, err := l.checkMeta(ctx)
		return err
	}
	return sqlitedb.Tx(ctx, l.writer, "BEGIN IMMEDIATE", func() error {
		var tables int
		if err := l.writer.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_master WHERE name='meta'`).Scan(&tables); err != nil {
			return err
		}
		if tables == 0 {
			return errors.Join(l.create(ctx), l.redactable(ctx))
		}
		moved, err := l.checkMeta(ctx)
		if err == nil && l.version == 1 {
			_, err = l.writer.ExecContext(ctx, upgrade)
			l.version = version
		}
		if err == nil {
			err = l.redactable(ctx)
		}
		if err != nil || !moved {
			return err
		}
		_, err = l.writer.ExecContext(ctx, `UPDATE meta SET database_path=?,database_device=?,database_inode=?`,
			l.opts.Database.Path, int64(l.opts.Database.Device), int64(l.opts.Database.Inode))
		return err
	})
}

func (l *Log) create(ctx context.Context) error {
	if _, err := l.writer.ExecContext(ctx, schema); err != nil {
		return fmt.Errorf("create tables: %w", err)
	}
	l.version = version
	d := l.opts.Database
	_, err := l.writer.ExecContext(ctx, `INSERT INTO meta(id,version,file,epoch,database_path,database_device,database_inode) VALUES(1,?,?,?,?,?,?)`,
		version, cmp.Or(l.id, event.NewEpoch()+event.NewEpoch()), event.NewEpoch(), d.Path, int64(d.Device), int64(d.Inode))
	return err
}

// checkMeta refuses a file of another layout or database. It reports whether
// the database has moved or been replaced since.
func (l *Log) checkMeta(ctx context.Context) (moved bool, err error) {
	var path string
	var device, inode int64
	err = l.writer.QueryRowContext(ctx, `SELECT version,database_path,database_device,database_inode,file FROM meta`).Scan(&l.version, &path, &device, &inode, &l.id)
	if err != nil {
		return false, fmt.Errorf("read meta: %w", err)
	}
	if l.version < 1 || l.version > version {
		return false, fmt.Errorf("%w: the file has layout %d, this build knows %d: use the build that made it, or move the file away to begin a new log", ErrLayout, l.version, version)
	}
	d := l.opts.Database
	if l.opts.ReadOnly && l.opts.Anywhere {
		return false, nil
	}
	if path == d.Path {
		return uint64(device) != d.Device || uint64(inode) != d.Inode, nil
	}
	if _, err := os.Stat(path); err == nil {
		return false, fmt.Errorf("%w: %s, which is still there; remove this copy of its event file", ErrForeign, path)
	}
	return true, nil
}

// SetTTL changes Options.TTL for events appended from now on.
func (l *Log) SetTTL(ttl backend.TTL) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.opts.TTL = ttl
}

// SetArchiving changes Options.Archiving.
func (l *Log) SetArchiving(a backend.Archiving) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.opts.Archiving = a
}

// File returns the file's own random id.
func (l *Log) File(ctx context.Context) (string, error) {
	var id string
	err := l.readers.Load().QueryRowContext(ctx, `SELECT file FROM meta`).Scan(&id)
	if err != nil {
		return "", fmt.Errorf("read event file id: %w", err)
	}
	return id, nil
}

// Carrier returns the Options.Carrier of the engine that appended last.
func (l *Log) Carrier(ctx context.Context) (string, error) {
	var name string
	if err := l.readers.Load().QueryRowContext(ctx, `SELECT carrier FROM meta`).Scan(&name); err != nil {
		return "", l.failed("read carrier", err)
	}
	return name, nil
}

// NoteCarrier notes Options.Carrier before anything is appended, so that
// another engine on the file knows that this one carries. It reports false,
// and notes nothing, if another one than last is noted by now.
func (l *Log) NoteCarrier(ctx context.Context, last string) (noted bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var n int64
	res, err := l.exec(ctx, `UPDATE meta SET carrier=? WHERE carrier=?`, l.opts.Carrier, last)
	if err == nil {
		n, err = res.RowsAffected()
	}
	if err != nil {
		return false, l.failed("note carrier", err)
	}
	return n > 0, nil
}

// Path returns where the file is.
func (l *Log) Path() string { return l.opts.Path }

// Close closes the file. Reads and appends fail afterwards.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.release()
}

// release closes what is open.
func (l *Log) release() error {
	if l.handle == nil {
		return nil
	}
	for _, stmt := range l.prepared {
		_ = stmt.Close()
	}
	clear(l.prepared)
	return errors.Join(l.readers.Load().Close(), l.writer.Close(), l.handle.Close())
}
