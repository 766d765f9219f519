package engine_test

import (
	"context"
	"database/sql"
	"slices"
	"testing"
	"time"

	"cslack-stream/internal/engine"
	"cslack-stream/internal/engine/backend/memory"
	"cslack-stream/internal/engine/capture"
	"cslack-stream/internal/engine/capture/hook"
	"cslack-stream/internal/engine/capture/trigger"
	"cslack-stream/internal/engine/claudeslack/author"
	"cslack-stream/internal/engine/claudeslack/hosttest"
	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/action"
	"cslack-stream/internal/engine/sqlitedb"
)

// BenchmarkEngine_OwnWriteToWindow is the time from the return of the commit
// of a write of this process's own until its event is in the window: with the
// file watch alone, and with a hook.
func BenchmarkEngine_OwnWriteToWindow(b *testing.B) {
	for _, hooked := range []bool{false, true} {
		name := "file watch"
		if hooked {
			name = "hook"
		}
		b.Run(name, func(b *testing.B) {
			db := hosttest.NewDatabase(b)
			hosttest.StartWriter(b, db).Exec(world...)
			changes := trigger.New(trigger.Options{Host: capture.NewHost(db)})
			opts := author.Options{Path: db}
			if hooked {
				opts.Transactor = hook.NewLogged(changes)
			}
			e := startCarrier(b, db, func(o *engine.Options) { o.Changes = changes })
			measureOwnWrites(b, e, opts)
		})
	}
}

// BenchmarkEngine_OwnWriteToWindowInMemory is the same in memory mode, where
// the hook is the capture.
func BenchmarkEngine_OwnWriteToWindowInMemory(b *testing.B) {
	for _, hooked := range []bool{false, true} {
		name := "poll"
		if hooked {
			name = "hook"
		}
		b.Run(name, func(b *testing.B) {
			db := hosttest.NewDatabase(b)
			hosttest.StartWriter(b, db).Exec(world...)
			e, tx := startInMemory(b, db, memory.Options{})
			opts := author.Options{Path: db}
			if hooked {
				opts.Transactor = tx
			}
			measureOwnWrites(b, e, opts)
		})
	}
}

// measureOwnWrites writes one message after the other, each when the one
// before has been published.
func measureOwnWrites(b *testing.B, e *running, opts author.Options) {
	b.Helper()
	stamped := &stamped{Transactor: opts.Transactor}
	if stamped.Transactor == nil {
		stamped.Transactor = hook.NewLogged(plain{})
	}
	opts.Transactor = stamped
	a := author.New(opts)
	defer a.Close()
	alice := event.Agent{Name: "alice", Project: "p"}
	reader := e.Window().Join(event.Agent{})
	defer reader.Leave()
	var took []time.Duration
	for b.Loop() {
		before := e.Window().Latest()
		if _, err := a.Do(b.Context(), alice, action.Send{Channel: "global:general", Content: "hello"}); err != nil {
			b.Fatal(err)
		}
		for e.Window().Latest() == before {
			if err := reader.Wait(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
		took = append(took, time.Since(stamped.committed))
	}
	slices.Sort(took)
	for name, at := range map[string]float64{"µs-p10": 0.1, "µs-p50": 0.5, "µs-p99": 0.99} {
		b.ReportMetric(float64(took[int(at*float64(len(took)-1))].Microseconds()), name)
	}
}

// stamped notes when a commit has returned.
type stamped struct {
	author.Transactor
	committed time.Time
}

func (s *stamped) Transact(ctx context.Context, c *sql.Conn, write func() error) error {
	err := s.Transactor.Transact(ctx, c, write)
	s.committed = time.Now()
	return err
}

// plain is a log that nobody reads.
type plain struct{}

func (plain) Write(ctx context.Context, c *sql.Conn, write func() error) error {
	return sqlitedb.Tx(ctx, c, "BEGIN IMMEDIATE", write)
}
