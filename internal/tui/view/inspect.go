package view

import (
	"strings"

	"cslack-stream/internal/tui/text"
)

// mostInspected bounds how much of a text the pane shows.
const mostInspected = 64 << 10

// inspect draws the pane of the inspected event.
func (s *Screen) inspect(l Layout) []string {
	width, height := l.InspectWidth, l.InspectHeight
	title := newRow(width, s.Theme)
	if l.Beside {
		title.put(" "+s.Inspect.Title, bold)
	} else {
		title.put("─ ", faint).put(s.Inspect.Title, bold).put(" ", plain).rule("─", faint, 0)
	}
	lines := s.inspected(width)
	scroll := min(s.Inspect.Scroll, MaxScroll(len(lines), height-1))
	return append([]string{title.String()}, lines[scroll:]...)
}

// InspectLines is how many lines the pane of the inspected event has in a
// layout, besides its title.
func (s *Screen) InspectLines(l Layout) int { return len(s.inspected(l.InspectWidth)) }

// MaxScroll is how far one can scroll in that many lines.
func MaxScroll(lines, height int) int { return max(0, lines-height) }

// inspected are the lines of the pane below its title.
func (s *Screen) inspected(width int) []string {
	const indent = 2
	names := 4
	for _, f := range s.Inspect.Fields {
		names = max(names, min(16, text.Width(f.Name)))
	}
	room := max(1, width-indent-names-2-1)
	var lines []string
	for _, f := range s.Inspect.Fields {
		for i, v := range text.Wrap(clip(f.Value, 8*room), room) {
			name := f.Name
			if i > 0 {
				name = ""
			}
			lines = append(lines, newRow(width, s.Theme).space(indent).fit(name, names, faint).space(2).put(v, plain).String())
		}
	}
	body := strings.TrimRight(s.Inspect.Body, "\n")
	if len(body) > mostInspected {
		body = strings.ToValidUTF8(body[:mostInspected], "") + "…"
	}
	if body != "" {
		lines = append(lines, "")
		for _, t := range text.Wrap(body, max(1, width-indent-1)) {
			lines = append(lines, newRow(width, s.Theme).space(indent).put(t, plain).String())
		}
	}
	for _, m := range s.Inspect.More {
		for i, t := range text.Wrap(m, max(1, width-2*indent-1)) {
			lines = append(lines, newRow(width, s.Theme).space(indent*min(2, 1+i)).put(t, plain).String())
		}
	}
	return lines
}
