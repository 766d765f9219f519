package timeline

import "sort"

// Following reports whether the newest row is in view and stays there.
func (t *Timeline) Following() bool { return t.following }

// Pause freezes the view with the newest row selected.
func (t *Timeline) Pause() {
	if !t.following {
		return
	}
	t.following = false
	t.pausedAt = t.high
	if n := t.Len(); n > 0 {
		t.selected = t.At(n - 1).Key
	}
}

// New returns how many events that are shown, or were let go, came since it was
// paused.
func (t *Timeline) New() int {
	if t.following {
		return 0
	}
	n := 0
	for i := len(t.rows) - 1; i >= 0 && t.rows[i].Key > t.pausedAt; i-- {
		switch r := t.rows[i]; {
		case r.Kind == Event:
			n++
		case r.LetGo():
			n += int(r.Missing.Count)
		}
	}
	return n
}

// Selected returns the index of the selected row; -1 while following, when
// none is, and when there are no rows.
func (t *Timeline) Selected() int {
	if t.following || t.Len() == 0 {
		return -1
	}
	return t.find(t.selected)
}

// Before returns the event shown before the row with that key; nil if there
// is none.
func (t *Timeline) Before(key uint64) *Row {
	if t.Len() == 0 {
		return nil
	}
	i := t.find(key)
	if t.At(i).Key >= key {
		i--
	}
	for ; i >= 0; i-- {
		if r := t.At(i); r.Kind == Event {
			return r
		}
	}
	return nil
}

// find returns the index of the first row whose key is not smaller, or of the
// last row.
func (t *Timeline) find(key uint64) int {
	n := t.Len()
	return min(n-1, sort.Search(n, func(i int) bool { return t.At(i).Key >= key }))
}

// Move selects the row n further down, or up if n is negative. Moving up
// pauses; reaching the newest row follows.
func (t *Timeline) Move(n int) {
	last := t.Len() - 1
	if last < 0 || t.following && n >= 0 {
		return
	}
	at := last
	if t.following {
		t.Pause()
	} else {
		at = t.find(t.selected)
	}
	at += n
	if n > 0 && at >= last {
		t.Follow()
		return
	}
	t.selected = t.At(min(max(at, 0), last)).Key
}

// Page moves by n rows as Move does, and the window with it.
func (t *Timeline) Page(n int) {
	if t.Len() == 0 {
		return
	}
	top := t.find(t.top) + n
	if t.Move(n); !t.following {
		t.top, t.skip = t.At(min(max(top, 0), t.Len()-1)).Key, 0
	}
}

// Seek selects the nearest row below, or above if step is negative, that ok
// accepts, and reports whether there is one. It pauses.
func (t *Timeline) Seek(step int, ok func(*Row) bool) bool {
	at := t.Len() - 1
	if !t.following {
		at = t.find(t.selected) + step
	}
	for ; at >= 0 && at < t.Len(); at += step {
		if r := t.At(at); ok(r) {
			t.Select(r.Key)
			return true
		}
	}
	return false
}

// Select selects the row with that key, or the next that is shown. It pauses.
func (t *Timeline) Select(key uint64) {
	t.Pause()
	t.selected, t.jumped = key, true
}

// First selects the oldest row.
func (t *Timeline) First() { t.Move(-t.Len()) }

// Window returns the rows to draw in height lines, and how many lines of the
// first of them are above. lines tells how many lines a row takes, at least
// one. While following the newest row is at the bottom; while paused the first
// row stays where it is as long as the selected one is in view.
func (t *Timeline) Window(height int, lines func(*Row) int) (rows []*Row, skip int) {
	n := t.Len()
	if n == 0 || height <= 0 {
		return nil, 0
	}
	if t.following {
		top, skip := t.upFrom(n-1, height, lines)
		return t.fill(top, skip, height, lines), skip
	}
	top, skip := t.find(t.top), t.skip
	if t.At(top).Key != t.top {
		skip = 0
	}
	selected := t.find(t.selected)
	lowest, above := t.upFrom(selected, height, lines)
	switch hidden := top < lowest || top == lowest && skip < above; {
	case t.jumped && (hidden || selected < top):
		top, skip = t.upFrom(selected, height/2+1, lines)
	case selected <= top:
		top, skip = selected, 0
	case hidden:
		top, skip = lowest, above
	}
	t.jumped = false
	// No empty lines at the bottom while there is something above.
	if lowest, above := t.upFrom(n-1, height, lines); top > lowest {
		top, skip = lowest, above
	}
	return t.fill(top, skip, height, lines), skip
}

// upFrom returns the first row of the window whose last row is that with index
// at, and how many of its lines are above the window.
func (t *Timeline) upFrom(at, height int, lines func(*Row) int) (top, skip int) {
	left := height
	for i := at; i >= 0; i-- {
		n := lines(t.At(i))
		if n >= left {
			if i == at {
				return i, 0 // its beginning says more than its end
			}
			return i, n - left
		}
		left -= n
	}
	return 0, 0
}

// fill returns the rows from top on that fit, and notes where the window is.
func (t *Timeline) fill(top, skip, height int, lines func(*Row) int) []*Row {
	t.top, t.skip = t.At(top).Key, skip
	var rows []*Row
	left := height + skip
	for i := top; i < t.Len() && left > 0; i++ {
		r := t.At(i)
		rows = append(rows, r)
		left -= lines(r)
	}
	return rows
}

// SelectFirst selects the oldest row that ok accepts, and reports whether
// there is one. It pauses.
func (t *Timeline) SelectFirst(ok func(*Row) bool) bool {
	for i := range t.Len() {
		if r := t.At(i); ok(r) {
			t.Select(r.Key)
			return true
		}
	}
	return false
}
