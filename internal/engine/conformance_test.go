package engine_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"cslack-stream/internal/engine"
	"cslack-stream/internal/engine/backend"
	"cslack-stream/internal/engine/backend/memory"
	"cslack-stream/internal/engine/backend/sqlite"
	"cslack-stream/internal/engine/bus"
	"cslack-stream/internal/engine/capture"
	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/eventtest"
)

// silent is a capture without changes: the suite appends to the log itself,
// as another engine on the same file would.
type silent struct{ at claudeslack.Checkpoint }

func (s silent) Next(ctx context.Context, _ claudeslack.Checkpoint, _ int) (capture.Run, error) {
	<-ctx.Done()
	return capture.Run{}, ctx.Err()
}
func (s silent) Look(context.Context) (*capture.Look, error) { return &capture.Look{At: s.at}, nil }
func (silent) Close() error                                  { return nil }

// TestEngine_SourceConformance runs the suite of event.Source over both logs,
// with a window that reaches back and with one that holds next to nothing, so
// that readers read the log.
func TestEngine_SourceConformance(t *testing.T) {
	stores := map[string]func(t *testing.T, now func() time.Time) engine.Store{
		"memory": func(*testing.T, func() time.Time) engine.Store { return memory.New(memory.Options{}) },
		"sqlite": func(t *testing.T, now func() time.Time) engine.Store {
			log, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "events.db"), Now: now})
			if err != nil {
				t.Fatal(err)
			}
			return log
		},
	}
	for name, open := range stores {
		for window, opts := range map[string]bus.Options{"window": {}, "log": {Max: 1}} {
			t.Run(name+"/"+window, func(t *testing.T) {
				eventtest.TestSource(t, func(t *testing.T) eventtest.Harness {
					return newAppender(t, open, opts).harness()
				})
			})
		}
	}
}

// appender appends events to an engine's log and publishes them.
type appender struct {
	engine *engine.Engine
	store  engine.Store
	clock  time.Time // of the log's retention
	at     claudeslack.Checkpoint
	roster *event.Roster
}

func newAppender(t *testing.T, open func(*testing.T, func() time.Time) engine.Store, window bus.Options) *appender {
	t.Helper()
	a := &appender{clock: time.Now(), roster: new(event.Roster)}
	a.store = open(t, func() time.Time { return a.clock })
	at := claudeslack.Checkpoint{Log: "log"}
	if err := a.store.Append(t.Context(), &backend.Batch{To: at}); err != nil {
		t.Fatal(err)
	}
	a.at = at
	a.engine = engine.New(engine.Options{Changes: silent{at}, Store: a.store, Window: window})
	if err := a.engine.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.engine.Close() })
	return a
}

func (a *appender) harness() eventtest.Harness {
	h := eventtest.Harness{Source: a.engine, Append: a.append, NewEpoch: a.newEpoch, NoSnapshots: true}
	if _, ok := a.store.(*sqlite.Log); ok {
		h.Trim = a.trim
	}
	return h
}

func (a *appender) append(t testing.TB, e event.Event, to ...event.Agent) *event.Event {
	var set event.Bitmap
	for _, agent := range to {
		set.Add(a.roster.Add(agent))
	}
	e.Audience = a.roster.Intern(set)
	if !e.Backfilled { // what is backfilled has no change
		e.Change = a.at.ID + 1
	}
	b := &backend.Batch{From: a.at, To: claudeslack.Checkpoint{Log: "log", ID: a.at.ID + 1}, Events: []event.Event{e}}
	if err := a.store.Append(context.WithoutCancel(t.Context()), b); err != nil {
		t.Error(err)
		return &e
	}
	a.at = b.To
	a.engine.Window().Publish([]*event.Event{&b.Events[0]})
	return &b.Events[0]
}

// trim makes retention remove everything up to a cursor: what is older than
// the moment of the trim is expired.
func (a *appender) trim(t testing.TB, through event.Cursor) {
	ctx := context.WithoutCancel(t.Context())
	events, err := a.store.Before(ctx, through, 1<<20)
	if err != nil {
		t.Error(err)
	}
	for range events {
		if _, err := a.store.Expire(ctx, a.clock.Add(365*24*time.Hour), 1); err != nil {
			t.Error(err)
		}
	}
	b, err := a.store.Bounds(ctx)
	if err != nil {
		t.Error(err)
	}
	a.engine.Window().Reset(b.Latest())
}

func (a *appender) newEpoch(t testing.TB) {
	ctx := context.WithoutCancel(t.Context())
	err := a.store.Reset(ctx, a.at, a.at, func(roster *event.Roster, _ func(*backend.Batch) error) error {
		a.roster = roster
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	b, err := a.store.Bounds(ctx)
	if err != nil {
		t.Error(err)
	}
	a.engine.Window().Reset(b.Latest())
}
