package replay

import (
	"sort"
	"time"

	"cslack-stream/internal/engine/event"
)

// Index is an overview of a range of events that takes the same room however
// many they are: when how many happened, and where to begin reading so as to
// find one of them. While a clock was set back its time stands still here. The
// zero Index is empty and ready.
type Index struct {
	n          int
	begin, end time.Time
	width      time.Duration // of a bin
	bins       [indexBins]int
	every      int // events from one mark to the next
	marks      []Mark
}

const (
	indexBins  = 512
	indexMarks = 1024
)

// Mark is a place in a range.
type Mark struct {
	// N is how many events of the range are before it.
	N int
	// At is when the event behind it happened.
	At time.Time
	// After is the cursor to read on from; zero at the beginning, where the
	// range is read as it was asked for.
	After event.Cursor
}

// Add takes in the next event of the range.
func (x *Index) Add(at time.Time, c event.Cursor) {
	if x.n == 0 {
		x.begin, x.end, x.width, x.every = at, at, time.Millisecond, 1
	}
	if at.After(x.end) {
		x.end = at
	}
	for x.end.Sub(x.begin) >= x.width*indexBins {
		x.widen()
	}
	x.bins[x.end.Sub(x.begin)/x.width]++
	if x.n%x.every == 0 {
		x.mark(c)
	}
	x.n++
}

// widen makes one bin of every two.
func (x *Index) widen() {
	for i := range x.bins {
		if i*2 < indexBins {
			x.bins[i] = x.bins[i*2] + x.bins[i*2+1]
		} else {
			x.bins[i] = 0
		}
	}
	x.width *= 2
}

// mark marks the event with that cursor, which is the next.
func (x *Index) mark(c event.Cursor) {
	if len(x.marks) == indexMarks {
		for i := range indexMarks / 2 {
			x.marks[i] = x.marks[i*2]
		}
		x.marks = x.marks[:indexMarks/2]
		x.every *= 2
	}
	m := Mark{N: x.n, At: x.end}
	if x.n > 0 {
		m.After = event.Cursor{Epoch: c.Epoch, Offset: c.Offset - 1}
	}
	x.marks = append(x.marks, m)
}

// Len returns how many events there are.
func (x *Index) Len() int { return x.n }

// Range returns when the first and the last event happened.
func (x *Index) Range() (begin, end time.Time) { return x.begin, x.end }

// Part returns where in the range a time is: 0 at its beginning or before, 1
// at its end or later.
func (x *Index) Part(at time.Time) float64 {
	span := x.end.Sub(x.begin)
	if span <= 0 {
		return 1
	}
	return min(1, max(0, float64(at.Sub(x.begin))/float64(span)))
}

// Bars returns how many events there were in each of n equal parts of the
// range.
func (x *Index) Bars(n int) []int {
	if n <= 0 {
		return nil
	}
	bars := make([]int, n)
	for i, count := range x.bins {
		if count > 0 {
			middle := x.begin.Add(time.Duration(i)*x.width + x.width/2)
			bars[min(n-1, int(x.Part(middle)*float64(n)))] += count
		}
	}
	return bars
}

// Before returns the last mark that is no later than the event number n, the
// first event being number 0.
func (x *Index) Before(n int) Mark {
	return x.last(func(m Mark) bool { return m.N > n })
}

// BeforeTime returns a mark that is no later than the first event that
// happened at t or later.
func (x *Index) BeforeTime(t time.Time) Mark {
	return x.last(func(m Mark) bool { return !m.At.Before(t) })
}

// last returns the last mark that is not behind, or the first.
func (x *Index) last(behind func(Mark) bool) Mark {
	i := sort.Search(len(x.marks), func(i int) bool { return behind(x.marks[i]) })
	if i == 0 {
		return Mark{At: x.begin}
	}
	return x.marks[i-1]
}
