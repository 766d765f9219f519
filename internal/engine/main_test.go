package engine_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"cslack-stream/internal/engine"
	"cslack-stream/internal/engine/backend/sqlite"
	"cslack-stream/internal/engine/capture"
	"cslack-stream/internal/engine/capture/trigger"
	"cslack-stream/internal/engine/claudeslack/hosttest"
	"cslack-stream/internal/engine/event"
)

func TestMain(m *testing.M) { hosttest.Main(m) }

// running is an engine at work on a database.
type running struct {
	*engine.Engine
	stop func()
}

// eventFile is where the engine of a test keeps its events.
func eventFile(db string) string { return db + "-events" }

// openStore opens the event file of a database.
func openStore(t testing.TB, db string) *sqlite.Log {
	t.Helper()
	device, inode, err := capture.Identify(db)
	if err != nil {
		t.Fatal(err)
	}
	store, err := sqlite.Open(t.Context(), sqlite.Options{
		Path: eventFile(db), Database: sqlite.Identity{Path: db, Device: device, Inode: inode},
	})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// startCarrier starts an engine with triggers and an event file, as serve
// does. It ends with the test, or with stop.
func startCarrier(t testing.TB, db string, change ...func(*engine.Options)) *running {
	t.Helper()
	store := openStore(t, db)
	changes := trigger.New(trigger.Options{Host: capture.NewHost(db)})
	opts := engine.Options{
		Changes: changes, Store: store, File: store.File,
		Install: func(ctx context.Context) (*capture.Look, error) {
			look, err := trigger.Install(ctx, db)
			var file string
			if err == nil {
				file, err = store.File(ctx)
			}
			if err == nil {
				err = changes.Claim(ctx, file, eventFile(db), false)
			}
			return look, err
		},
	}
	for _, f := range change {
		f(&opts)
	}
	return start(t, opts)
}

func start(t testing.TB, opts engine.Options) *running {
	t.Helper()
	opts.Logger = slog.New(slog.NewTextHandler(t.Output(), nil))
	e := engine.New(opts)
	if err := e.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- e.Run(ctx) }()
	stopped := false
	r := &running{Engine: e}
	r.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Run returned %v, want context.Canceled", err)
		}
		if err := e.Close(); err != nil {
			t.Errorf("close engine: %v", err)
		}
	}
	t.Cleanup(r.stop)
	return r
}

// operator opens the stream of everything from the beginning.
func (r *running) operator(t testing.TB, after event.Cursor) event.Stream {
	t.Helper()
	s, err := r.Subscribe(t.Context(), event.Request{Operator: true, Follow: true, After: after})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// collect reads events until n are there.
func collect(t testing.TB, s event.Stream, n int) []*event.Event {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var out []*event.Event
	for len(out) < n {
		events, err := s.Next(ctx)
		if err != nil {
			t.Fatalf("after %d of %d events: %v", len(out), n, err)
		}
		out = append(out, events...)
	}
	return out
}
