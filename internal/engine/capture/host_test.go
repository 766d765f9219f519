package capture_test

import (
	"os"
	"testing"
	"time"

	"cslack-stream/internal/engine/capture"
	"cslack-stream/internal/engine/claudeslack/hosttest"
)

func TestMain(m *testing.M) { hosttest.Main(m) }

// TestHost_ChangedAfterSomebodyConnected: a connection that somebody else has
// the Host open again knows nothing of what was committed before.
func TestHost_ChangedAfterSomebodyConnected(t *testing.T) {
	db := hosttest.NewDatabase(t)
	w := hosttest.StartWriter(t, db)
	w.Exec(`INSERT INTO projects(id,path,name) VALUES('p','/p','webapp')`)
	h := capture.NewHost(db)
	defer h.Close()
	changed := func() bool {
		t.Helper()
		changed, err := h.Changed(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return changed
	}
	if _, err := h.Generation(t.Context()); err != nil {
		t.Fatal(err)
	}
	for changed() {
	}
	long := time.Now().Add(-time.Hour)
	for _, suffix := range []string{"", "-wal"} {
		if err := os.Chtimes(db+suffix, long, long); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.LetGo(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.Exec(`INSERT INTO projects(id,path,name) VALUES('q','/q','api')`)
	if _, err := h.Generation(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !changed() {
		t.Error("the commit went unnoticed")
	}
	if changed() {
		t.Error("a change is reported twice")
	}
}

// TestHost_StaticOnlyWhereNothingCanBeWritten: that SQLite can not open its
// files for a moment says nothing about the directory.
func TestHost_StaticOnlyWhereNothingCanBeWritten(t *testing.T) {
	db := hosttest.NewDatabase(t)
	hosttest.StartWriter(t, db).Exec(`INSERT INTO projects(id,path,name) VALUES('p','/p','webapp')`)
	h := capture.NewHost(db)
	defer h.Close()
	if err := os.Symlink("elsewhere", db+"-shm"); err != nil { // which SQLite does not follow
		t.Fatal(err)
	}
	if _, err := h.Generation(t.Context()); err == nil || h.Static() {
		t.Errorf("got error %v and static %v, want only an error", err, h.Static())
	}
	if err := os.Remove(db + "-shm"); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Generation(t.Context()); err != nil || h.Static() {
		t.Errorf("after that has passed: got error %v and static %v, want neither", err, h.Static())
	}
}
