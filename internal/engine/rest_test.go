package engine_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cslack-stream/internal/engine/event"
)

// TestRule1_AttachmentLetsGo: a read-only attachment to a database with
// triggers holds no file of it open while nothing happens, and notices
// commits all the same.
func TestRule1_AttachmentLetsGo(t *testing.T) {
	db, w := newWorld(t)
	startCarrier(t, db).stop()
	a := attach(t, db)
	s := a.operator(t, event.Cursor{})
	for _, text := range []string{"one", "two"} {
		w.Exec(say(text))
		contents(t, s, text)
		letsGo(t, db)
	}
}

// letsGo waits until this process has had no file of the database open for a
// while: longer than it takes to look again.
func letsGo(t *testing.T, db string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for quiet := 0; quiet < 30; quiet++ {
		if openFiles(t, db) > 0 {
			quiet = 0
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("got %d open files of a silent database, want none", openFiles(t, db))
		}
	}
}

// openFiles counts what this process has open of a database.
func openFiles(t *testing.T, db string) (n int) {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("open files can not be listed here")
	}
	for _, fd := range fds {
		to, _ := os.Readlink(filepath.Join("/proc/self/fd", fd.Name()))
		if to == db || to == db+"-wal" || strings.HasPrefix(to, db+"-shm") {
			n++
		}
	}
	return n
}
