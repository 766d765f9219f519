package view

import "cslack-stream/internal/tui/text"

const (
	helpKey    = 7  // width of the keys
	helpColumn = 38 // width of a column of the overview
)

// help draws the overview of keys in as many columns as fit.
func (s *Screen) help(width, height int) []string {
	lines := s.helpLines(width)
	scroll := min(s.Help.Scroll, MaxScroll(len(lines), height))
	return lines[scroll:]
}

// HelpLines is how many lines the overview has on a screen of that width.
func (s *Screen) HelpLines(width int) int { return len(s.helpLines(width)) }

func (s *Screen) helpLines(width int) []string {
	columns := max(1, min(len(s.Help.Groups), (width-1)/helpColumn))
	each := min(width-1, max(helpColumn, (width-1)/columns))
	blocks := make([][]string, columns)
	for _, g := range s.Help.Groups {
		shortest := 0
		for i, b := range blocks {
			if len(b) < len(blocks[shortest]) {
				shortest = i
			}
		}
		b := append(blocks[shortest], newRow(each, s.Theme).put(g.Title, bold).padded())
		for _, k := range g.Keys {
			b = append(b, newRow(each, s.Theme).space(2).fit(k.Key, helpKey, bold).space(1).fit(k.Does, each-helpKey-4, plain).padded())
		}
		blocks[shortest] = append(b, newRow(each, s.Theme).padded())
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
