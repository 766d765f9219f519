package timeline

import (
	"slices"
	"time"

	"cslack-stream/internal/tui/line"
)

// The bounds of a timeline unless Options say otherwise.
const (
	DefaultEvents = 50_000
	DefaultBytes  = 72 << 20 // about 50,000 ordinary events
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

func (e entry) isEvent() bool { return e.row.Kind == Event }

// Timeline is a bounded list of rows with a place in it.
type Timeline struct {
	o       Options
	entries []entry // all, oldest first
	rows    []*Row  // those shown, with their days and the edge
	bytes   int64
	events  int // entries that are events
	low     uint64
	high    uint64 // the lowest and highest keys given so far
	edge    Edge
	day     day            // of the newest event shown
	last    time.Time      // of the newest event shown
	quiet   time.Duration  // a stretch without events longer than this is a row
	replies map[string]int // messages held by the thread they are in

	match   func(*line.Record) bool
	pending int // entries before this one have not been asked yet
	shown   int // events in rows

	following bool
	selected  uint64   // key of the selected row; meaningful while paused
	pausedAt  uint64   // key of the newest entry when it was paused
	top       uint64   // key of the first row of the window
	skip      int      // lines of it above the window
	jumped    bool     // the selected row was gone to: show what is around it
	checks    []uint64 // keys of the Check rows; all but the newest go when it follows
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
	return &Timeline{o: o, low: middle, high: middle, following: true}
}

// Append adds an event at the end, and lets others go if there are too many.
func (t *Timeline) Append(r *line.Record) {
	row := &Row{Key: t.next(), Kind: Event, Record: r, size: SizeOf(r)}
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
	t.add(entry{&Row{Key: t.next(), Kind: Gap, Missing: &m}, true})
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
	closed := *t.entries[n-1].row.Missing
	closed.Before = at
	t.replace(n-1, &closed)
}

// replace changes what the gap with that index lacks.
func (t *Timeline) replace(i int, m *Missing) {
	old := t.entries[i].row
	row := &Row{Key: old.Key, Kind: Gap, Missing: m}
	t.entries[i].row = row
	if j := slices.Index(t.rows, old); j >= 0 {
		t.rows[j] = row
	}
}

// Keys begin in the middle and leave room between two entries: for those that
// are filled in later, and for the rows of a day and of a quiet stretch right
// before each.
const (
	middle = 1 << 63
	stride = 1 << 16
)

// next returns the key of the next entry.
func (t *Timeline) next() uint64 {
	t.high += stride
	return t.high
}

func (t *Timeline) add(e entry) {
	t.entries = append(t.entries, e)
	if e.shown {
		t.show(e.row)
	}
}

// show adds a row to those shown, with the row of its day if that is another,
// and the row of a quiet stretch.
func (t *Timeline) show(r *Row) {
	if r.Kind == Event {
		t.shown++
		if quiet := t.quietBefore(r); quiet != nil {
			t.rows = append(t.rows, quiet)
		}
		if at := r.Record.Time(); !t.day.holds(at) {
			t.day = dayOf(at, t.o.Location)
			t.rows = append(t.rows, t.dayRow(r))
		}
	}
	t.rows = append(t.rows, r)
}

// dayRow is the row of the day of an event, to stand before it.
func (t *Timeline) dayRow(r *Row) *Row {
	return &Row{Key: r.Key - 1, Kind: Day, Day: dayOf(r.Record.Time(), t.o.Location).from}
}

// day is the time from one midnight to the next.
type day struct{ from, to time.Time }

func dayOf(at time.Time, in *time.Location) day {
	y, m, d := at.In(in).Date()
	return day{time.Date(y, m, d, 0, 0, 0, 0, in), time.Date(y, m, d+1, 0, 0, 0, 0, in)}
}

func (d day) holds(at time.Time) bool { return !at.Before(d.from) && at.Before(d.to) }

// Events returns how many events are held, whether they are shown or not.
func (t *Timeline) Events() int { return t.events }

// Bytes returns roughly how much memory the events held take.
func (t *Timeline) Bytes() int64 { return t.bytes }

// Shown returns how many of the events held are shown.
func (t *Timeline) Shown() int { return t.shown }

// Newest returns the newest event held; nil if there is none.
func (t *Timeline) Newest() *line.Record {
	if i := t.newest(); i >= 0 {
		return t.entries[i].row.Record
	}
	return nil
}

// newest is the index of the newest event; -1 if there is none.
func (t *Timeline) newest() int {
	for i, e := range slices.Backward(t.entries) {
		if e.isEvent() {
			return i
		}
	}
	return -1
}

// Oldest returns the oldest event held; nil if there is none.
func (t *Timeline) Oldest() *line.Record {
	if i := slices.IndexFunc(t.entries, entry.isEvent); i >= 0 {
		return t.entries[i].row.Record
	}
	return nil
}

// Len returns how many rows are shown.
func (t *Timeline) Len() int { return len(t.rows) }

// At returns the row with that index, 0 being the oldest.
func (t *Timeline) At(i int) *Row { return t.rows[i] }
