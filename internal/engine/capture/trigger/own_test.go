package trigger

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cslack-stream/internal/engine/capture"
	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/claudeslack/hosttest"
	"cslack-stream/internal/engine/sqlitedb"
)

const sayOwn = `INSERT INTO messages(channel_id,sender_id,content) VALUES('c','a','own')`

// ownWriter is a Log with a connection for writes of this process's own,
// beside a writer in another process.
type ownWriter struct {
	*testing.T
	path    string
	log     *Log
	conn    *sql.Conn
	foreign *hosttest.Writer
	at      claudeslack.Checkpoint
}

func newOwnWriter(t *testing.T) *ownWriter {
	t.Helper()
	w := &ownWriter{T: t, path: hosttest.NewDatabase(t)}
	w.foreign = hosttest.StartWriter(t, w.path)
	w.foreign.Exec(
		`INSERT INTO agents(name) VALUES('a')`,
		`INSERT INTO channels(id,channel_type,access_type,scope,name) VALUES('c','channel','open','global','c')`,
	)
	look, err := Install(t.Context(), w.path)
	if err != nil {
		t.Fatal(err)
	}
	w.at = look.At
	look.Close()
	w.log = New(Options{Host: capture.NewHost(w.path), ReadOnly: true})
	db, c, err := sqlitedb.Conn(t.Context(), w.path, sqlitedb.ReadWrite, "foreign_keys(1)")
	if err != nil {
		t.Fatal(err)
	}
	w.conn = c
	t.Cleanup(func() {
		if err := errors.Join(w.log.Close(), c.Close(), db.Close()); err != nil {
			t.Error(err)
		}
	})
	w.foreign.Exec(sayOwn)
	w.at = end(w.pull(10), w.at)
	return w
}

func (w *ownWriter) pull(limit int) capture.Run {
	w.Helper()
	run, err := w.log.pull(w.Context(), w.at, limit)
	if err != nil {
		w.Fatal(err)
	}
	return run
}

// write makes a write while somebody waits for limit changes, and returns what
// that one gets without looking at the database.
func (w *ownWriter) write(limit int, write func() error) (capture.Run, error) {
	w.Helper()
	w.log.own.expect(&wanted{after: w.at, limit: limit})
	err := w.log.Write(w.Context(), w.conn, write)
	run, terr := w.log.own.take(w.Context())
	if terr != nil {
		w.Fatal(terr)
	}
	return run, err
}

func (w *ownWriter) exec(queries ...string) func() error {
	return func() error {
		for _, q := range queries {
			if _, err := w.conn.ExecContext(w.Context(), q); err != nil {
				return err
			}
		}
		return nil
	}
}

// want writes, and checks that what is handed over is what a pull finds.
func (w *ownWriter) want(limit, n int, write func() error) {
	w.Helper()
	got, err := w.write(limit, write)
	if err != nil {
		w.Fatal(err)
	}
	if len(got.Changes) != n {
		w.Errorf("got %d changes handed over, want %d", len(got.Changes), n)
	}
	if diff := cmp.Diff(w.pull(limit), got); diff != "" {
		w.Errorf("handed over other than a pull finds (-pull +handed):\n%s", diff)
	}
}

// TestLog_WriteHandsOver: who waits gets what a pull would find, what others
// have committed before included.
func TestLog_WriteHandsOver(t *testing.T) {
	w := newOwnWriter(t)
	w.want(10, 1, w.exec(sayOwn))
	w.at = end(w.pull(10), w.at)
	w.foreign.Exec(sayOwn, sayOwn)
	w.want(10, 3, w.exec(sayOwn))
	w.want(2, 2, w.exec(sayOwn)) // of the four that are there now
}

// TestLog_WriteHandsOverTheFirst: a Next that has just begun to read the
// database gets what is handed over too.
func TestLog_WriteHandsOverTheFirst(t *testing.T) {
	w := newOwnWriter(t)
	log := New(Options{Host: capture.NewHost(w.path), ReadOnly: true})
	defer log.Close()
	log.own.expect(&wanted{after: w.at, limit: 10})
	if _, err := log.pull(t.Context(), w.at, 10); err != nil {
		t.Fatal(err)
	}
	if err := log.Write(t.Context(), w.conn, w.exec(sayOwn)); err != nil {
		t.Fatal(err)
	}
	if run, err := log.own.take(t.Context()); err != nil || len(run.Changes) != 1 {
		t.Errorf("got %d changes, %v, want that of the write", len(run.Changes), err)
	}
}

// TestLog_WriteHandsNothingOver that was not committed, or can not be trusted.
func TestLog_WriteHandsNothingOver(t *testing.T) {
	tests := []struct {
		name  string
		do    func(w *ownWriter) (capture.Run, error)
		fails bool
	}{
		{"rolled back", func(w *ownWriter) (capture.Run, error) {
			return w.write(10, func() error { return errors.Join(w.exec(sayOwn)(), errors.New("refused")) })
		}, true},
		{"the commit fails", func(w *ownWriter) (capture.Run, error) {
			return w.write(10, w.exec(`PRAGMA defer_foreign_keys=ON`, sayOwn, `INSERT INTO messages(channel_id,sender_id,content) VALUES('none','a','own')`))
		}, true},
		{"nothing noted", func(w *ownWriter) (capture.Run, error) {
			return w.write(10, w.exec(`UPDATE messages SET is_edited=1`))
		}, false},
		{"a trigger is gone", func(w *ownWriter) (capture.Run, error) {
			w.foreign.Exec(`DROP TRIGGER cslack_mu`)
			return w.write(10, w.exec(sayOwn))
		}, false},
		{"another file takes the database's place", func(w *ownWriter) (capture.Run, error) {
			other := filepath.Join(w.TempDir(), "other.db")
			w.foreign.Exec(`VACUUM INTO '` + other + `'`)
			return w.write(10, func() error { return errors.Join(w.exec(sayOwn)(), os.Rename(other, w.path)) })
		}, false},
		{"another history", func(w *ownWriter) (capture.Run, error) {
			w.at.Fence = "another"
			return w.write(10, w.exec(sayOwn))
		}, false},
		{"another log", func(w *ownWriter) (capture.Run, error) {
			w.at.Log = "another"
			return w.write(10, w.exec(sayOwn))
		}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			run, err := tt.do(newOwnWriter(t))
			if (err != nil) != tt.fails {
				t.Errorf("got the error %v, want one: %t", err, tt.fails)
			}
			if len(run.Changes) > 0 {
				t.Errorf("got %d changes handed over, want none", len(run.Changes))
			}
		})
	}
}

// TestLog_WritePromisesOnce: what is wanted is given by the first of two
// writes; the second one wakes.
func TestLog_WritePromisesOnce(t *testing.T) {
	w := newOwnWriter(t)
	w.log.own.expect(&wanted{after: w.at, limit: 10})
	for range 2 {
		if err := w.log.Write(t.Context(), w.conn, w.exec(sayOwn)); err != nil {
			t.Fatal(err)
		}
	}
	if run, err := w.log.own.take(t.Context()); err != nil || len(run.Changes) != 1 {
		t.Errorf("got %d changes, %v, want those of the first write", len(run.Changes), err)
	}
}

// TestLog_WriteBesideOthers: whoever writes, and whichever way its changes
// come, each comes once and in order.
func TestLog_WriteBesideOthers(t *testing.T) {
	const each = 300
	w := newOwnWriter(t)
	w.foreign.Start(hosttest.Step{SQL: slices.Repeat([]string{sayOwn}, each)})
	written := make(chan error, 1)
	go func() {
		var err error
		for range each {
			err = errors.Join(err, w.log.Write(context.WithoutCancel(t.Context()), w.conn, w.exec(sayOwn)))
		}
		written <- err
	}()
	for n := 0; n < 2*each; {
		run, err := w.log.Next(t.Context(), w.at, 50)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range run.Changes {
			if c.ID != w.at.ID+1 {
				t.Fatalf("got change %d behind %d", c.ID, w.at.ID)
			}
			w.at.ID, w.at.Fence = c.ID, c.Fence
			n++
		}
	}
	if err := <-written; err != nil {
		t.Error(err)
	}
	w.foreign.Wait()
}

// next begins a Next that has nothing to pull, and makes it a promise.
func (w *ownWriter) next() (promised *wanted, got <-chan capture.Run) {
	w.Helper()
	for changed := true; changed; {
		var err error
		if changed, err = w.log.look(w.Context()); err != nil {
			w.Fatal(err)
		}
	}
	w.log.seen = w.at
	runs := make(chan capture.Run, 1)
	go func() {
		defer close(runs)
		run, err := w.log.Next(w.Context(), w.at, 10)
		if err != nil {
			w.Error(err)
		}
		runs <- run
	}()
	for promised == nil {
		runtime.Gosched()
		promised = w.log.own.promise()
	}
	return promised, runs
}

// TestLog_WriteHidesNoOther: a commit right behind one of this process's own
// may have been noticed together with it, when what is handed over was read
// before.
func TestLog_WriteHidesNoOther(t *testing.T) {
	w := newOwnWriter(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	other := New(Options{Host: capture.NewHost(w.path), ReadOnly: true})
	defer other.Close()
	promised, got := w.next()
	err := w.log.host.View(ctx, func(*sql.Conn) error { // nobody looks in the meantime
		w.foreign.Exec(sayOwn)
		run, err := other.pull(ctx, w.at, 10)
		w.foreign.Exec(sayOwn)
		promised.give(run)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	w.at = end(<-got, w.at)
	if run, err := w.log.Next(ctx, w.at, 10); err != nil || len(run.Changes) != 1 {
		t.Errorf("got %d changes, %v, want that of the second commit", len(run.Changes), err)
	}
}

// TestLog_NextDoesNotWaitForACommitThatTakesLong: what others commit while a
// write of this process's own copies the write-ahead log, say, comes at once.
func TestLog_NextDoesNotWaitForACommitThatTakesLong(t *testing.T) {
	w := newOwnWriter(t)
	_, got := w.next()
	w.log.Wake()
	w.foreign.Exec(sayOwn)
	select {
	case run := <-got:
		if len(run.Changes) != 1 {
			t.Errorf("got %d changes, want that of the other writer", len(run.Changes))
		}
	case <-time.After(20 * time.Second):
		t.Error("the change of the other writer does not come")
	}
}
