package view

import (
	"strconv"

	"cslack-stream/internal/tui/text"
)

// piece is a part of a line.
type piece struct{ text, sgr string }

// header draws who is watched at the left, and as much about the stream as
// there is room for at the right. The state is never left out.
func (s *Screen) header(width int) string {
	h := &s.Header
	right := []piece{
		{h.Writing, yellow}, statePiece(h.State, h.Word), {h.Position, plain}, {spark(h.Rates), plain}, {h.Rate, plain}, {h.Latency, faint}, {h.Gaps, yellow}, {h.Clock, faint},
	}
	if h.Word == "" {
		right[1].text = ""
	}
	// What is dropped first when there is no room.
	for _, i := range []int{5, 3, 4, 7, 6, 0} {
		if text.Width(h.Who)+1+extent(right) <= width-2 {
			break
		}
		right[i].text = ""
	}
	r := newRow(width, s.Theme).space(1)
	room := width - 2 - extent(right)
	keep := 0
	if h.Mode != "" {
		keep = 3 + text.Width(h.Mode)
	}
	if room >= 4+keep {
		r.put(text.Truncate(h.Who, room-keep), bold).space(min(keep, 3)).put(h.Mode, reverse)
	}
	r.space(r.left - 1 - extent(right))
	for _, p := range right {
		if p.text != "" {
			r.space(2).put(p.text, p.sgr)
		}
	}
	return r.String()
}

// extent is how many cells the pieces take, with two before each.
func extent(pieces []piece) int {
	n := 0
	for _, p := range pieces {
		if p.text != "" {
			n += 2 + text.Width(p.text)
		}
	}
	return n
}

// spark draws rates as a line of bars.
func spark(rates []float64) string {
	bars := []rune("▁▂▃▄▅▆▇█")
	most := 1.0
	for _, r := range rates {
		most = max(most, r)
	}
	out := make([]rune, len(rates))
	for i, r := range rates {
		out[i] = bars[min(len(bars)-1, int(r/most*float64(len(bars)-1)+0.5))]
	}
	return string(out)
}

// tabs draws the channels in one line, those where something happened first.
func (s *Screen) tabs(width int) string {
	r := newRow(width, s.Theme).space(1)
	if len(s.Tabs) == 0 {
		return r.String()
	}
	hint := s.Channels.Key + " " + s.Channels.Does
	sum := 0
	for _, t := range s.Tabs {
		sum += t.Count
	}
	if s.News != "" && sum > 0 {
		r.put(s.News+" "+strconv.Itoa(sum), bold).space(2)
	}
	keep := 0
	if width >= 60 && s.Channels.Key != "" {
		keep = text.Width(hint) + 3
	}
	for i, t := range s.Tabs {
		label, sgr := t.label(), plain
		switch {
		case t.Chosen:
			label, sgr = "["+label+"]", bold
		case t.Count == 0:
			sgr = faint
		}
		if text.Width(label)+2 > r.left-keep {
			if i > 0 {
				r.put("…", faint)
			}
			break
		}
		r.put(label, sgr).space(2)
	}
	if keep > 0 {
		r.space(r.left-text.Width(hint)-1).put(hint, faint)
	}
	return r.String()
}

func (t Tab) label() string {
	label := text.Truncate(t.Name, 20)
	if t.Count > 0 {
		label += " " + strconv.Itoa(t.Count)
	}
	if t.Urgent {
		label += "!"
	}
	return label
}

// channels draws the channels one below the other.
func (s *Screen) channels(width int) []string {
	lines := []string{newRow(width, s.Theme).space(1).fit("CHANNELS", width-3-text.Width(s.News), bold).put(s.News, faint).String()}
	for _, t := range s.Tabs {
		mark, sgr := " ", plain
		if t.Chosen {
			mark, sgr = "▌", bold
		}
		count := "·"
		if t.Count > 0 {
			count = strconv.Itoa(t.Count)
		}
		tail := " "
		if t.Urgent {
			tail = "!"
		}
		r := newRow(width, s.Theme).put(mark, bold).fit(t.Name, width-8, sgr)
		r.space(6-text.Width(count)).put(count, sgr).put(tail, boldRed)
		lines = append(lines, r.String())
	}
	if len(s.Bookmarks) > 0 {
		lines = append(lines, "", newRow(width, s.Theme).space(1).put("BOOKMARKS", bold).String())
	}
	for _, b := range s.Bookmarks {
		lines = append(lines, newRow(width, s.Theme).space(1).put(bookmark, bold).space(1).put(b, plain).String())
	}
	return lines
}
