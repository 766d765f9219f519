package timeline

import (
	"slices"
	"sort"
	"time"
)

// zones are how many rows above and below the selected one are kept for the
// reader while paused: if that is too much to hold, fewer. There is room for
// what was loaded last.
var zones = [][2]int{{1000, 1000}, {100, 100}, {0, 0}}

// evict lets entries go until the bounds are kept: while following the oldest;
// while paused the oldest of those that are not near the reader.
func (t *Timeline) evict() {
	for t.exceeds() && len(t.entries) > 1 {
		if t.following || len(t.rows) == 0 {
			t.evictOldest()
			continue
		}
		t.evictPaused()
	}
}

func (t *Timeline) exceeds() bool {
	return t.events > 0 && (t.events > t.o.Events || t.bytes > t.o.Bytes)
}

func (t *Timeline) evictPaused() {
	for _, z := range zones {
		from, to := t.zone(z[0], z[1])
		if from > 0 {
			t.evictOldest()
			return
		}
		// Many at once: it takes as long as for one. The newest stays.
		end := min(t.newest(), to+2+t.o.Events/50)
		if to < end && slices.ContainsFunc(t.entries[to:end], entry.isEvent) {
			t.evictRun(to, end)
			return
		}
	}
	t.evictOldest()
}

// zone returns which entries lie within so many rows above and below the
// selected one.
func (t *Timeline) zone(above, below int) (from, to int) {
	at := t.find(t.selected)
	first, last := t.rows[max(0, at-above)], t.rows[min(len(t.rows)-1, at+below)]
	return t.index(first.Key), min(len(t.entries), t.index(last.Key)+1)
}

// index returns the index of the first entry whose key is not smaller.
func (t *Timeline) index(key uint64) int {
	return sort.Search(len(t.entries), func(i int) bool { return t.entries[i].row.Key >= key })
}

// forget takes an entry out of the sums.
func (t *Timeline) forget(e entry) {
	t.bytes -= e.row.size
	if e.isEvent() {
		t.events--
		t.countReply(e.row.Record, -1)
	}
}

// evictOldest lets the oldest entry go.
func (t *Timeline) evictOldest() {
	e := t.entries[0]
	t.entries[0] = entry{}
	t.entries = t.entries[1:]
	t.pending = max(0, t.pending-1)
	t.forget(e)
	t.SetEdge(NoEdge) // what it said was of the oldest
	t.hide(e.row)
	if len(t.entries) > 0 && !t.entries[0].isEvent() {
		t.evictOldest() // a gap with nothing above parts nothing
	}
}

// hide takes the row of the oldest entry from those shown. The row of its day
// stays for the next one.
func (t *Timeline) hide(row *Row) {
	n := 0
	for n < len(t.rows) && t.rows[n].Key <= row.Key {
		if t.rows[n] == row && row.Kind == Event {
			t.shown--
		}
		n++
	}
	if n > 0 && n < len(t.rows) && t.rows[n].Kind == Quiet {
		n++ // there is nothing above it
	}
	switch {
	case n == 0:
		return
	case n == len(t.rows):
		t.day, t.last = day{}, time.Time{}
	case t.rows[n].Kind == Event:
		n--
		t.rows[n] = t.dayRow(t.rows[n+1])
	case t.rows[n].Kind == Gap:
		t.rebuild()
		return
	}
	clear(t.rows[:n])
	t.rows = t.rows[n:]
}

// evictRun lets the entries from one index up to another go, with a gap in
// their place.
func (t *Timeline) evictRun(from, to int) {
	gap := Missing{}
	for _, e := range t.entries[from:to] {
		t.forget(e)
		switch {
		case e.isEvent():
			gap.Count++
		case e.row.LetGo():
			gap.Count += e.row.Missing.Count
		}
	}
	if to < len(t.entries) && t.entries[to].row.LetGo() {
		gap.Count += t.entries[to].row.Missing.Count
		to++
	}
	key := t.entries[to-1].row.Key
	if from > 0 && t.entries[from-1].row.LetGo() {
		from--
		before := t.entries[from].row
		gap.Count += before.Missing.Count
		t.selected = moved(t.selected, before.Key, key)
		t.top = moved(t.top, before.Key, key)
	}
	gap.From, gap.After = t.lastBefore(from)
	gap.To, gap.Before = t.firstFrom(to)
	switch {
	case t.pending >= to:
		t.pending -= to - from - 1
	case t.pending > from:
		t.pending = from
	}
	t.entries = slices.Replace(t.entries, from, to, entry{&Row{Key: key, Kind: Gap, Missing: &gap}, true})
	t.rebuild()
}

// moved is a key that became another one if it was from.
func moved(key, from, to uint64) uint64 {
	if key == from {
		return to
	}
	return key
}

// Follow goes to the newest row and stays there. What is above a gap was only
// kept for the reader.
func (t *Timeline) Follow() {
	t.following = true
	t.SetEdge(NoEdge)
	t.forgetChecks()
	for i, e := range slices.Backward(t.entries) {
		if !e.row.LetGo() {
			continue
		}
		for _, gone := range t.entries[:i+1] {
			t.forget(gone)
		}
		t.entries = slices.Delete(t.entries, 0, i+1)
		t.pending = max(0, t.pending-i-1)
		t.rebuild()
		return
	}
}
