package timeline

import (
	"slices"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/tui/line"
)

// SetEdge says what is above the oldest event.
func (t *Timeline) SetEdge(e Edge) {
	if t.edge == e {
		return
	}
	atTop := !t.following && len(t.rows) > 0 && t.find(t.top) == 0
	done := t.hold()
	if t.edge != NoEdge {
		t.rows = t.rows[1:]
	}
	if t.edge = e; e != NoEdge {
		t.rows = slices.Insert(t.rows, 0, t.edgeRow())
	}
	if done(); atTop && e != NoEdge {
		t.top, t.skip = edgeKey, 0
	}
}

// edgeKey is smaller than any other key.
const edgeKey = 1

func (t *Timeline) edgeRow() *Row { return &Row{Key: edgeKey, Kind: AtEdge, Edge: t.edge} }

// Full reports whether what is prepended would be let go at once: nothing more
// can be held, and the reader is not near the oldest row.
func (t *Timeline) Full() bool {
	if t.events < t.o.Events*9/10 && t.bytes < t.o.Bytes*9/10 {
		return false
	}
	return t.following || t.find(t.selected) > zones[0][1]
}

// Prepend adds events before all others. The reader's place does not move; who
// was at the edge is at the newest of them.
func (t *Timeline) Prepend(records []*line.Record) {
	if len(records) == 0 {
		return
	}
	defer t.hold()()
	t.edge = NoEdge
	t.low -= uint64(len(records)) * stride
	older := t.filtered(records, t.low, stride)
	t.entries = slices.Insert(t.entries, 0, older...)
	if t.pending > 0 {
		t.pending += len(older)
	}
	t.rebuild()
	t.evict()
}

// Fill adds events, the first of those that are missing at the gap with that
// key. up is the cursor behind the last one that was looked at; without a
// cursor nothing is missing any more. The gap is gone then, and the reader who
// was there is at the first of them.
func (t *Timeline) Fill(key uint64, records []*line.Record, up event.Cursor) {
	i := t.index(key)
	if i == len(t.entries) || t.entries[i].row.Key != key {
		return // it was let go meanwhile
	}
	low := t.low
	if i > 0 {
		low = t.entries[i-1].row.Key
	}
	step := min(stride, (key-low)/uint64(len(records)+1))
	added := t.filtered(records, low+step, step)
	to := i + 1
	if !up.IsZero() {
		rest := *t.entries[i].row.Missing
		rest.From, rest.Count = up, max(1, rest.Count-int64(len(records)))
		if n := len(records); n > 0 {
			rest.After = records[n-1].Time()
		}
		t.replace(i, &rest)
		to = i
	}
	first := t.firstShown(added, to)
	t.entries = slices.Replace(t.entries, i, to, added...)
	if t.pending > i {
		t.pending = i
	}
	t.rebuild()
	if first != 0 && t.selected == key {
		t.selected = first
	}
	if first != 0 && t.top == key {
		t.top, t.skip = first, 0
	}
	t.evict()
}

// firstShown is the key of the first row that will be shown of those added,
// or of those from an entry on; 0 if there is none.
func (t *Timeline) firstShown(added []entry, from int) uint64 {
	for _, entries := range [][]entry{added, t.entries[from:]} {
		for _, e := range entries {
			if e.shown {
				return e.row.Key
			}
		}
	}
	return 0
}

// Lose notes that what is missing at the gap with that key can not be had any
// more.
func (t *Timeline) Lose(key uint64, why event.GapReason) {
	if i := t.index(key); i < len(t.entries) && t.entries[i].row.Key == key && t.entries[i].row.LetGo() {
		lost := *t.entries[i].row.Missing
		lost.Reason = why
		t.replace(i, &lost)
	}
}

// filtered makes entries of events, with keys from a first one on.
func (t *Timeline) filtered(records []*line.Record, key, step uint64) []entry {
	out := make([]entry, len(records))
	for i, r := range records {
		row := &Row{Key: key, Kind: Event, Record: r, size: SizeOf(r)}
		out[i] = entry{row, t.match == nil || t.match(r)}
		t.events++
		t.bytes += row.size
		t.countReply(r, 1)
		key += step
	}
	return out
}

// hold returns what keeps the selected row where it is in the window, whatever
// is put above it.
func (t *Timeline) hold() func() {
	if t.following || len(t.rows) == 0 {
		return func() {}
	}
	at := t.find(t.selected)
	top := t.find(t.top)
	for t.rows[at].Kind != Event && at+1 < len(t.rows) {
		at++ // rows of days come and go
	}
	anchor, above := t.rows[at].Key, at-top
	wasEdge := t.selected == edgeKey
	return func() {
		if len(t.rows) == 0 {
			return
		}
		at := t.find(anchor)
		if wasEdge && t.edge == NoEdge {
			t.selected = t.rows[max(0, at-1)].Key
		}
		if top := t.rows[max(0, at-above)].Key; top != t.top {
			t.top, t.skip = top, 0
		}
	}
}

// lastBefore returns cursor and time of the last event before an entry.
func (t *Timeline) lastBefore(i int) (event.Cursor, time.Time) {
	for _, e := range slices.Backward(t.entries[:i]) {
		switch e.row.Kind {
		case Event:
			return e.row.Record.Event.Cursor, e.row.Record.Time()
		case Gap:
			if !e.row.Missing.To.IsZero() {
				c := e.row.Missing.To
				c.Offset--
				return c, e.row.Missing.Before
			}
		}
	}
	return event.Cursor{}, time.Time{}
}

// firstFrom returns cursor and time of the first event from an entry on.
func (t *Timeline) firstFrom(i int) (event.Cursor, time.Time) {
	for _, e := range t.entries[i:] {
		if e.row.Kind == Event {
			return e.row.Record.Event.Cursor, e.row.Record.Time()
		}
	}
	return event.Cursor{}, time.Time{}
}
