package view

import (
	"fmt"
	"strings"

	"cslack-stream/internal/tui/text"
)

// Render draws s on a screen of that size: exactly height lines joined by line
// feeds, none wider than width cells.
func Render(s Screen, width, height int) string {
	if width <= 0 || height <= 0 {
		return ""
	}
	l := Arrange(width, height, Panes{
		Inspect: s.Inspect != nil && s.Pick == nil && s.Help == nil, NoChannels: s.NoChannels, Playhead: s.Playhead != nil, Tip: s.Footer.Tip != "",
	})
	lines := make([]string, 0, height)
	switch {
	case l.TooSmall:
		lines = text.Wrap(fmt.Sprintf("terminal too small (%dx%d), need %dx%d", width, height, minWidth, minHeight), width)
	case s.Matrix != nil && s.Help == nil:
		l := ArrangeMatrix(s.Matrix, width, height, s.Inspect != nil)
		lines = append(lines, s.header(width))
		lines = append(lines, s.matrix(l)...)
		lines = append(lines, s.footer(l.Layout)...)
	default:
		lines = append(lines, s.header(width))
		if l.Playhead {
			lines = append(lines, s.playhead(width)...)
		}
		if l.Tabs {
			lines = append(lines, s.tabs(width))
		}
		lines = append(lines, s.body(l)...)
		lines = append(lines, s.footer(l)...)
	}
	return s.finish(lines, width, height)
}

// finish makes the lines fit whatever was drawn.
func (s *Screen) finish(lines []string, width, height int) string {
	for len(lines) < height {
		lines = append(lines, "")
	}
	lines = lines[:height]
	for i, l := range lines {
		// Characters can join across pieces that were measured apart.
		if text.Width(l) > width {
			lines[i] = text.Truncate(l, width)
		}
	}
	out := strings.Join(lines, "\n")
	if s.Theme.ASCII {
		out = plainly.Replace(out)
	}
	return out
}

// body draws what is between header and footer.
func (s *Screen) body(l Layout) []string {
	var main []string
	switch {
	case s.Help != nil:
		return s.ruled(l, exactly(s.help(l.Width, l.Body), l.Body))
	case s.Pick != nil:
		return s.ruled(l, exactly(s.pick(l.Width, l.Body), l.Body))
	case len(s.List) == 0:
		main = s.notice(l.ListWidth, l.ListHeight)
	default:
		main = s.list(l.ListWidth, l.ListHeight)
	}
	main = exactly(main, l.ListHeight)
	var pane []string
	if s.Inspect != nil {
		pane = exactly(s.inspect(l), l.InspectHeight)
	}
	if !l.Beside {
		main = append(main, pane...)
	} else {
		main = s.beside(main, l.ListWidth, pane)
	}
	if l.Channels > 0 {
		main = s.beside(exactly(s.side(l.Channels, l.Body), l.Body), l.Channels, main)
	}
	return s.ruled(l, main)
}

// ruled draws the rules above and below the panes, if there are any.
func (s *Screen) ruled(l Layout, lines []string) []string {
	if !l.Rules {
		return lines
	}
	rule := func(cross string) string {
		cells := make([]string, l.Width)
		for i := range cells {
			cells[i] = "─"
		}
		if s.Pick == nil && s.Help == nil {
			list := 0 // where it begins
			if l.Channels > 0 {
				cells[l.Channels] = cross
				list = l.Channels + 1
			}
			if l.Beside {
				cells[list+l.ListWidth] = cross
			}
		}
		return newRow(l.Width, s.Theme).put(strings.Join(cells, ""), faint).String()
	}
	return append(append([]string{rule("┬")}, lines...), rule("┴"))
}

// beside joins the lines of two panes.
func (s *Screen) beside(left []string, width int, right []string) []string {
	bar := newRow(1, s.Theme).put("│", faint).String()
	out := make([]string, len(left))
	for i, l := range left {
		if text.Width(l) > width {
			l = text.Truncate(l, width)
		}
		out[i] = text.Pad(l, width) + bar
		if i < len(right) {
			out[i] += right[i]
		}
	}
	return out
}

// exactly returns n lines.
func exactly(lines []string, n int) []string {
	for len(lines) < n {
		lines = append(lines, "")
	}
	return lines[:n:n]
}
