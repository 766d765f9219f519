package sqlite_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"cslack-stream/internal/engine"
	"cslack-stream/internal/engine/backend/backendtest"
	"cslack-stream/internal/engine/backend/sqlite"
	"cslack-stream/internal/engine/sqlitedb"
)

var _ engine.Store = (*sqlite.Log)(nil)

func open(t *testing.T, opts sqlite.Options) *sqlite.Log {
	t.Helper()
	log, err := sqlite.Open(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { log.Close() })
	return log
}

func TestLog_Conformance(t *testing.T) {
	backendtest.Run(t, func(t *testing.T) backendtest.Harness {
		opts := sqlite.Options{Path: filepath.Join(t.TempDir(), "events?#%41.db")}
		log := open(t, opts)
		return backendtest.Harness{Store: log, Now: time.Now(), Reopen: func(t *testing.T) engine.Store {
			if err := log.Close(); err != nil {
				t.Fatal(err)
			}
			return open(t, opts)
		}}
	})
}

// TestOpen_ForeignDatabase: a backup copied beside the live file must not
// share, and overwrite, the event file of the live one.
func TestOpen_ForeignDatabase(t *testing.T) {
	dir := t.TempDir()
	live := filepath.Join(dir, "live.db")
	if err := os.WriteFile(live, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	opts := sqlite.Options{Path: filepath.Join(dir, "events.db"), Database: sqlite.Identity{Path: live, Inode: 1}}
	if err := open(t, opts).Close(); err != nil {
		t.Fatal(err)
	}
	opts.Database.Path = filepath.Join(dir, "copy.db")
	if log, err := sqlite.Open(t.Context(), opts); !errors.Is(err, sqlite.ErrForeign) {
		t.Fatalf("got %v, %v, want ErrForeign", log, err)
	}
	if err := os.Remove(live); err != nil {
		t.Fatal(err)
	}
	open(t, opts) // the database was moved here
}

// TestLog_DesignDocumentStatements runs the host's design document's own
// cleanup statements on the file.
func TestLog_DesignDocumentStatements(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.db")
	open(t, sqlite.Options{Path: path})
	db, c, err := sqlitedb.Conn(t.Context(), path, sqlitedb.ReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	defer c.Close()
	for _, statement := range []string{
		`INSERT INTO event_stream(event_type,entity_type,entity_id) VALUES('dm.received','message','1'),('message.new','message','2')`,
		`DELETE FROM event_stream WHERE expires_at < datetime('now') AND processed = TRUE`,
		`INSERT INTO event_archive SELECT * FROM event_stream WHERE created_at < datetime('now', '-30 days') AND processed = TRUE`,
		`DELETE FROM event_stream WHERE created_at < datetime('now', '-30 days') AND processed = TRUE`,
	} {
		if _, err := c.ExecContext(t.Context(), statement); err != nil {
			t.Errorf("%s: %v", statement, err)
		}
	}
	var days string
	err = c.QueryRowContext(t.Context(), `SELECT group_concat(CAST(julianday(expires_at)-julianday('now')+0.5 AS INTEGER)) FROM (SELECT * FROM event_stream ORDER BY id)`).Scan(&days)
	if err != nil || days != "30,7" {
		t.Errorf("expiry in days: got %q, %v, want 30,7", days, err)
	}
}

// TestOpen_StaticOnlyWhereNothingCanBeWritten: that SQLite can not open its
// files for a moment is told. Without them it would show what was moved into
// the file at some time, for good.
func TestOpen_StaticOnlyWhereNothingCanBeWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.db")
	if err := open(t, sqlite.Options{Path: path}).Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("elsewhere", path+"-shm"); err != nil { // which SQLite does not follow
		t.Fatal(err)
	}
	if log, err := sqlite.Open(t.Context(), sqlite.Options{Path: path, ReadOnly: true}); err == nil {
		t.Errorf("got a log and no error, want an error: %v", log.Close())
	}
}
