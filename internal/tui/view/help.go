package view

import "cslack-stream/internal/tui/text"

const (
	minHelpKey, maxHelpKey = 7, 16 // width of the keys
	helpColumn             = 38    // width of a column of the overview
	helpSearch             = 2     // lines of what is looked for
)

// help draws the overview of keys in as many columns as fit, below what is
// looked for.
func (s *Screen) help(width, height int) []string {
	h := s.Help
	var lines []string
	if h.Searching {
		search := newRow(width, s.Theme).put(" / ", bold)
		s.input(search, h.Input)
		lines = append(lines, search.String(), "")
	}
	keys := h.lines(s.Theme, width)
	if len(keys) == 0 {
		keys = []string{newRow(width, s.Theme).space(1).put("No key is called like that, and none does that; backspace shows more.", plain).String()}
	}
	return append(lines, keys[min(h.Scroll, MaxScroll(len(keys), height-len(lines))):]...)
}

// MaxScroll is how far one can scroll in the overview where it has that much
// room.
func (h *Help) MaxScroll(width, height int) int {
	if h.Searching {
		height -= helpSearch
	}
	return MaxScroll(len(h.lines(Theme{}, width)), height)
}

// lines are all keys.
func (h *Help) lines(theme Theme, width int) []string {
	key := minHelpKey
	for _, g := range h.Groups {
		for _, k := range g.Keys {
			key = min(maxHelpKey, max(key, text.Width(k.Key)))
		}
	}
	column := helpColumn + key - minHelpKey
	columns := max(1, min(len(h.Groups), (width-1)/column))
	each := min(width-1, max(column, (width-1)/columns))
	blocks := make([][]string, columns)
	for _, g := range h.Groups {
		shortest := 0
		for i, b := range blocks {
			if len(b) < len(blocks[shortest]) {
				shortest = i
			}
		}
		b := append(blocks[shortest], newRow(each, theme).put(g.Title, bold).padded())
		for _, k := range g.Keys {
			b = append(b, newRow(each, theme).space(2).fit(k.Key, key, bold).space(1).fit(k.Does, each-key-4, plain).padded())
		}
		blocks[shortest] = append(b, newRow(each, theme).padded())
	}
	var lines []string
	for i := 0; ; i++ {
		line, any := " ", false
		for _, b := range blocks {
			if i < len(b) {
				line, any = line+b[i], true
			} else {
				line = text.Pad(line, text.Width(line)+each)
			}
		}
		if !any {
			return lines
		}
		lines = append(lines, line)
	}
}
