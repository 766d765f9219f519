package main

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"testing"

	"cslack-stream/internal/engine/claudeslack/hosttest"
	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/tui/line"
	"cslack-stream/internal/tui/timeline"
)

// recordedEvents are the events of a workspace that was recorded, as they come
// over the wire.
func recordedEvents(t *testing.T) [][]byte {
	t.Helper()
	a, err := openDirect(context.Background(), hosttest.Populated(t, "v4.1"), sourceFlags{})
	if err != nil {
		t.Fatal(err)
	}
	defer a.close()
	s, err := a.Subscribe(t.Context(), event.Request{Operator: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var wires [][]byte
	for {
		events, err := s.Next(t.Context())
		for _, e := range events {
			wires = append(wires, e.Wire)
		}
		if err != nil {
			return wires
		}
	}
}

// TestWatch_KnowsWhatItHolds compares what the list believes to hold with what
// the process does, and wants room for 50,000 events of recorded traffic.
func TestWatch_KnowsWhatItHolds(t *testing.T) {
	const n = 20_000
	wires := recordedEvents(t)
	view := line.View{Names: line.NewNames(nil)}
	list := timeline.New(timeline.Options{Bytes: 1 << 40})
	before := heap()
	for i := range n {
		wire := wires[i%len(wires)]
		e, err := event.Decode(bytes.Clone(wire))
		if err != nil {
			t.Fatal(err)
		}
		e.Cursor.Offset = int64(i) + 1
		e.EntityID = fmt.Sprint(i)
		list.Append(view.Record(e))
	}
	real, believed := float64(heap()-before)/n, float64(list.Bytes())/n
	t.Logf("an event of recorded traffic takes %.0f bytes, believed are %.0f; %d fit", real, believed, int(timeline.DefaultBytes/believed))
	if ratio := believed / real; ratio < 0.8 || ratio > 1.25 {
		t.Errorf("got %.0f bytes believed where %.0f are held, want them close", believed, real)
	}
	if fit := timeline.DefaultBytes / believed; fit < timeline.DefaultEvents {
		t.Errorf("got room for %.0f events, want %d", fit, timeline.DefaultEvents)
	}
	runtime.KeepAlive(list)
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
