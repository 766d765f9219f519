package sqlite_test

import (
	"os"
	"path/filepath"
	"testing"

	"cslack-stream/internal/engine/backend"
	"cslack-stream/internal/engine/backend/sqlite"
	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/sqlitedb"
)

// exec runs a statement on the file from outside.
func exec(t testing.TB, path, statement string) {
	t.Helper()
	db, c, err := sqlitedb.Conn(t.Context(), path, sqlitedb.ReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	defer c.Close()
	if _, err := c.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

// TestLog_SyncCommitsUnderFull is pipeline rule 3: before changes are trimmed
// one commit is made that waits for the disk; appends do not wait.
func TestLog_SyncCommitsUnderFull(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.db")
	log := open(t, sqlite.Options{Path: path})
	exec(t, path, `CREATE TABLE seen(mode); CREATE TRIGGER watch AFTER UPDATE ON meta BEGIN INSERT INTO seen SELECT synchronous FROM pragma_synchronous; END`)
	if err := log.Append(t.Context(), &backend.Batch{To: claudeslack.Checkpoint{Log: "log", ID: 1}}); err != nil {
		t.Fatal(err)
	}
	if err := log.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := log.Append(t.Context(), &backend.Batch{From: claudeslack.Checkpoint{Log: "log", ID: 1}}); err != nil {
		t.Fatal(err)
	}
	db, c, err := sqlitedb.Conn(t.Context(), path, sqlitedb.ReadOnly)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	defer c.Close()
	var modes string
	if err := c.QueryRowContext(t.Context(), `SELECT group_concat(mode) FROM seen`).Scan(&modes); err != nil || modes != "1,2,1" {
		t.Errorf("got modes %s, %v of an append, a sync and an append, want 1,2,1: normal, full, normal", modes, err)
	}
}

// TestLog_SyncsNoFileThatIsGone: changes are trimmed behind a sync, and a file
// that has no name, or another one, does not keep them.
func TestLog_SyncsNoFileThatIsGone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.db")
	log := open(t, sqlite.Options{Path: path})
	if err := os.Rename(path, path+".moved"); err != nil {
		t.Fatal(err)
	}
	if err := log.Sync(t.Context()); err == nil {
		t.Error("got no error of a file that was moved away")
	}
	if _, err := log.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := log.Sync(t.Context()); err != nil {
		t.Errorf("got %v of the file that has taken its place", err)
	}
}

// TestLog_FailedAppendStoredNothing is pipeline rule 6: agents and audiences
// of an append that failed are stored again with the next.
func TestLog_FailedAppendStoredNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.db")
	log := open(t, sqlite.Options{Path: path})
	alice := event.Agent{Name: "alice"}
	add := func() error {
		state, err := log.Load(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		roster := state.Workspace.Roster()
		var set event.Bitmap
		set.Add(roster.Add(alice))
		e := event.Event{Type: event.MessageNew, Payload: []byte(`{}`), Audience: roster.Intern(set)}
		return log.Append(t.Context(), &backend.Batch{Events: []event.Event{e}})
	}
	exec(t, path, `CREATE TRIGGER full BEFORE UPDATE ON meta BEGIN SELECT RAISE(ABORT,'full'); END`)
	if err := add(); err == nil {
		t.Fatal("got no error of a full disk")
	}
	exec(t, path, `DROP TRIGGER full`)
	if err := add(); err != nil {
		t.Fatal(err)
	}
	events, err := log.Read(t.Context(), event.Cursor{}, event.Filter{}, 10)
	if err != nil || len(events) != 1 || !events[0].VisibleTo(alice) {
		t.Errorf("got %d events, %v, want one for alice", len(events), err)
	}
}
