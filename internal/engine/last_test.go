package engine_test

import (
	"slices"
	"testing"
	"time"

	"cslack-stream/internal/engine"
	"cslack-stream/internal/engine/backend/memory"
	"cslack-stream/internal/engine/bus"
	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/eventtest"
)

// TestLast_OfSeveralAgents: the newest events are those that any of the agents
// may see, however far back they lie.
func TestLast_OfSeveralAgents(t *testing.T) {
	open := func(*testing.T, func() time.Time) engine.Store { return memory.New(memory.Options{}) }
	a := newAppender(t, open, bus.Options{})
	at := event.Cursor{}
	for i, to := range []event.Agent{eventtest.Alice, eventtest.Bob, eventtest.Carol, eventtest.Bob} {
		for range 300 { // more than a page that is for nobody who is asked for
			at = a.append(t, eventtest.Message(int64(i), "global:general", eventtest.Gina, "x"), to).Cursor
		}
	}
	for _, tt := range []struct {
		also []event.Agent
		n    int
		want []string
	}{
		{nil, 2, []string{"alice", "alice"}},
		{[]event.Agent{eventtest.Bob}, 301, slices.Concat([]string{"bob"}, slices.Repeat([]string{"bob"}, 300))},
		{[]event.Agent{eventtest.Bob, eventtest.Bob}, 601, slices.Concat([]string{"alice"}, slices.Repeat([]string{"bob"}, 600))},
	} {
		req := event.Request{Agent: eventtest.Alice, Also: tt.also}
		var err error
		if req.After, err = a.engine.Last(t.Context(), req, tt.n); err != nil {
			t.Fatal(err)
		}
		st, err := a.engine.Subscribe(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range eventtest.ReadAll(t, st) {
			got = append(got, e.Audience.Agents()[0].Name)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("the last %d of alice and %v up to %v: got %d, %v…, want %d, %v…", tt.n, tt.also, at, len(got), got[:1], len(tt.want), tt.want[:1])
		}
	}
}
