package timeline

import (
	"slices"
	"sort"
	"time"
)

// mostChecks bounds how many checks are kept while paused.
const mostChecks = 16

// AppendCheck adds at the end that the agent was seen checking its messages,
// or those of some channels. It takes the place of the check before: at once
// while following, later while paused.
func (t *Timeline) AppendCheck(at time.Time, of string) {
	row := &Row{Key: t.next(), Kind: Check, Checked: at, Of: of}
	t.checks = append(t.checks, row.Key)
	t.add(entry{row, true})
	switch {
	case t.following:
		t.forgetChecks()
	case len(t.checks) > mostChecks:
		// Not the first: that is where the reader is.
		t.remove(t.checks[1])
		t.checks = slices.Delete(t.checks, 1, 2)
	}
}

// NewestCheck reports whether the Check row with that key is the newest one.
func (t *Timeline) NewestCheck(key uint64) bool {
	return len(t.checks) > 0 && t.checks[len(t.checks)-1] == key
}

// forgetChecks takes out the rows of all checks but the newest.
func (t *Timeline) forgetChecks() {
	for len(t.checks) > 1 {
		t.remove(t.checks[0])
		t.checks = t.checks[1:]
	}
}

// remove takes out the entry with that key, if it is still held, and its row.
func (t *Timeline) remove(key uint64) {
	i := sort.Search(len(t.entries), func(i int) bool { return t.entries[i].row.Key >= key })
	if i < len(t.entries) && t.entries[i].row.Key == key {
		t.entries = slices.Delete(t.entries, i, i+1)
		if i < t.pending {
			t.pending--
		}
	}
	i = sort.Search(len(t.rows), func(i int) bool { return t.rows[i].Key >= key })
	if i < len(t.rows) && t.rows[i].Key == key {
		t.rows = slices.Delete(t.rows, i, i+1)
	}
}
