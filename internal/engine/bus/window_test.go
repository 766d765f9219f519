package bus_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"cslack-stream/internal/engine/bus"
	"cslack-stream/internal/engine/event"
)

// events makes events after an offset that only the given agent may see.
func events(r *event.Roster, after int64, n int, to event.Agent) []*event.Event {
	var set event.Bitmap
	set.Add(r.Add(to))
	var out []*event.Event
	for i := range n {
		out = append(out, &event.Event{
			Cursor: event.Cursor{Epoch: "e", Offset: after + int64(i) + 1}, EntityID: fmt.Sprint(i), Audience: r.Intern(set),
		})
	}
	return out
}

func TestWindow_ReachesBackToItsBase(t *testing.T) {
	var r event.Roster
	w := bus.New(bus.Options{Max: 4})
	w.Reset(event.Cursor{Epoch: "e", Offset: 10})
	w.Publish(events(&r, 10, 6, event.Agent{Name: "a"}))
	if _, ok := w.After(event.Cursor{Epoch: "e", Offset: 11}, 10); ok {
		t.Error("got an answer for a cursor before the window")
	}
	for offset, want := range map[int64]int{12: 4, 14: 2, 16: 0} {
		got, ok := w.After(event.Cursor{Epoch: "e", Offset: offset}, 10)
		if !ok || len(got) != want {
			t.Errorf("after %d: got %d events, %v, want %d", offset, len(got), ok, want)
		}
	}
	if got, _ := w.After(event.Cursor{Epoch: "e", Offset: 12}, 2); len(got) != 2 || got[0].Cursor.Offset != 13 {
		t.Errorf("got %v, want the first two", got)
	}
	if _, ok := w.After(event.Cursor{Epoch: "e", Offset: 17}, 10); ok {
		t.Error("got an answer for a cursor ahead of the window")
	}
	if _, ok := w.After(event.Cursor{Epoch: "other", Offset: 14}, 10); ok {
		t.Error("got an answer for another epoch")
	}
}

func TestWindow_LetsOldEventsGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r event.Roster
		w := bus.New(bus.Options{TTL: time.Minute})
		w.Reset(event.Cursor{Epoch: "e"})
		w.Publish(events(&r, 0, 1000, event.Agent{Name: "a"}))
		time.Sleep(2 * time.Minute)
		w.Publish(events(&r, 1000, 1, event.Agent{Name: "a"}))
		if got := w.Len(); got >= 1000 || got < 1 {
			t.Errorf("got %d events held, want the old ones gone", got)
		}
	})
}

// woken reports whether a reader has been woken.
func woken(r *bus.Reader) bool {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for range 64 { // of two ready cases either may be taken
		if r.Wait(ctx) == nil {
			return true
		}
	}
	return false
}

func TestWindow_WakesOnlyWhoHasSomethingToRead(t *testing.T) {
	var r event.Roster
	w := bus.New(bus.Options{})
	w.Reset(event.Cursor{Epoch: "e"})
	alice, bob, all := w.Join(event.Agent{Name: "alice"}), w.Join(event.Agent{Name: "bob"}), w.Join(event.Agent{})
	w.Publish(events(&r, 0, 3, event.Agent{Name: "alice"}))
	if !woken(alice) || woken(bob) || !woken(all) {
		t.Error("want alice and the operator woken, not bob")
	}
	addressed := events(&r, 3, 1, event.Agent{Name: "alice"})
	addressed[0].Agent = event.Agent{Name: "bob"}
	w.Publish(addressed)
	if !woken(bob) {
		t.Error("want the addressee woken")
	}
	woken(alice) // what was there before it left
	alice.Leave()
	alice.Leave()
	w.Reset(event.Cursor{Epoch: "f"})
	if woken(alice) || !woken(bob) || !woken(all) {
		t.Error("want everybody who is still there woken by a reset")
	}
	if got := w.Readers(); len(got) != 2 {
		t.Errorf("got readers %v, want bob and the operator", got)
	}
}

// BenchmarkWindow_Publish is the cost of one event for all readers.
func BenchmarkWindow_Publish(b *testing.B) {
	for _, readers := range []int{1, 100, 1000} {
		b.Run(fmt.Sprintf("readers=%d", readers), func(b *testing.B) {
			var r event.Roster
			w := bus.New(bus.Options{})
			w.Reset(event.Cursor{Epoch: "e"})
			for i := range readers {
				w.Join(event.Agent{Name: fmt.Sprint(i % 50)})
			}
			batch := events(&r, 0, 1, event.Agent{Name: "0"})
			for i := int64(1); b.Loop(); i++ {
				e := *batch[0]
				e.Cursor.Offset = i
				w.Publish([]*event.Event{&e})
			}
		})
	}
}
