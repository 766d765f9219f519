package view

import (
	"strconv"
	"strings"

	"cslack-stream/internal/tui/text"
)

// The ways to mark text, as SGR parameters.
const (
	plain   = ""
	faint   = "2"
	bold    = "1"
	reverse = "7"
	red     = "31"
	green   = "32"
	yellow  = "33"
	boldRed = "1;31"
)

// sgrColor is the SGR parameter of one of the 16 colours.
func sgrColor(color int) string {
	if color >= 8 {
		return strconv.Itoa(90 + color - 8)
	}
	return strconv.Itoa(30 + color)
}

// row builds one line of at most width cells from left to right.
type row struct {
	b     strings.Builder
	left  int
	color bool
}

func newRow(width int, t Theme) *row { return &row{left: max(0, width), color: t.Color} }

// bookmark marks what the reader has marked.
const bookmark = "◆"

// newlineMark is drawn where a text of one line has a line feed.
const newlineMark = " ⏎ "

// put adds s, cut to what is left.
func (r *row) put(s, sgr string) *row {
	if r.left <= 0 || s == "" {
		return r
	}
	s = strings.ReplaceAll(s, "\n", newlineMark)
	if len(s) > r.left {
		s = text.Truncate(clip(s, r.left), r.left)
	}
	r.left -= text.Width(s)
	if !r.color || sgr == "" {
		r.b.WriteString(s)
		return r
	}
	r.b.WriteString("\x1b[" + sgr + "m" + s + "\x1b[0m")
	return r
}

// fit adds s in exactly width cells.
func (r *row) fit(s string, width int, sgr string) *row {
	width = min(width, r.left)
	if width <= 0 {
		return r
	}
	s = text.Truncate(strings.ReplaceAll(clip(s, width), "\n", newlineMark), width)
	r.put(s, sgr)
	return r.space(width - text.Width(s))
}

func (r *row) space(n int) *row { return r.put(strings.Repeat(" ", max(0, n)), plain) }

// rule fills what is left, but for keep cells.
func (r *row) rule(s, sgr string, keep int) *row {
	if n := r.left - keep; n > 0 {
		r.put(strings.Repeat(s, n), sgr)
	}
	return r
}

// String returns the line.
func (r *row) String() string { return r.b.String() }

// padded returns the line with spaces behind it to its whole width.
func (r *row) padded() string {
	r.space(r.left)
	return r.b.String()
}

// clip shortens s to a little more than what width cells can show, so that
// long texts cost no more than short ones. A character that is drawn is at
// most 64 bytes long here; stranger ones are cut earlier.
func clip(s string, width int) string {
	most := 64*width + 64
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "")
}

// plainly replaces what is drawn beyond ASCII, each by one character.
var plainly = strings.NewReplacer(
	"─", "-", "│", "|", "┬", "+", "┴", "+", "├", "+", "┤", "+", "╌", "-", "▌", ">", "●", "*", "○", "o", "◌", "?", "◆", "+",
	"▁", ".", "▂", ".", "▃", ":", "▄", ":", "▅", "|", "▆", "|", "▇", "#", "█", "#",
	"…", "~", "·", "-", "→", ">", "←", "<", "↑", "^", "↓", "v", "⏎", "/", "↳", ">", "–", "-", "━", "=", "▶", ">", "⇧", "^",
)
