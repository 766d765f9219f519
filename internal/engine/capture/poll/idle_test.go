package poll

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"cslack-stream/internal/engine/capture"
	"cslack-stream/internal/engine/claudeslack/hosttest"
)

// handles returns how many open files of this process are of the database.
func handles(t *testing.T, path string) int {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("open files can not be listed here")
	}
	n := 0
	for _, fd := range fds {
		if to, err := os.Readlink(filepath.Join("/proc/self/fd", fd.Name())); err == nil && strings.HasPrefix(to, path) {
			n++
		}
	}
	return n
}

// until waits for a fact.
func until(t *testing.T, what string, fact func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for !fact() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// TestPoller_LetsGoOfASilentDatabase is pipeline rule 1: while nothing
// happens, the database can be replaced and its files are left to the host.
// Commits are noticed all the same.
func TestPoller_LetsGoOfASilentDatabase(t *testing.T) {
	path := hosttest.NewDatabase(t)
	w := hosttest.StartWriter(t, path)
	w.Exec(basics...)
	p := New(Options{Host: capture.NewHost(path)})
	defer p.Close()
	l, err := p.Look(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	at := l.At
	l.Close()
	for _, content := range []string{"one", "two"} {
		got := make(chan string, 1)
		go func() {
			run, err := p.Next(t.Context(), at, 10)
			if err != nil {
				got <- err.Error()
				return
			}
			at.ID = run.Changes[len(run.Changes)-1].ID
			got <- describe(run.Changes[0].Row)
		}()
		until(t, "no open file of the database", func() bool { return handles(t, path) == 0 })
		w.Exec(message("general", content))
		if s := <-got; !strings.HasSuffix(s, content) {
			t.Errorf("got %q, want %s", s, content)
		}
	}
}

// letGoNow lets go as after a long silence.
func (f *fixture) letGoNow() {
	f.t.Helper()
	f.silence()
	if err := f.host.LetGo(f.t.Context()); err != nil {
		f.t.Fatal(err)
	}
}

// silence makes the files look as if nothing was written for long.
func (f *fixture) silence() {
	f.t.Helper()
	long := time.Now().Add(-time.Minute)
	for _, suffix := range []string{"", "-wal"} {
		if err := os.Chtimes(f.host.Path()+suffix, long, long); err != nil && !os.IsNotExist(err) {
			f.t.Fatal(err)
		}
	}
}

// waits wants Next to have something to do, or changes.
func (f *fixture) waits() {
	f.t.Helper()
	if run, err := f.take(f.at, 1); err != nil || len(run.Changes) > 0 {
		return
	}
	ctx, cancel := context.WithTimeout(f.t.Context(), 10*time.Second)
	defer cancel()
	if err := f.wait(ctx); err != nil {
		f.t.Fatalf("wait: %v", err)
	}
}

// TestPoller_CommitBeforeLettingGo: seen by the last glance only.
func TestPoller_CommitBeforeLettingGo(t *testing.T) {
	f := watch(t, basics...)
	f.scanAll()
	f.exec(message("general", "x"))
	f.letGoNow()
	f.waits()
	f.expect("message 1 general: x")
}

// TestPoller_LeavesNothingUnseenAfterAFailure: what one look could not read,
// wherever it was broken off, the next one finds.
func TestPoller_LeavesNothingUnseenAfterAFailure(t *testing.T) {
	f := watch(t, basics...)
	f.scanAll()
	broken := 0
	for i := range 60 {
		if err := f.host.Disconnect(); err != nil {
			t.Fatal(err)
		}
		f.exec(message("general", "x"))
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i)*100*time.Microsecond)
		l, err := f.Look(ctx)
		cancel()
		if err == nil {
			l.Close()
		} else {
			broken++
		}
		f.waits()
		f.expect(fmt.Sprintf("message %d general: x", i+1))
	}
	if broken == 0 {
		t.Error("no look was broken off")
	}
}

// TestPoller_CommitWhileLettingGo: a commit between the last glance and the
// end of the connection is not missed.
func TestPoller_CommitWhileLettingGo(t *testing.T) {
	f := watch(t, basics...)
	f.scanAll()
	for i := range 60 {
		f.silence()
		done := make(chan struct{})
		began := time.Now()
		go func() {
			defer close(done)
			f.exec(message("general", "x"))
		}()
		for time.Since(began) < time.Duration(i)*30*time.Microsecond {
			runtime.Gosched()
		}
		if err := f.host.LetGo(t.Context()); err != nil {
			t.Fatal(err)
		}
		<-done
		f.waits()
		f.expect(fmt.Sprintf("message %d general: x", i+1))
	}
}

// TestPoller_StaysWhileACommitMayBeOnItsWay: written, but not visible yet.
func TestPoller_StaysWhileACommitMayBeOnItsWay(t *testing.T) {
	f := watch(t, basics...)
	f.scanAll()
	before := handles(t, f.host.Path())
	if err := f.host.LetGo(t.Context()); err != nil {
		t.Fatal(err)
	}
	if after := handles(t, f.host.Path()); after != before {
		t.Errorf("got %d open files after %d, want as many: the database was written to just now", after, before)
	}
	f.letGoNow()
	if after := handles(t, f.host.Path()); after >= before {
		t.Errorf("got %d open files after %d, want less: nothing was written for long", after, before)
	}
}

// TestPoller_WritesNothing is invariant 11.
func TestPoller_WritesNothing(t *testing.T) {
	path := hosttest.NewDatabase(t)
	w := hosttest.StartWriter(t, path)
	w.Exec(basics...)
	w.Exec(message("general", "one"))
	before := read(t, path)
	f := &fixture{t: t, Poller: New(Options{Host: capture.NewHost(path)})}
	f.at = f.look()
	f.scanAll()
	f.expect()
	f.letGoNow()
	f.expect()
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before, read(t, path)) {
		t.Error("the database is not what it was")
	}
	if wal := read(t, path+"-wal"); len(wal) > 0 {
		t.Errorf("got a write-ahead log of %d bytes, want none", len(wal))
	}
	w.Exec(message("general", "two")) // the host goes on as ever
	if _, err := os.Stat(path + "-wal"); err == nil {
		t.Error("the host could not clean up behind us")
	}
}

// TestPoller_ReadOnlyDirectory: a static look.
func TestPoller_ReadOnlyDirectory(t *testing.T) {
	path := hosttest.NewDatabase(t)
	w := hosttest.StartWriter(t, path)
	w.Exec(basics...)
	dir := filepath.Dir(path)
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(dir, 0o700) }) //nolint:gosec // a directory of the test
	if f, err := os.Create(filepath.Join(dir, "probe")); err == nil {
		f.Close()
		t.Skip("this user may write anywhere")
	}
	f := &fixture{t: t, Poller: New(Options{Host: capture.NewHost(path)})}
	defer f.Close()
	f.at = f.look()
	f.expect()
}

// read returns a file, as nothing if it is not there. The database must not be
// open in this process.
func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return b
}
