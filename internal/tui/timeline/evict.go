package timeline

// around is how many rows before and behind the selected one are kept for the
// reader while paused.
const around = 100

// evict lets the oldest entries go until the bounds are kept.
func (t *Timeline) evict() {
	for t.events > 0 && (t.events > t.o.Events || t.bytes > t.o.Bytes) && len(t.entries) > 1 {
		e := t.entries[0]
		t.entries[0] = entry{}
		t.entries = t.entries[1:]
		t.pending = max(0, t.pending-1)
		t.bytes -= e.row.size
		if e.row.Kind == Event {
			t.events--
		}
		t.countReply(e.row.Record, -1)
		t.hide(e)
	}
}

// hide takes the row of an entry that was let go from those shown.
func (t *Timeline) hide(e entry) {
	for len(t.rows) > 0 && t.rows[0].Key < e.row.Key {
		t.rows = t.rows[1:] // its day
	}
	if len(t.rows) == 0 || t.rows[0].Key != e.row.Key {
		return
	}
	row := t.rows[0]
	t.rows[0] = nil
	t.rows = t.rows[1:]
	if row.Kind == Event {
		t.shown--
	}
	if !t.following && t.pin(row) {
		return
	}
	if len(t.rows) > 0 && t.rows[0].Kind == Event && t.kept() == 0 {
		t.nameFirstDay()
	}
}

// pin keeps a row that the bounds let go, if the reader may be looking at it.
func (t *Timeline) pin(row *Row) bool {
	if row.Key+2*around < t.selected {
		return false
	}
	if row.Key <= t.selected+2*around && t.dropped == 0 {
		t.pinned = append(t.pinned, row)
		return true
	}
	if row.Kind == Event {
		t.dropped++
	}
	return true
}

// unpin lets go what was only kept for the reader.
func (t *Timeline) unpin() {
	t.pinned, t.dropped = nil, 0
	if len(t.rows) > 0 && t.rows[0].Kind == Event {
		t.nameFirstDay()
	}
}

// nameFirstDay puts the row of its day before the first row.
func (t *Timeline) nameFirstDay() {
	first := t.rows[0]
	day := &Row{Key: first.Key - 1, Kind: Day, Day: t.dayOf(first)}
	t.rows = append(t.rows, nil)
	copy(t.rows[1:], t.rows)
	t.rows[0] = day
}
