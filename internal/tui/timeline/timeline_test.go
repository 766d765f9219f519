package timeline

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/eventtest"
	"cslack-stream/internal/tui/line"

	"github.com/google/go-cmp/cmp"
)

// record is the nth message, said a second after the one before.
func record(n int) *line.Record {
	e := eventtest.Message(int64(n), "dev", eventtest.Bob, fmt.Sprintf("m%d", n))
	e.Cursor = event.Cursor{Epoch: "test1", Offset: int64(n)}
	e.CreatedAt = eventtest.Day.Add(time.Duration(n) * time.Second)
	return line.View{}.Record(&e)
}

func filled(o Options, n int) *Timeline {
	o.Location = time.UTC
	t := New(o)
	for i := range n {
		t.Append(record(i + 1))
	}
	return t
}

func one(*Row) int { return 1 }

// said is a row in a word.
func said(r *Row) string {
	switch r.Kind {
	case Day:
		return r.Day.Format("Jan2")
	case Gap:
		return fmt.Sprintf("gap%d", r.Missing.Count)
	case AtEdge:
		return [...]string{"", "loading", "oldest"}[r.Edge]
	case Check:
		return r.Checked.Format("check5")
	}
	return r.Record.Text
}

// window is what is in view, in words.
func window(t *Timeline, height int) string {
	rows, _ := t.Window(height, one)
	var out []string
	for _, r := range rows {
		out = append(out, said(r))
	}
	return strings.Join(out, " ")
}

func all(t *Timeline) string { return window(t, t.Len()) }

func TestTimeline_KeepsItsPlace(t *testing.T) {
	more := func(n int) func(*Timeline) {
		return func(tl *Timeline) {
			next := int(tl.Newest().Event.Cursor.Offset) + 1
			for i := range n {
				tl.Append(record(next + i))
			}
		}
	}
	look := func(tl *Timeline) { tl.Window(4, one) }
	move := func(n int) func(*Timeline) { return func(tl *Timeline) { tl.Move(n) } }
	page := func(n int) func(*Timeline) { return func(tl *Timeline) { tl.Page(n) } }
	tests := []struct {
		name      string
		do        []func(*Timeline)
		want      string
		selected  string
		following bool
		fresh     int
	}{
		{"follows from the start", nil, "m17 m18 m19 m20", "", true, 0},
		{"follows what comes", []func(*Timeline){look, more(3)}, "m20 m21 m22 m23", "", true, 0},
		{"pausing freezes the view", []func(*Timeline){look, (*Timeline).Pause, more(3)}, "m17 m18 m19 m20", "m20", false, 3},
		{"up pauses", []func(*Timeline){look, move(-1), more(2)}, "m17 m18 m19 m20", "m19", false, 2},
		{"up scrolls at the top", []func(*Timeline){look, move(-5), look}, "m15 m16 m17 m18", "m15", false, 0},
		{"down within the view does not scroll", []func(*Timeline){look, move(-5), look, move(2), look}, "m15 m16 m17 m18", "m17", false, 0},
		{"down to the newest follows", []func(*Timeline){look, move(-2), look, move(2), more(1)}, "m18 m19 m20 m21", "", true, 0},
		{"down is not enough when more came", []func(*Timeline){look, move(-1), look, more(5), move(1), look}, "m17 m18 m19 m20", "m20", false, 5},
		{"follow goes to the newest", []func(*Timeline){look, move(-9), look, more(5), (*Timeline).Follow}, "m22 m23 m24 m25", "", true, 0},
		{"oldest", []func(*Timeline){look, (*Timeline).First, look}, "Jan2 m1 m2 m3", "Jan2", false, 0},
		{"a page up moves the window too", []func(*Timeline){look, page(-3), look}, "m14 m15 m16 m17", "m17", false, 0},
		{"a page down moves the window too", []func(*Timeline){look, (*Timeline).First, look, page(3), look}, "m3 m4 m5 m6", "m3", false, 0},
		{"pages down to the newest follow", []func(*Timeline){look, page(-3), look, page(3)}, "m17 m18 m19 m20", "", true, 0},
		{"down while following stays", []func(*Timeline){look, move(3)}, "m17 m18 m19 m20", "", true, 0},
		{"a smaller window keeps the selected in view", []func(*Timeline){look, (*Timeline).Pause, func(tl *Timeline) { tl.Window(2, one) }}, "m17 m18 m19 m20", "m20", false, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tl := filled(Options{}, 20)
			for _, f := range tt.do {
				f(tl)
			}
			selected := ""
			if i := tl.Selected(); i >= 0 {
				selected = said(tl.At(i))
			}
			got := fmt.Sprint(window(tl, 4), " | ", selected, " | ", tl.Following(), " | ", tl.New())
			want := fmt.Sprint(tt.want, " | ", tt.selected, " | ", tt.following, " | ", tt.fresh)
			if got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

func TestTimeline_FillsTheWindowAfterItGrows(t *testing.T) {
	tl := filled(Options{}, 20)
	tl.Window(4, one)
	tl.Pause()
	tl.Window(4, one)
	if got, want := window(tl, 6), "m15 m16 m17 m18 m19 m20"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestTimeline_ShowsDaysAndGaps(t *testing.T) {
	tl := New(Options{Location: time.UTC})
	tl.Append(record(1))
	tl.AppendGap(Missing{Count: 7, Reason: event.GapTrimmed})
	late := record(2)
	late.Event.CreatedAt = late.Event.CreatedAt.AddDate(0, 0, 1)
	tl.Append(late)
	if got, want := all(tl), "Jan2 m1 gap7 Jan3 m2"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	gap := tl.At(2).Missing
	if !gap.After.Equal(record(1).Time()) || !gap.Before.Equal(late.Time()) {
		t.Errorf("got a gap between %v and %v, want it between its neighbours", gap.After, gap.Before)
	}
	tl.SetFilter(func(*line.Record) bool { return false })
	for tl.Refilter(1) {
	}
	if got, want := all(tl), "gap7"; got != want {
		t.Errorf("with a filter that hides everything: got %s, want %s", got, want)
	}
}

func TestTimeline_FiltersEachEventOnce(t *testing.T) {
	tl := filled(Options{}, 10)
	tl.Window(3, one)
	tl.Move(-3) // m7
	asked := map[string]int{}
	odd := func(r *line.Record) bool {
		asked[r.Text]++
		return r.Event.Cursor.Offset%2 == 1
	}
	tl.SetFilter(odd)
	steps := 1
	for tl.Refilter(4) {
		steps++
	}
	tl.Append(record(11))
	tl.Append(record(12))
	if got, want := all(tl), "Jan2 m1 m3 m5 m7 m9 m11"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if steps != 3 || tl.Shown() != 6 || tl.Events() != 12 || tl.New() != 1 {
		t.Errorf("got %d steps, %d of %d shown, %d new, want 3, 6 of 12, 1", steps, tl.Shown(), tl.Events(), tl.New())
	}
	if got := said(tl.At(tl.Selected())); got != "m7" {
		t.Errorf("got %s selected, want m7 still", got)
	}
	for text, n := range asked {
		if n != 1 {
			t.Errorf("asked %d times about %s, want once", n, text)
		}
	}
	tl.SetFilter(nil)
	if tl.Shown() != 12 {
		t.Errorf("got %d shown without a filter, want 12", tl.Shown())
	}
}

func TestTimeline_LetsTheOldestGo(t *testing.T) {
	tl := filled(Options{Events: 5}, 20)
	if got, want := all(tl), "Jan2 m16 m17 m18 m19 m20"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	small := filled(Options{Bytes: 3 * SizeOf(record(10))}, 20)
	if got := small.Events(); got != 3 {
		t.Errorf("got %d events within the bound of bytes, want 3", got)
	}
}

func TestTimeline_PinsWhatIsLookedAt(t *testing.T) {
	tl := filled(Options{Events: 1000}, 500)
	tl.Window(4, one)
	tl.Move(-10)
	tl.Window(4, one)
	want := window(tl, 4)
	for i := 501; i < 3000; i++ {
		tl.Append(record(i))
	}
	if got := window(tl, 4); got != want {
		t.Errorf("got %s, want %s still", got, want)
	}
	if n := tl.Events(); n > 1000 || n < 900 {
		t.Errorf("got %d events held, want about 1000", n)
	}
	if !tl.Seek(1, (*Row).LetGo) {
		t.Error("got no row that says what was let go, want one")
	}
	checkKeys(t, tl)
	tl.Follow()
	if got, want := window(tl, 2), "m2998 m2999"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := said(tl.At(0)); got != "Jan2" || tl.Seek(-1, (*Row).LetGo) {
		t.Errorf("got %s first, want the day, and nothing from above the gap", got)
	}
}

func TestTimeline_CountsLinesOfTallRows(t *testing.T) {
	tl := filled(Options{}, 6)
	tall := func(r *Row) int {
		if r.Kind == Event {
			return 3
		}
		return 1
	}
	rows, skip := tl.Window(7, tall)
	if len(rows) != 3 || said(rows[0]) != "m4" || skip != 2 {
		t.Errorf("got %d rows from %s with %d lines above, want 3 from m4 with 2", len(rows), said(rows[0]), skip)
	}
	tl.Pause()
	tl.Append(record(7))
	rows, skip = tl.Window(7, tall)
	if said(rows[0]) != "m4" || skip != 2 {
		t.Errorf("paused: got %s with %d lines above, want m4 with 2 still", said(rows[0]), skip)
	}
}

func TestTimeline_HoldsWhateverHappens(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	tl := New(Options{Events: 300, Location: time.UTC})
	n := 0
	for range 5_000 {
		switch random.IntN(17) {
		case 0, 1, 2, 3, 4:
			for range random.IntN(20) {
				n++
				tl.Append(record(n))
			}
		case 5:
			tl.AppendGap(Missing{Count: 1, Reason: event.GapTrimmed})
		case 6:
			tl.Move(random.IntN(40) - 20)
		case 7:
			tl.Pause()
		case 8:
			tl.Follow()
		case 9:
			of := int64(random.IntN(3) + 1)
			tl.SetFilter(func(r *line.Record) bool { return r.Event.Cursor.Offset%of == 0 })
		case 10:
			tl.Refilter(random.IntN(100))
		case 11:
			tl.SetFilter(nil)
		case 12:
			tl.First()
		case 13:
			if oldest := tl.Oldest(); oldest != nil {
				at := int(oldest.Event.Cursor.Offset)
				tl.Prepend(records(max(1, at-random.IntN(200)), at))
			}
		case 14:
			tl.SetEdge(Edge(random.IntN(3)))
		case 15:
			fill(tl, random.IntN(100))
		case 16:
			tl.AppendCheck(record(n).Time(), "")
		}
		height := random.IntN(30)
		rows, skip := tl.Window(height, one)
		if len(rows) > height || skip != 0 || len(rows) < min(height, tl.Len()) {
			t.Fatalf("got %d rows with %d lines above in a window of %d on %d rows", len(rows), skip, height, tl.Len())
		}
		if i := tl.Selected(); i >= 0 && height > 0 && (tl.At(i).Key < rows[0].Key || tl.At(i).Key > rows[len(rows)-1].Key) {
			t.Fatalf("the selected row is not in view")
		}
		checkKeys(t, tl)
		checkHoles(t, tl)
		if r := tl.Newest(); r != nil && int(r.Event.Cursor.Offset) != n {
			t.Fatalf("got m%d as the newest, want m%d", r.Event.Cursor.Offset, n)
		}
	}
}

// records are the messages from one number up to another.
func records(from, to int) []*line.Record {
	var out []*line.Record
	for i := from; i < to; i++ {
		out = append(out, record(i))
	}
	return out
}

// fill loads up to n of what the first gap lacks.
func fill(tl *Timeline, n int) {
	for i := range tl.Len() {
		r := tl.At(i)
		if !r.LetGo() {
			continue
		}
		from, to := int(r.Missing.From.Offset)+1, int(r.Missing.To.Offset)
		up := event.Cursor{}
		if from+n < to {
			to = from + n
			up = event.Cursor{Epoch: "test1", Offset: int64(to) - 1}
		}
		tl.Fill(r.Key, records(from, to), up)
		return
	}
}

// checkHoles wants that nothing is missing without a gap that counts it.
func checkHoles(t *testing.T, tl *Timeline) {
	t.Helper()
	last, missing := int64(0), int64(0)
	for _, e := range tl.entries {
		switch {
		case e.row.LetGo():
			missing += e.row.Missing.Count
		case e.row.Kind == Event:
			at := e.row.Record.Event.Cursor.Offset
			if last > 0 && at-last-1 != missing {
				t.Fatalf("got %d missing between m%d and m%d, want a gap that says so", missing, last, at)
			}
			last, missing = at, 0
		}
	}
}

// checkKeys wants rising keys, and a day before the first event.
func checkKeys(t *testing.T, tl *Timeline) {
	t.Helper()
	last, day := uint64(0), false
	for i := range tl.Len() {
		r := tl.At(i)
		if r.Key <= last {
			t.Fatalf("got key %d behind %d, want rising keys", r.Key, last)
		}
		last = r.Key
		day = day || r.Kind == Day
	}
	if diff := cmp.Diff(tl.Events() <= tl.o.Events, true); diff != "" {
		t.Fatalf("got %d events, want at most %d", tl.Events(), tl.o.Events)
	}
}
