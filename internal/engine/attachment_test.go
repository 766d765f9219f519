package engine_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cslack-stream/internal/engine"
	"cslack-stream/internal/engine/backend"
	"cslack-stream/internal/engine/backend/memory"
	"cslack-stream/internal/engine/backend/sqlite"
	"cslack-stream/internal/engine/capture"
	"cslack-stream/internal/engine/capture/trigger"
	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/event"
)

// loadedBase lets something happen behind every load.
type loadedBase struct {
	engine.Base
	then func()
}

func (l *loadedBase) Load(ctx context.Context) (backend.State, error) {
	state, err := l.Base.Load(ctx)
	if l.then != nil {
		l.then()
	}
	return state, err
}

// TestRule12_CatchesUpOnce: an attachment that has shown some changes itself
// finds the next ones trimmed, and while it takes their events from the event
// file the server goes on. Nothing comes twice, and who has left is gone.
func TestRule12_CatchesUpOnce(t *testing.T) {
	db, w := newWorld(t)
	e := startCarrier(t, db)
	w.Exec(says("carried", 3)...)
	contents(t, e.operator(t, event.Cursor{}), "carried2")
	e.stop()
	gate := make(chan struct{})
	log, err := sqlite.Open(t.Context(), sqlite.Options{Path: eventFile(db), Database: sqlite.Identity{Path: db}, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	base := &loadedBase{Base: log}
	a := start(t, engine.Options{
		Changes: &gated{Changes: trigger.New(trigger.Options{Host: capture.NewHost(db), ReadOnly: true}), gate: gate},
		Store:   memory.New(memory.Options{}), Base: base,
	})
	s := a.operator(t, event.Cursor{})
	var synced, trims atomic.Int64
	e = startCarrier(t, db, func(o *engine.Options) {
		o.Changes = &trimWatch{Log: o.Changes.(*trigger.Log), synced: &synced, trims: &trims, t: t}
		o.Store = &observed{Store: o.Store, synced: &synced}
	})
	all := e.operator(t, event.Cursor{})
	w.Exec(slices.Concat(says("m", 20), []string{`DELETE FROM channel_members WHERE agent_name='bob'`}, says("n", 5))...)
	contents(t, all, "n4")
	for trims.Load() == 0 {
		w.Exec(`PRAGMA user_version`)
	}
	base.then = func() {
		base.then = nil
		w.Exec(say("later"))
		contents(t, all, "later")
	}
	close(gate)
	want := slices.Concat(numbered("carried", 3), numbered("m", 20), numbered("n", 5), []string{"later"})
	if diff := cmp.Diff(want, contents(t, s, "later")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	w.Exec(say("end"))
	contents(t, s, "end")
	events := a.everything(t)
	if diff := cmp.Diff([]string{"alice:p"}, seenOf(events[len(events)-1]).Recipients); diff != "" {
		t.Errorf("recipients behind it (-want +got):\n%s", diff)
	}
}

// TestRule12_AttachesWhileServerCarries: what the server carries between the
// reading of its state and of its events comes once.
func TestRule12_AttachesWhileServerCarries(t *testing.T) {
	db, w := newWorld(t)
	all := startCarrier(t, db).operator(t, event.Cursor{})
	w.Exec(says("carried", 3)...)
	contents(t, all, "carried2")
	log, err := sqlite.Open(t.Context(), sqlite.Options{Path: eventFile(db), Database: sqlite.Identity{Path: db}, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	base := &loadedBase{Base: log}
	base.then = func() {
		base.then = nil
		w.Exec(say("later"))
		contents(t, all, "later")
	}
	a := start(t, engine.Options{
		Changes: trigger.New(trigger.Options{Host: capture.NewHost(db), ReadOnly: true}),
		Store:   memory.New(memory.Options{}), Base: base,
	})
	w.Exec(say("end"))
	want := append(numbered("carried", 3), "later", "end")
	if diff := cmp.Diff(want, contents(t, a.operator(t, event.Cursor{}), "end")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestRule12_LooksBack: the newest few, and those since a time, are found
// across the two logs of an attachment, while a server carries the same.
func TestRule12_LooksBack(t *testing.T) {
	db, w := newWorld(t)
	e := startCarrier(t, db)
	w.Exec(says("carried", 3)...)
	contents(t, e.operator(t, event.Cursor{}), "carried2")
	e.stop()
	a := attach(t, db)
	e = startCarrier(t, db)
	w.Exec(says("both", 5)...)
	contents(t, e.operator(t, event.Cursor{}), "both4")
	contents(t, a.operator(t, event.Cursor{}), "both4")
	at, err := a.Last(t.Context(), event.Request{Operator: true}, 6)
	if err != nil {
		t.Fatal(err)
	}
	all := append(numbered("carried", 3), numbered("both", 5)...)
	if diff := cmp.Diff(all[2:], contents(t, a.operator(t, at), "both4")); diff != "" {
		t.Errorf("the newest six (-want +got):\n%s", diff)
	}
	s, err := a.Subscribe(t.Context(), event.Request{Operator: true, Follow: true, Since: time.Now().Add(-time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if diff := cmp.Diff(all, contents(t, s, "both4")); diff != "" {
		t.Errorf("since an hour ago (-want +got):\n%s", diff)
	}
}

// TestRule15_UntilEndsAFollowingStream: at its time, and behind everything
// that was there when it was opened.
func TestRule15_UntilEndsAFollowingStream(t *testing.T) {
	db, w := newWorld(t)
	w.Exec(say("before"))
	e := startCarrier(t, db)
	for _, in := range []time.Duration{-time.Hour, 200 * time.Millisecond} {
		s, err := e.Subscribe(t.Context(), event.Request{Operator: true, Follow: true, Until: time.Now().Add(in)})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		for err == nil {
			_, err = s.Next(ctx)
		}
		if latest := e.Window().Latest(); !errors.Is(err, io.EOF) || s.Cursor() != latest {
			t.Errorf("until in %v: got %v at %s, want EOF at %s", in, err, s.Cursor(), latest)
		}
	}
}

// attach opens a read-only attachment in this process, as a direct tail does.
func attach(t testing.TB, db string) *running {
	t.Helper()
	base, err := sqlite.Open(t.Context(), sqlite.Options{Path: eventFile(db), Database: sqlite.Identity{Path: db}, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	return start(t, engine.Options{
		Changes: trigger.New(trigger.Options{Host: capture.NewHost(db), ReadOnly: true}),
		Store:   memory.New(memory.Options{}), Base: base,
	})
}

// TestRule12_AttachmentAndServer: an attachment shows what nobody has carried;
// when an engine starts, carries and trims, nothing is lost and nothing comes
// again.
func TestRule12_AttachmentAndServer(t *testing.T) {
	db, w := newWorld(t)
	e := startCarrier(t, db)
	w.Exec(says("carried", 3)...)
	contents(t, e.operator(t, event.Cursor{}), "carried2")
	e.stop()
	w.Exec(says("uncarried", 3)...)
	a := attach(t, db)
	s := a.operator(t, event.Cursor{})
	want := append(numbered("carried", 3), numbered("uncarried", 3)...)
	if diff := cmp.Diff(want, contents(t, s, "uncarried2")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var synced, trims atomic.Int64
	e = startCarrier(t, db, func(o *engine.Options) {
		o.Changes = &trimWatch{Log: o.Changes.(*trigger.Log), synced: &synced, trims: &trims, t: t}
		o.Store = &observed{Store: o.Store, synced: &synced}
	})
	for i := 0; trims.Load() == 0 || i < 200; i++ {
		w.Exec(say(fmt.Sprint("both", i)))
		want = append(want, fmt.Sprint("both", i))
	}
	all := e.operator(t, event.Cursor{})
	w.Exec(say("end"))
	contents(t, all, "end")
	want = append(want, "end")
	if diff := cmp.Diff(want[6:], contents(t, s, "end")); diff != "" {
		t.Errorf("attachment beside a server (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, a.messages(t)); diff != "" {
		t.Errorf("attachment from the beginning (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, e.messages(t)); diff != "" {
		t.Errorf("server (-want +got):\n%s", diff)
	}
}

// TestRule12_TrimmedBehindAttachment: an attachment that was stopped for long
// finds its changes trimmed, and takes the events from the event file.
func TestRule12_TrimmedBehindAttachment(t *testing.T) {
	db, w := newWorld(t)
	startCarrier(t, db).stop()
	gate := make(chan struct{})
	base, err := sqlite.Open(t.Context(), sqlite.Options{Path: eventFile(db), Database: sqlite.Identity{Path: db}, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	a := start(t, engine.Options{
		Changes: &gated{Changes: trigger.New(trigger.Options{Host: capture.NewHost(db), ReadOnly: true}), gate: gate},
		Store:   memory.New(memory.Options{}), Base: base,
	})
	s := a.operator(t, event.Cursor{})
	var synced, trims atomic.Int64
	e := startCarrier(t, db, func(o *engine.Options) {
		o.Changes = &trimWatch{Log: o.Changes.(*trigger.Log), synced: &synced, trims: &trims, t: t}
		o.Store = &observed{Store: o.Store, synced: &synced}
	})
	w.Exec(slices.Concat(says("m", 20), []string{`INSERT INTO agents(name,project_id) VALUES('carol','p')`})...)
	contents(t, e.operator(t, event.Cursor{}), "m19")
	for trims.Load() == 0 {
		w.Exec(`PRAGMA user_version`)
	}
	close(gate)
	w.Exec(`INSERT INTO channel_members(channel_id,agent_name,agent_project_id) VALUES('global:general','carol','p')`, say("end"))
	if diff := cmp.Diff(append(numbered("m", 20), "end"), contents(t, s, "end")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	last := a.everything(t)
	if got := last[len(last)-1]; !got.VisibleTo(event.Agent{Name: "carol", Project: "p"}) {
		t.Errorf("got audience %v, want carol in it: the state was taken over too", got.Audience.Agents())
	}
}

// gated lets Next through when the gate is open.
type gated struct {
	capture.Changes
	gate chan struct{}
}

func (g *gated) Next(ctx context.Context, after claudeslack.Checkpoint, limit int) (capture.Run, error) {
	select {
	case <-g.gate:
		return g.Changes.Next(ctx, after, limit)
	case <-ctx.Done():
		return capture.Run{}, ctx.Err()
	}
}
