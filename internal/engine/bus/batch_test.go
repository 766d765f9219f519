package bus_test

import (
	"context"
	"testing"
	"time"

	"cslack-stream/internal/engine/bus"
	"cslack-stream/internal/engine/event"
)

// TestWindow_WakesForEveryEventOfABatch: also for one that is not the last.
func TestWindow_WakesForEveryEventOfABatch(t *testing.T) {
	roster := new(event.Roster)
	to := func(name string, offset int64) *event.Event {
		var set event.Bitmap
		set.Add(roster.Add(event.Agent{Name: name}))
		return &event.Event{Cursor: event.Cursor{Epoch: "e", Offset: offset}, Audience: roster.Intern(set)}
	}
	w := bus.New(bus.Options{})
	w.Reset(event.Cursor{Epoch: "e"})
	alice := w.Join(event.Agent{Name: "alice"})
	defer alice.Leave()
	w.Publish([]*event.Event{to("bob", 1), to("alice", 2), to("bob", 3)})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := alice.Wait(ctx); err != nil {
		t.Errorf("got %v, want alice to be woken", err)
	}
}
