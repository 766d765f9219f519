package timeline

import "time"

// SetQuiet parts events between which nothing was shown for longer than d by a
// row that says so; 0 parts none. The reader's place does not move.
func (t *Timeline) SetQuiet(d time.Duration) {
	if d == t.quiet {
		return
	}
	defer t.hold()()
	t.quiet = d
	t.rebuild()
}

// quietBefore is the row of the quiet stretch before an event, to stand before
// it and before the row of its day; nil if there is none.
func (t *Timeline) quietBefore(r *Row) *Row {
	last := t.last
	t.last = r.Record.Time()
	if t.quiet <= 0 || last.IsZero() || t.last.Sub(last) <= t.quiet {
		return nil
	}
	return &Row{Key: r.Key - 2, Kind: Quiet, Lasted: t.last.Sub(last)}
}
