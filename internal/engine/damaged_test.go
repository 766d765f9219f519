package engine_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cslack-stream/internal/engine"
	"cslack-stream/internal/engine/backend"
	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/sqlitedb"
)

// TestEventFileDamagedWhileItRuns: pages of the event file are damaged under
// the engine. It says so as soon as anybody reads one of them, sets the file
// aside with the next change, and goes on in a new epoch that lacks nothing of
// what the host still has.
func TestEventFileDamagedWhileItRuns(t *testing.T) {
	db, w := newWorld(t)
	w.Exec(says("old", 1500)...)
	startCarrier(t, db).stop() // everything is in the file itself
	e := startCarrier(t, db)
	epoch := e.Window().Latest().Epoch
	data, err := os.ReadFile(eventFile(db))
	if err != nil {
		t.Fatal(err)
	}
	for i := 40 * 4096; i < len(data); i++ {
		data[i] = byte(i * 7)
	}
	f, err := os.OpenFile(eventFile(db), os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(data); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	s := e.operator(t, event.Cursor{})
	for err == nil {
		_, err = s.Next(ctx)
	}
	if c := e.Condition(); c.State != engine.Degraded || c.Err == nil {
		t.Errorf("got %v and condition %+v, want a degraded engine that says so", err, c)
	}
	w.Exec(say("new"))
	for e.Condition().State != engine.Healthy || e.Window().Latest().Epoch == epoch {
		if ctx.Err() != nil {
			t.Fatalf("got condition %+v, want a healthy engine in a new epoch", e.Condition())
		}
		w.Exec(`PRAGMA user_version`)
	}
	w.Exec(say("after"))
	contents(t, e.operator(t, event.Cursor{}), "after")
	var want []string
	for i := range 1500 {
		want = append(want, fmt.Sprint("old", i))
	}
	want = append(want, "new", "after")
	if diff := cmp.Diff(want, e.messages(t)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if aside, _ := filepath.Glob(eventFile(db) + ".corrupt-*"); len(aside) == 0 {
		t.Error("got nothing set aside, want the damaged file")
	}
}

// TestEventFileDamagedAtStart: what was damaged while nothing ran, where opening
// the file does not look, keeps no engine from starting.
func TestEventFileDamagedAtStart(t *testing.T) {
	db, w := newWorld(t)
	w.Exec(says("old", 3)...)
	startCarrier(t, db).stop()
	handle, c, err := sqlitedb.Conn(t.Context(), eventFile(db), sqlitedb.ReadOnly)
	if err != nil {
		t.Fatal(err)
	}
	var page, size int64
	err = c.QueryRowContext(t.Context(), `SELECT rootpage,page_size FROM sqlite_master,pragma_page_size WHERE name='workspace'`).Scan(&page, &size)
	if err := errors.Join(err, c.Close(), handle.Close()); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(eventFile(db), os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt(make([]byte, size), (page-1)*size); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(numbered("old", 3), startCarrier(t, db).messages(t)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// damaged is a store that can not be read until it has been loaded again.
type damaged struct {
	engine.Store
	is atomic.Bool
}

func (d *damaged) Read(ctx context.Context, after event.Cursor, f event.Filter, limit int) ([]*event.Event, error) {
	if d.is.Load() {
		return nil, errors.New("damaged")
	}
	return d.Store.Read(ctx, after, f, limit)
}

func (d *damaged) Trouble() error {
	if d.is.Load() {
		return errors.New("damaged")
	}
	return nil
}

func (d *damaged) Load(ctx context.Context) (backend.State, error) {
	d.is.Store(false)
	return d.Store.Load(ctx)
}

// TestEventFileDamagedUnderAFollower: one that follows reads what the other has
// appended, finds that it can not, and sets the file aside as well.
func TestEventFileDamagedUnderAFollower(t *testing.T) {
	db, w := newWorld(t)
	startCarrier(t, db)
	store := new(damaged)
	e := startCarrier(t, db, func(o *engine.Options) { store.Store, o.Store, o.Following = o.Store, store, true })
	s := e.operator(t, e.Window().Latest())
	store.is.Store(true)
	w.Exec(say("new"))
	contents(t, s, "new")
}
