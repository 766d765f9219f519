package view

import (
	"strconv"

	"cslack-stream/internal/tui/text"
)

// The heights of the sections below the channels: what parts them and their
// titles.
const (
	sectionHead = 2
	didWidth    = 11 // "checked 59m"
)

// AgentsRoom is how many agents there is room for at the side of a screen
// whose channels and bookmarks have that many lines, besides what the session
// has.
func (l Layout) AgentsRoom(channels, session int) int {
	if l.Channels == 0 {
		return 0
	}
	return max(0, l.Body-(channels+1)-sectionHead-(session+sectionHead))
}

// SectionHeight is how many lines a section of n has, none if it is empty.
func SectionHeight(n int) int {
	if n == 0 {
		return 0
	}
	return sectionHead + n
}

// side draws the channels, and below them as much as there is room for.
func (s *Screen) side(width, height int) []string {
	lines := s.channels(width)
	if len(s.Agents) > 0 && len(lines)+sectionHead+len(s.Agents) <= height {
		lines = append(append(lines, ""), s.agents(width)...)
	}
	if n := len(s.Session); n > 0 && len(lines)+sectionHead+n <= height {
		lines = exactly(lines, height-n-1)
		lines = append(lines, newRow(width, s.Theme).space(1).put("THIS SESSION", bold).String())
		for _, said := range s.Session {
			lines = append(lines, newRow(width, s.Theme).space(2).put(said, plain).String())
		}
	}
	return lines
}

// agents draws who is there and what they were last seen doing.
func (s *Screen) agents(width int) []string {
	names, counts := 4, 0
	for _, a := range s.Agents {
		names = max(names, text.Width(a.Name))
		if a.Waiting > 0 {
			// With room for ten, so that nothing moves when there are.
			counts = max(counts, 3, 1+len(strconv.Itoa(a.Waiting)))
		}
	}
	names = min(names, width-3-1-didWidth-counts-1)
	title := newRow(width, s.Theme).space(1).put("AGENTS", bold)
	if counts > 0 {
		title.space(title.left-len("waiting")-1).put("waiting", faint)
	}
	room := width - 3 - names - 1 - counts - 1
	lines := []string{title.String()}
	for _, a := range s.Agents {
		mark := "○"
		if a.Active {
			mark = "●"
		}
		r := newRow(width, s.Theme).space(1).put(mark, plain).space(1).fit(a.Name, names, plain).space(1)
		r.fit(a.Did, room, faint)
		if a.Waiting > 0 {
			count := strconv.Itoa(a.Waiting)
			r.space(counts-len(count)).put(count, bold)
		}
		lines = append(lines, r.String())
	}
	return lines
}
