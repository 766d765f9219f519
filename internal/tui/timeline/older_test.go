package timeline

import (
	"fmt"
	"testing"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/tui/line"
)

func TestTimeline_TakesOlderEvents(t *testing.T) {
	look := func(tl *Timeline) { tl.Window(4, one) }
	first := (*Timeline).First
	up := func(tl *Timeline) { tl.Move(-1) }
	older := func(from, to int) func(*Timeline) {
		return func(tl *Timeline) { tl.Prepend(records(from, to)) }
	}
	edge := func(e Edge) func(*Timeline) { return func(tl *Timeline) { tl.SetEdge(e) } }
	even := func(tl *Timeline) {
		tl.SetFilter(func(r *line.Record) bool { return r.Event.Cursor.Offset%2 == 0 })
		for tl.Refilter(3) {
		}
	}
	tests := []struct {
		name     string
		do       []func(*Timeline)
		want     string
		selected string
		events   int
	}{
		{"while following", []func(*Timeline){look, older(1, 11)}, "m17 m18 m19 m20", "", 20},
		{"in the middle", []func(*Timeline){look, up, up, look, older(1, 11)}, "m17 m18 m19 m20", "m18", 20},
		{"at the first row", []func(*Timeline){look, first, look, older(1, 11)}, "m10 m11 m12 m13", "m11", 20},
		{"and further up", []func(*Timeline){look, first, look, older(6, 11), up, look, up, look}, "m9 m10 m11 m12", "m9", 15},
		{"while the edge says so", []func(*Timeline){look, first, look, edge(Loading), look}, "loading Jan2 m11 m12", "Jan2", 10},
		{"in place of the edge", []func(*Timeline){look, first, look, edge(Loading), look, older(1, 11)}, "m9 m10 m11 m12", "m11", 20},
		{"by who is at the edge", []func(*Timeline){look, first, look, edge(Loading), look, up, look, older(1, 11)}, "m9 m10 m11 m12", "m10", 20},
		{"until there are none", []func(*Timeline){look, first, look, older(1, 11), first, look, edge(Oldest), look}, "oldest Jan2 m1 m2", "Jan2", 20},
		{"the edge gives way", []func(*Timeline){look, first, look, edge(Loading), look, edge(NoEdge), look}, "Jan2 m11 m12 m13", "Jan2", 10},
		{"the edge changes what it says", []func(*Timeline){look, first, look, edge(Loading), look, edge(Oldest), look}, "oldest Jan2 m11 m12", "Jan2", 10},
		{"none", []func(*Timeline){look, first, look, older(1, 1)}, "Jan2 m11 m12 m13", "Jan2", 10},
		{"filtered", []func(*Timeline){even, look, first, look, older(1, 11), look}, "m10 m12 m14 m16", "m12", 20},
		{"while it is filtered", []func(*Timeline){look, first, look, func(tl *Timeline) {
			tl.SetFilter(func(r *line.Record) bool { return r.Event.Cursor.Offset%2 == 0 })
			tl.Refilter(3)
			tl.Prepend(records(1, 11))
			for tl.Refilter(3) {
			}
		}, look}, "m12 m14 m16 m18", "m12", 20},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tl := New(Options{Location: time.UTC})
			for _, r := range records(11, 21) {
				tl.Append(r)
			}
			for _, f := range tt.do {
				f(tl)
			}
			selected := ""
			if i := tl.Selected(); i >= 0 {
				selected = said(tl.At(i))
			}
			got := fmt.Sprint(window(tl, 4), " | ", selected, " | ", tl.Events())
			want := fmt.Sprint(tt.want, " | ", tt.selected, " | ", tt.events)
			if got != want {
				t.Errorf("got %s, want %s", got, want)
			}
			checkKeys(t, tl)
			checkHoles(t, tl)
		})
	}
}

func TestTimeline_OlderEventsStayWithinTheBounds(t *testing.T) {
	tl := New(Options{Events: 3000, Location: time.UTC})
	for _, r := range records(20_001, 23_001) {
		tl.Append(r)
	}
	if !tl.Full() {
		t.Error("got room above a full list that is followed, want none")
	}
	tl.Window(4, one)
	for at := 20_001; at > 15_001; at -= 500 {
		tl.First()
		tl.Window(4, one)
		if tl.Full() {
			t.Fatal("got no room at the oldest row, want some")
		}
		tl.Prepend(records(at-500, at))
		if got, want := window(tl, 4), fmt.Sprintf("m%d m%d m%d m%d", at-1, at, at+1, at+2); got != want {
			t.Fatalf("got %s, want %s", got, want)
		}
		checkKeys(t, tl)
		checkHoles(t, tl)
	}
	tl.Follow()
	tl.Append(record(23_001))
	if got, want := window(tl, 2), "m23000 m23001"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	checkHoles(t, tl)
}

// paused is a timeline whose reader looks at m491 while events up to 3000 have
// come, of which it can hold 1000.
func paused(t *testing.T) *Timeline {
	t.Helper()
	tl := filled(Options{Events: 1000}, 500)
	tl.Window(4, one)
	tl.Move(-9)
	tl.Window(4, one)
	for _, r := range records(501, 3001) {
		tl.Append(r)
	}
	if !tl.Seek(1, (*Row).LetGo) {
		t.Fatal("nothing was let go")
	}
	tl.Window(4, one)
	return tl
}

func TestTimeline_FillsAGap(t *testing.T) {
	tl := paused(t)
	gap := *tl.At(tl.Selected())
	n := int(gap.Missing.Count)
	from := int(gap.Missing.From.Offset) + 1
	if want := int(gap.Missing.To.Offset) - from; n != want || gap.Missing.After.IsZero() || gap.Missing.Before.IsZero() {
		t.Errorf("got %+v, want cursors and times of what is around %d events", gap.Missing, want)
	}
	tl.Fill(gap.Key, records(from, from+100), event.Cursor{Epoch: "test1", Offset: int64(from) + 99})
	if got, want := said(tl.At(tl.Selected())), fmt.Sprintf("m%d", from); got != want {
		t.Errorf("got %s selected, want %s in the place of the gap", got, want)
	}
	checkKeys(t, tl)
	checkHoles(t, tl)
	// All of the rest, in steps: the reader goes on where the gap is.
	for range 100 {
		if !tl.Seek(1, (*Row).LetGo) {
			break
		}
		tl.Window(4, one)
		fill(tl, 100)
		tl.Window(4, one)
		checkKeys(t, tl)
		checkHoles(t, tl)
	}
	if tl.Seek(1, (*Row).LetGo) {
		t.Error("the gap does not end")
	}
}

func TestTimeline_SaysWhatIsLostForGood(t *testing.T) {
	tl := paused(t)
	key := tl.At(tl.Selected()).Key
	tl.Lose(key, event.GapTrimmed)
	if r := tl.At(tl.Selected()); r.Key != key || r.LetGo() || r.Missing.Reason != event.GapTrimmed {
		t.Errorf("got %+v, want a gap that can not be filled", r)
	}
	tl.Fill(key+1, records(1, 2), event.Cursor{})
	tl.Lose(key+1, event.GapEpoch)
	checkKeys(t, tl)
}
