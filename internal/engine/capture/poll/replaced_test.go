package poll

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"cslack-stream/internal/engine/capture"
	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/claudeslack/hosttest"
)

// copyTo makes a consistent copy of the database.
func (f *fixture) copyTo(path string) {
	f.t.Helper()
	f.run(`VACUUM INTO ?`, path)
}

// replaced wants Next to say so, and a new epoch of the next look.
func (f *fixture) replaced() {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.t.Context(), 10*time.Second)
	defer cancel()
	if _, err := f.Next(ctx, f.at, 10); !errors.Is(err, capture.ErrReplaced) {
		f.t.Fatalf("next: got %v, want %v", err, capture.ErrReplaced)
	}
	at := f.look()
	if at.Log == f.at.Log || at.ID != 0 {
		f.t.Errorf("got checkpoint %+v after %+v, want change 0 of another epoch", at, f.at)
	}
	f.at = at
}

func TestPoller_AnotherFileInItsPlace(t *testing.T) {
	for _, tc := range []struct {
		name string
		// then is what happens in the file that comes, and what is seen of it
		// if it goes on from the one before.
		then     []string
		replaced bool
		want     []string
	}{
		{"the same again", nil, false, nil},
		{"which goes on", []string{message("general", "three"), agent("zoe", "", "online")}, false, []string{"agent zoe: online public", "message 3 general: three"}},
		{"whose messages go back", []string{`DELETE FROM messages WHERE id=2`, `UPDATE sqlite_sequence SET seq=1 WHERE name='messages'`}, true, nil},
		{"without sequences", []string{`DELETE FROM messages WHERE id=2`, `DELETE FROM sqlite_sequence`}, true, nil},
		{"whose messages went another way", []string{`UPDATE messages SET timestamp=5 WHERE id=2`}, true, nil},
		{"whose messages are by others", []string{`UPDATE messages SET sender_id='gus' WHERE id=1`}, true, nil},
		{"whose older messages went another way", []string{`UPDATE messages SET sender_id='gus',content='x' WHERE id=1`}, true, nil},
		{"that lacks one", []string{`DELETE FROM messages WHERE id=1`, message("general", "three")}, true, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := watch(t, append(basics, message("general", "one"), message("general", "two"))...)
			path := f.host.Path()
			other := filepath.Join(t.TempDir(), "other.db")
			f.copyTo(other)
			c := &fixture{t: t, db: connect(t, other)}
			c.exec(`PRAGMA journal_mode=DELETE`)
			c.exec(tc.then...)
			// The other file may be seen by Next or by a look first.
			f.exec(`PRAGMA wal_checkpoint(TRUNCATE)`)
			for _, suffix := range []string{"", "-wal", "-shm"} {
				if err := os.Rename(path+suffix, filepath.Join(t.TempDir(), "before"+suffix)); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Rename(other, path); err != nil {
				t.Fatal(err)
			}
			if tc.replaced {
				f.replaced()
			} else {
				f.expect(tc.want...)
			}
			w := hosttest.StartWriter(t, path)
			w.Exec(agent("ann", "", "online"))
			run, err := f.Next(t.Context(), f.at, 10)
			if err != nil || len(run.Changes) != 1 || describe(run.Changes[0].Row) != "agent ann: online public" {
				t.Errorf("afterwards: got %+v and error %v, want ann", run.Changes, err)
			}
		})
	}
}

// TestPoller_BackupOverIdleDatabase is what the host's guide says to do.
func TestPoller_BackupOverIdleDatabase(t *testing.T) {
	path := hosttest.NewDatabase(t)
	w := hosttest.StartWriter(t, path)
	w.Exec(append(basics, message("general", "one"))...)
	backup := read(t, path)
	f := &fixture{t: t, Poller: New(Options{Host: capture.NewHost(path)})}
	defer f.Close()
	f.at = f.look()
	w.Exec(message("general", "two"), `PRAGMA wal_checkpoint(TRUNCATE)`)
	f.expect("message 2 general: two")
	f.letGoNow()
	if err := os.WriteFile(path, backup, 0o600); err != nil {
		t.Fatal(err)
	}
	f.replaced()
	w.Exec(message("general", "again"))
	f.expect("message 2 general: again")
}

// TestPoller_NewestMessageIsAnother: the same text, at another time.
func TestPoller_NewestMessageIsAnother(t *testing.T) {
	f := watch(t, append(basics, message("general", "one"), message("general", "two"))...)
	f.scanAll()
	f.expect()
	f.exec(`UPDATE messages SET timestamp=5 WHERE id=2`)
	f.replaced()
}

// TestPoller_LookBeginsAnewItself: whoever only takes looks does not notice.
func TestPoller_LookBeginsAnewItself(t *testing.T) {
	f := watch(t, append(basics, message("general", "one"))...)
	f.exec(`DELETE FROM messages`, `DELETE FROM sqlite_sequence`)
	at := f.look()
	if at.Log == f.at.Log {
		t.Error("got the same epoch, want another")
	}
	if _, err := f.Next(t.Context(), f.at, 10); !errors.Is(err, capture.ErrReplaced) {
		t.Errorf("next in the old epoch: got %v, want %v", err, capture.ErrReplaced)
	}
	f.at = at
	f.exec(message("general", "new"))
	f.expect("message 1 general: new")
}

// TestPoller_OlderMessagesTellHistoriesApart: as late as they are scanned.
func TestPoller_OlderMessagesTellHistoriesApart(t *testing.T) {
	f := watch(t, append(basics, many(2*recentMessages))...)
	f.scanAll()
	f.exec(`UPDATE messages SET timestamp=7 WHERE id=3`)
	f.pendingAfterLook()
	f.mu.Lock()
	f.scan.every = 0
	f.scan.next = f.scan.began
	f.mu.Unlock()
	f.replaced()
}

func TestPoller_MissingDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none.db")
	p := New(Options{Host: capture.NewHost(path)})
	defer p.Close()
	if _, err := p.Look(t.Context()); err == nil {
		t.Error("look: got no error")
	}
	if _, err := p.Next(t.Context(), claudeslack.Checkpoint{}, 1); err == nil {
		t.Error("next: got no error")
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the database was made: %v", err)
	}
}
