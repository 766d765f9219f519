package view

import "cslack-stream/internal/tui/text"

// pick draws a list to choose from.
func (s *Screen) pick(width, height int) []string {
	p := s.Pick
	title := newRow(width, s.Theme).space(1).put(p.Title, bold)
	if w := text.Width(p.About); w+3 <= title.left {
		title.space(title.left-w-1).put(p.About, faint)
	}
	prompt := newRow(width, s.Theme).put(" > ", bold)
	s.input(prompt, p.Input)
	lines := []string{title.String(), "", prompt.String(), ""}
	if height < 8 {
		lines = []string{title.String(), prompt.String()}
	}
	if len(p.Items) == 0 {
		return append(lines, newRow(width, s.Theme).space(1).put(p.Empty, plain).String())
	}
	room := max(1, height-len(lines))
	from := max(0, min(p.Selected-room/2, len(p.Items)-room))
	widths := p.widths()
	for i := from; i < len(p.Items) && i < from+room; i++ {
		mark, sgr := "   ", plain
		if i == p.Selected {
			mark, sgr = " ▌ ", bold
		}
		if p.Items[i].Marked {
			mark = "●" + mark[1:]
		}
		r := newRow(width, s.Theme).put(mark, bold)
		for n, c := range p.Items[i].Columns {
			if n > 0 && sgr == plain {
				r.fit(c, widths[n], faint)
			} else {
				r.fit(c, widths[n], sgr)
			}
			r.space(3)
		}
		lines = append(lines, r.String())
	}
	return lines
}

// widths are the widths of the columns of all items.
func (p *Pick) widths() []int {
	var widths []int
	for _, i := range p.Items {
		for n, c := range i.Columns {
			if n == len(widths) {
				widths = append(widths, 0)
			}
			widths[n] = min(32, max(widths[n], text.Width(c)))
		}
	}
	return widths
}

// input draws a line that is being typed, with its cursor.
func (s *Screen) input(r *row, in Input) {
	runes := []rune(in.Text)
	at := min(max(in.Cursor, 0), len(runes))
	before, under, after := string(runes[:at]), " ", ""
	if at < len(runes) {
		under, after = string(runes[at]), string(runes[at+1:])
	}
	// The end that is typed at stays in view.
	for text.Width(before) > r.left-2 && before != "" {
		before = string([]rune(before)[1:])
	}
	r.put(before, plain)
	if under == " " && !s.Theme.Color {
		under = "_"
	}
	r.put(under, reverse).put(after, plain)
}
