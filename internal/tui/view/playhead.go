package view

import (
	"strings"

	"cslack-stream/internal/tui/text"
)

// Playhead is where a replay stands in the range that it plays.
type Playhead struct {
	// Begin and End are the times of the range, Bars how many events there
	// were in its parts, as many as [Bars] says there is room for.
	Begin, End string
	Bars       []int
	// At is the part of the range before the playhead, from 0 to 1.
	At float64
}

// minBars is how many bars there are at least: where there is no room for
// them, the times are left out.
const minBars = 10

// Bars is how many bars there are on a screen of that width between two times.
func Bars(width int, begin, end string) int {
	if n := width - 4 - text.Width(begin) - text.Width(end); n >= minBars {
		return n
	}
	return max(0, width-2)
}

// playhead draws the range in two lines: when how much happened, and how much
// of it has been played.
func (s *Screen) playhead(width int) []string {
	p := s.Playhead
	n := Bars(width, p.Begin, p.End)
	begin, end := "", ""
	if n < width-2 {
		begin, end = p.Begin+" ", " "+p.End
	}
	bars := newRow(width, s.Theme).space(1).put(begin, faint).fit(spark(levels(p.Bars[:min(n, len(p.Bars))])), n, plain).put(end, faint)
	at := min(max(0, int(p.At*float64(n))), n-1)
	line := newRow(width, s.Theme).space(1 + text.Width(begin))
	line.put(strings.Repeat("━", max(0, at)), plain).put("●", bold).put(strings.Repeat("─", max(0, n-1-at)), faint)
	return []string{bars.String(), line.String()}
}

// levels are counts as bars: a part in which anything happened is higher than
// one in which nothing did.
func levels(counts []int) []float64 {
	out := make([]float64, len(counts))
	most := 0
	for _, n := range counts {
		most = max(most, n)
	}
	for i, n := range counts {
		if n > 0 {
			out[i] = float64(n) + float64(most)/8
		}
	}
	return out
}
