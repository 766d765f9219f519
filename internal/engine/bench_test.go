package engine_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"cslack-stream/internal/engine/claudeslack/hosttest"
	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/sqlitedb"
)

// BenchmarkEngine_CommitToReader is the time from the return of a commit to a
// reader having the event: noticing, reading, rendering, appending, waking.
func BenchmarkEngine_CommitToReader(b *testing.B) {
	db := hosttest.NewDatabase(b)
	handle, c, err := sqlitedb.Conn(b.Context(), db, sqlitedb.ReadWrite)
	if err != nil {
		b.Fatal(err)
	}
	defer handle.Close()
	defer c.Close()
	for _, s := range world {
		if _, err := c.ExecContext(b.Context(), s); err != nil {
			b.Fatal(err)
		}
	}
	e := startCarrier(b, db)
	s, err := e.Subscribe(b.Context(), event.Request{Agent: event.Agent{Name: "alice", Project: "p"}, Follow: true, After: e.Window().Latest()})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	var took []time.Duration
	for i := 0; b.Loop(); i++ {
		if _, err := c.ExecContext(b.Context(), say(fmt.Sprint("m", i))); err != nil {
			b.Fatal(err)
		}
		committed := time.Now()
		if _, err := s.Next(b.Context()); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(committed))
	}
	slices.Sort(took)
	for name, at := range map[string]float64{"p50": 0.5, "p99": 0.99} {
		b.ReportMetric(float64(took[int(at*float64(len(took)-1))].Microseconds()), "µs-"+name)
	}
}

// BenchmarkEngine_Agents is a list of agents one of whom was last seen
// checking before all the events that are looked through.
func BenchmarkEngine_Agents(b *testing.B) {
	db, w := newWorld(b)
	w.Exec(hosttest.Session("s", "p"))
	e := startCarrier(b, db)
	s := e.operator(b, event.Cursor{})
	w.Exec(checks("alice"), manyMessages(10_000), say("last"))
	contents(b, s, "last")
	for b.Loop() {
		if _, err := e.Agents(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
