package view

import (
	"strings"

	"cslack-stream/internal/tui/text"
)

// The widths below which the list has fewer columns.
const (
	mergeWidth = 60 // where and who become one
	tightWidth = 40 // no time, and not who of several sees it
	flagWidth  = 5
)

// frame is how the columns of the list lie in a width.
type frame struct {
	time, seen, where, who int
	indent                 int // where the text begins
	text                   int
}

func framed(c Columns, width int) frame {
	f := frame{time: c.Time, seen: c.Seen, where: c.Where, who: c.Who}
	if width < mergeWidth {
		f.where = 0
		f.who = min(c.Who+1+c.Where, width/3)
	}
	if width < tightWidth {
		f.who = c.Who
		f.time, f.seen = 0, 0
	}
	f.indent = 1
	for _, column := range []int{f.time, f.seen, f.where, f.who} {
		if column > 0 {
			f.indent += column + 1
		}
	}
	f.text = max(1, width-f.indent-flagWidth)
	return f
}

// TextWidth is how many cells the text of a row has in a list of that width.
func TextWidth(c Columns, width int) int { return framed(c, width).text }

// Height is how many lines row takes in a list of that width.
func Height(row Row, c Columns, wrap bool, width int) int {
	if !wrap || row.Kind != Line {
		return 1
	}
	return len(wrapped(row.Text, framed(c, width).text))
}

// mostWrapped bounds how much of a text the list shows when it wraps.
const mostWrapped = 8 << 10

func wrapped(s string, width int) []string {
	s = strings.TrimRight(s, "\n")
	if len(s) > mostWrapped {
		s = strings.ToValidUTF8(s[:mostWrapped], "") + "…"
	}
	return text.Wrap(s, width)
}

// list draws the rows in view.
func (s *Screen) list(width, height int) []string {
	var lines []string
	for i, r := range s.List {
		drawn := s.row(r, width)
		if i == 0 {
			drawn = drawn[min(s.Skip, len(drawn)):]
		}
		if lines = append(lines, drawn...); len(lines) >= height {
			break
		}
	}
	return lines
}

// row draws one row of the list.
func (s *Screen) row(r Row, width int) []string {
	switch r.Kind {
	case DayRule:
		return []string{s.ruleRow(r, "─", faint, width)}
	case EdgeRule:
		return []string{s.ruleRow(r, " ", faint, width)}
	case QuietRule:
		return []string{s.ruleRow(r, "╌", faint, width)}
	case GapRule:
		return []string{s.ruleRow(r, "╌", yellow, width)}
	case CheckRule:
		return []string{s.ruleRow(r, "─", green, width)}
	}
	f := framed(s.Columns, width)
	first := s.rowStart(r, f, width)
	if !s.Wrap {
		body := strings.ReplaceAll(strings.TrimRight(clip(r.Text, f.text+s.Shift), "\n"), "\n", newlineMark)
		return []string{s.rowEnd(first, r, text.Skip(body, s.Shift))}
	}
	texts := wrapped(r.Text, f.text)
	lines := []string{s.rowEnd(first, r, texts[0])}
	for _, t := range texts[1:] {
		next := newRow(width, s.Theme).put(s.mark(r), bold).space(f.indent-1).put(t, s.textStyle(r))
		lines = append(lines, next.String())
	}
	return lines
}

func (s *Screen) rowStart(r Row, f frame, width int) *row {
	out := newRow(width, s.Theme).put(s.mark(r), bold)
	if f.time > 0 {
		out.fit(r.Time, f.time, faint).space(1)
	}
	if f.seen > 0 {
		out.fit(s.dots(r.Seen), f.seen, plain).space(1)
	}
	who := r.Who
	if f.where > 0 {
		out.fit(r.Where, f.where, plain).space(1)
	} else if r.Where != "" && width >= tightWidth {
		who += " " + r.Where
	}
	sgr := sgrColor(r.WhoColor)
	if r.Quiet {
		sgr = faint
	}
	return out.fit(who, f.who, sgr).space(1)
}

// dots has full stops for the dots of who does not see a row where there is
// ASCII only: a dash, as elsewhere, would look like a rule.
func (s *Screen) dots(seen string) string {
	if s.Theme.ASCII {
		return strings.ReplaceAll(seen, "·", ".")
	}
	return seen
}

func (s *Screen) rowEnd(out *row, r Row, body string) string {
	if r.Flag == "" && !r.Marked {
		return out.put(text.Truncate(body, out.left-1), s.textStyle(r)).String()
	}
	sgr := faint
	switch r.Flag {
	case "!":
		sgr = boldRed
	case "@":
		sgr = bold
	}
	flag := text.Truncate(r.Flag, flagWidth-1)
	out.fit(body, out.left-2-text.Width(flag), s.textStyle(r))
	out.space(out.left-text.Width(flag)-1).put(flag, sgr)
	if r.Marked {
		out.put(bookmark, bold)
	}
	return out.String()
}

func (s *Screen) mark(r Row) string {
	if r.Selected {
		return "▌"
	}
	return " "
}

func (s *Screen) textStyle(r Row) string {
	switch {
	case r.Selected:
		return bold
	case r.Quiet:
		return faint
	}
	return plain
}

// ruleRow draws a row that parts others.
func (s *Screen) ruleRow(r Row, rule, sgr string, width int) string {
	out := newRow(width, s.Theme)
	if r.Selected {
		out.put("▌", bold)
	} else {
		out.put(rule, sgr)
	}
	return out.put(strings.Repeat(rule, 2)+" "+r.Text+" ", sgr).rule(rule, sgr, 0).String()
}

// notice draws what is said instead of an empty list.
func (s *Screen) notice(width, height int) []string { return s.said(s.Notice, width, height) }

// said draws sentences, a third down.
func (s *Screen) said(sentences []string, width, height int) []string {
	var said []string
	for _, n := range sentences {
		for _, l := range text.Wrap(n, max(1, width-2)) {
			said = append(said, newRow(width, s.Theme).space(1).put(l, plain).String())
		}
	}
	lines := make([]string, max(0, (height-len(said))/3), height+len(said))
	return append(lines, said...)
}
