package timeline

import (
	"time"

	"cslack-stream/internal/tui/line"
)

// SetFilter shows only the events that match lets through; nil shows all.
// Nothing is asked yet: [Timeline.Refilter] does that, newest events first,
// and until it has, older ones are not shown. Where the reader is stays.
func (t *Timeline) SetFilter(match func(*line.Record) bool) {
	t.match = match
	t.pending = len(t.entries)
	if match == nil {
		for i := range t.entries {
			t.entries[i].shown = true
		}
		t.pending = 0
	}
	t.rebuild()
}

// Refilter asks the filter about up to n events that it has not been asked
// about. It reports whether there are more.
func (t *Timeline) Refilter(n int) (more bool) {
	if t.pending == 0 {
		return false
	}
	stop := max(0, t.pending-n)
	for i := t.pending - 1; i >= stop; i-- {
		e := &t.entries[i]
		e.shown = e.row.Kind != Event || t.match(e.row.Record)
	}
	t.pending = stop
	t.rebuild()
	return stop > 0
}

// rebuild makes the rows shown from the entries. What the filter has not been
// asked about is not shown.
func (t *Timeline) rebuild() {
	clear(t.rows)
	t.rows, t.shown, t.day, t.last = t.rows[:0], 0, day{}, time.Time{}
	if t.edge != NoEdge {
		t.rows = append(t.rows, t.edgeRow())
	}
	for _, e := range t.entries[t.pending:] {
		if e.shown {
			t.show(e.row)
		}
	}
}
