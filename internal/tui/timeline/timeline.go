package timeline

import (
	"slices"
	"time"

	"cslack-stream/internal/tui/line"
)

// The bounds of a timeline unless Options say otherwise.
const (
	DefaultEvents = 50_000
	DefaultBytes  = 64 << 20
)

// Options bound a timeline. The zero Options are useful.
type Options struct {
	// Events and Bytes are the most that is held, whichever is reached first.
	Events int
	Bytes  int64
	// Location is that in which days begin; it defaults to time.Local.
	Location *time.Location
}

// entry is an event or a gap, and whether the filter lets it through.
type entry struct {
	row   *Row
	shown bool
}

// Timeline is a bounded list of rows with a place in it.
type Timeline struct {
	o       Options
	entries []entry // all, oldest first
	rows    []*Row  // those shown, with their days
	bytes   int64
	events  int // entries that are events
	seq     uint64
	replies map[string]int // messages held by the thread they are in

	match   func(*line.Record) bool
	pending int // entries before this one have not been asked yet
	shown   int // events in rows

	following bool
	selected  uint64 // key of the selected row; meaningful while paused
	pausedAt  uint64 // key of the newest entry when it was paused
	top       uint64 // key of the first row of the window
	skip      int    // lines of it above the window
	jumped    bool   // the selected row was gone to: show what is around it
	pinned    []*Row // rows let go by the bounds but kept for the reader
	dropped   int64  // events let go behind the pinned ones

	checks []uint64 // keys of the Check rows; all but the newest go when it follows
}

// New returns an empty timeline that follows.
func New(o Options) *Timeline {
	if o.Events <= 0 {
		o.Events = DefaultEvents
	}
	if o.Bytes <= 0 {
		o.Bytes = DefaultBytes
	}
	if o.Location == nil {
		o.Location = time.Local
	}
	return &Timeline{o: o, following: true}
}

// Append adds an event at the end, and lets the oldest go if there are too
// many.
func (t *Timeline) Append(r *line.Record) {
	row := &Row{Key: t.next(), Kind: Event, Record: r, size: sizeOf(r)}
	t.events++
	t.bytes += row.size
	t.countReply(r, 1)
	t.closeGap(r.Time())
	t.add(entry{row, t.match == nil || t.match(r)})
	t.evict()
}

// AppendGap adds a gap at the end.
func (t *Timeline) AppendGap(m Missing) {
	if n := len(t.entries); n > 0 && m.After.IsZero() {
		m.After = t.entries[n-1].row.time()
	}
	t.add(entry{&Row{Key: t.next(), Kind: Gap, Missing: m}, true})
}

// closeGap notes behind a gap when it ended.
func (t *Timeline) closeGap(at time.Time) {
	n := len(t.entries)
	for n > 0 && t.entries[n-1].row.Kind == Check {
		n--
	}
	if n == 0 || t.entries[n-1].row.Kind != Gap || !t.entries[n-1].row.Missing.Before.IsZero() {
		return
	}
	old := t.entries[n-1].row
	closed := *old
	closed.Missing.Before = at
	t.entries[n-1].row = &closed
	if i := slices.Index(t.rows, old); i >= 0 {
		t.rows[i] = &closed
	}
}

// next returns the key of the next entry. Between two of them there is room
// for the row of a day.
func (t *Timeline) next() uint64 {
	t.seq += 2
	return t.seq
}

func (t *Timeline) add(e entry) {
	t.entries = append(t.entries, e)
	if e.shown {
		t.show(e.row)
	}
}

// show adds a row to those shown, with the row of its day if that is another.
func (t *Timeline) show(r *Row) {
	if r.Kind == Event {
		t.shown++
		if day := t.dayOf(r); !day.Equal(t.lastDay()) {
			t.rows = append(t.rows, &Row{Key: r.Key - 1, Kind: Day, Day: day})
		}
	}
	t.rows = append(t.rows, r)
}

func (t *Timeline) dayOf(r *Row) time.Time {
	y, m, d := r.Record.Time().In(t.o.Location).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, t.o.Location)
}

// lastDay is the day of the newest event shown.
func (t *Timeline) lastDay() time.Time {
	for _, r := range slices.Backward(t.rows) {
		switch r.Kind {
		case Event:
			return t.dayOf(r)
		case Day:
			return r.Day
		}
	}
	return time.Time{}
}

// Events returns how many events are held, whether they are shown or not.
func (t *Timeline) Events() int { return t.events }

// Shown returns how many of the events held are shown.
func (t *Timeline) Shown() int { return t.shown }

// Newest returns the newest event held; nil if there is none.
func (t *Timeline) Newest() *line.Record {
	for _, e := range slices.Backward(t.entries) {
		if e.row.Kind == Event {
			return e.row.Record
		}
	}
	return nil
}

// Len returns how many rows are shown.
func (t *Timeline) Len() int { return t.kept() + len(t.rows) }

// kept is how many rows stand before t.rows: the pinned ones, and the one
// that says what is missing behind them.
func (t *Timeline) kept() int {
	switch {
	case len(t.pinned) == 0:
		return 0
	case t.dropped == 0:
		return len(t.pinned)
	}
	return len(t.pinned) + 1
}

// At returns the row with that index, 0 being the oldest.
func (t *Timeline) At(i int) *Row {
	switch n := t.kept(); {
	case i < len(t.pinned):
		return t.pinned[i]
	case i >= n:
		return t.rows[i-n]
	}
	return &Row{Key: t.pinned[len(t.pinned)-1].Key + 1, Kind: Gap, Missing: Missing{Count: t.dropped}}
}
