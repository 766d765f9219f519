package capture

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/sqlitedb"
)

// Host is one read-only connection to the host's database, kept open while
// commits come. It follows the file: when that is replaced or overwritten it
// connects again. It is safe for concurrent use.
//
// The database's files are never opened by other means in this process:
// closing such a file would drop SQLite's locks on it, since POSIX locks
// belong to the process.
type Host struct {
	path string

	mu         sync.Mutex
	db         *sql.DB
	conn       *sql.Conn
	prepared   map[string]*sql.Stmt // of conn
	generation claudeslack.Generation
	static     bool
	file       os.FileInfo
	wal        fileState
	version    int64 // data_version of conn at the last look
	fresh      bool  // connected since the last look: it can not tell what came before
	layout     int64 // schema_version that was accepted; negative: none yet
	checked    time.Time
	attached   time.Time // when the database was connected to first
}

// fileState is what a look at a file from outside can tell.
type fileState struct {
	size int64
	time time.Time
}

// NewHost returns a Host for the database at path. It opens nothing yet.
func NewHost(path string) *Host { return &Host{path: path, layout: -1} }

// Path returns where the database is.
func (h *Host) Path() string { return h.path }

// Static reports whether the database can only be seen as it was at opening:
// it lies in a read-only directory without the files that SQLite needs beside
// it.
func (h *Host) Static() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.static
}

// Generation returns the host's schema as found when connecting.
func (h *Host) Generation(ctx context.Context) (claudeslack.Generation, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	err := h.connect(ctx)
	return h.generation, err
}

// View runs f in one read transaction on the connection. f must not wait for
// anything: an open read transaction holds up checkpoints of the database.
func (h *Host) View(ctx context.Context, f func(*sql.Conn) error) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.connect(ctx); err != nil {
		return err
	}
	return sqlitedb.Tx(ctx, h.conn, "BEGIN", func() error { return f(h.conn) })
}

// Open opens a second connection, for a look that may take longer. The caller
// closes both.
func (h *Host) Open(ctx context.Context) (*sql.DB, *sql.Conn, error) {
	mode := sqlitedb.ReadOnly
	if h.Static() {
		mode = sqlitedb.Immutable
	}
	return sqlitedb.Conn(ctx, h.path, mode)
}

// Prepared returns a statement that is prepared once for the connection's
// life: preparing costs more than running what is run at every commit. Call
// it inside View only.
func (h *Host) Prepared(ctx context.Context, query string) (*sql.Stmt, error) {
	if stmt, ok := h.prepared[query]; ok {
		return stmt, nil
	}
	stmt, err := h.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("read host database: %w", err)
	}
	h.prepared[query] = stmt
	return stmt, nil
}

// number runs a prepared query for one number.
func (h *Host) number(ctx context.Context, query string) (n int64, err error) {
	stmt, err := h.Prepared(ctx, query) //nolint:sqlclosecheck // kept for the connection's life
	if err == nil {
		err = stmt.QueryRowContext(ctx).Scan(&n)
	}
	return n, err
}

// connect opens the connection if there is none.
func (h *Host) connect(ctx context.Context) error {
	if h.conn != nil {
		return nil
	}
	info, err := os.Stat(h.path)
	if err != nil {
		return fmt.Errorf("open host database: %w", err)
	}
	db, conn, mode, err := sqlitedb.Look(ctx, h.path)
	h.static = mode == sqlitedb.Immutable
	if sqlitedb.IsNotADatabase(err) {
		return &claudeslack.SchemaError{Found: h.path + " is not a SQLite database, or is damaged", Remedy: "restore a backup of it (stop everything that uses it first), or give Claude-Slack's database with --db PATH"}
	}
	if err != nil {
		return fmt.Errorf("open host database: %w", err)
	}
	g, err := claudeslack.Recognise(ctx, conn)
	if err == nil {
		err = conn.QueryRowContext(ctx, `PRAGMA data_version`).Scan(&h.version)
	}
	if err != nil {
		return errors.Join(err, conn.Close(), db.Close())
	}
	h.db, h.conn, h.generation, h.file, h.wal, h.fresh = db, conn, g, info, h.walState(), true
	h.prepared = make(map[string]*sql.Stmt)
	if h.attached.IsZero() {
		h.attached = time.Now()
	}
	h.checked = time.Now()
	return nil
}

// settled is how long nothing must have been written for LetGo to close the
// connection. A writer writes first, waits for its disk, and only then lets
// others see the commit, which no file tells.
const settled = 900 * time.Millisecond

// LetGo closes the connection if nothing is going on; the next use opens it
// again. Whatever is committed from the last glance on, Changed reports.
func (h *Host) LetGo(ctx context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.conn == nil || h.static {
		return nil
	}
	file, err := os.Stat(h.path)
	if err != nil {
		return h.disconnect()
	}
	wal := h.walState()
	for _, written := range []time.Time{file.ModTime(), wal.time} {
		if quiet := time.Since(written); quiet >= 0 && quiet < settled {
			return nil
		}
	}
	version, err := h.number(ctx, `PRAGMA data_version`)
	if err != nil || version != h.version {
		return err // Changed will say so
	}
	err = h.release()()
	h.file, h.wal = file, wal // as they were before the last glance
	if wal.size > 0 && wal.time.After(h.attached) {
		h.leaveAsHost(ctx)
	}
	return err
}

// leaveAsHost does what the host's own last connection does when nobody looks:
// it closes a connection that could write, so that SQLite moves the committed
// pages of the write-ahead log into the database and removes it. While we were
// connected the host's last close could not, and a backup copied over the
// database would be undone by what is left in the log. It says nothing new: if
// anybody else is connected, or we may not write there, nothing happens.
func (h *Host) leaveAsHost(ctx context.Context) {
	db, c, err := sqlitedb.Conn(ctx, h.path, sqlitedb.ReadWrite)
	if err == nil {
		_ = errors.Join(c.Close(), db.Close())
	}
}

// Disconnect closes the connection, whatever is going on; the next use opens
// it again. What is committed about now may go unnoticed until the next
// commit: the caller looks at everything afterwards, or calls LetGo instead.
func (h *Host) Disconnect() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.disconnect()
}

func (h *Host) disconnect() error {
	if h.conn == nil {
		return nil
	}
	err := h.release()()
	h.wal = h.walState()
	if info, serr := os.Stat(h.path); serr == nil {
		h.file = info
	}
	return err
}

// release takes the connection out and returns what closes it. A statement
// that is left open would keep the connection open, and its locks.
func (h *Host) release() func() error {
	db, conn, prepared := h.db, h.conn, h.prepared
	h.db, h.conn, h.prepared = nil, nil, nil
	return func() (err error) {
		for _, stmt := range prepared {
			err = errors.Join(err, stmt.Close())
		}
		return errors.Join(err, conn.Close(), db.Close())
	}
}

// fileCheck is how often the file is looked at from outside while the
// connection itself tells of commits.
const fileCheck = 250 * time.Millisecond

// Changed reports whether anything may have been committed, or the file been
// replaced, since the last call.
func (h *Host) Changed(ctx context.Context) (bool, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.static {
		return false, nil
	}
	if h.conn == nil {
		return h.touched(), nil
	}
	version, err := h.number(ctx, `PRAGMA data_version`)
	if err != nil {
		return false, errors.Join(fmt.Errorf("look at host database: %w", err), h.disconnect())
	}
	changed := version != h.version || h.fresh
	h.version, h.fresh = version, false
	if time.Since(h.checked) < fileCheck {
		return changed, nil
	}
	h.checked = time.Now()
	if !h.touched() {
		return changed, nil
	}
	// The file itself was written: by a checkpoint, or by somebody who copied
	// another database over it. The connection's page cache would not notice
	// the latter, so a new connection takes its place. The old one is closed
	// after, so that the files beside the database stay.
	closeOld := h.release()
	err = h.connect(ctx)
	h.fresh = false
	return true, errors.Join(err, closeOld())
}

// touched looks at the files from outside.
func (h *Host) touched() bool {
	info, err := os.Stat(h.path)
	if err != nil {
		return h.file != nil // gone: connecting again says how
	}
	same := h.file != nil && os.SameFile(info, h.file) && info.Size() == h.file.Size() && info.ModTime().Equal(h.file.ModTime())
	wal := h.walState()
	if h.conn == nil {
		same = same && wal == h.wal
	}
	h.file, h.wal = info, wal
	return !same
}

func (h *Host) walState() fileState {
	info, err := os.Stat(h.path + "-wal")
	if err != nil {
		return fileState{}
	}
	return fileState{info.Size(), info.ModTime()}
}

// SchemaChanged reports whether the schema is another one than that which was
// accepted last, and its version. Connecting again forgets nothing: what
// happened in between counts. Call it inside View only.
func (h *Host) SchemaChanged(ctx context.Context) (changed bool, layout int64, err error) {
	layout, err = h.number(ctx, `PRAGMA schema_version`)
	if err != nil {
		return false, 0, fmt.Errorf("look at host schema: %w", err)
	}
	return layout != h.layout, layout, nil
}

// AcceptSchema says that the schema of this version is as it should be. Call
// it inside View only.
func (h *Host) AcceptSchema(layout int64) { h.layout = layout }

// Close disconnects.
func (h *Host) Close() error { return h.Disconnect() }
