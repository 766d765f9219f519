package view

import (
	"strconv"

	"cslack-stream/internal/tui/text"
)

// Matrix is who has seen what: messages, one below the other, and agents, one
// beside the other.
type Matrix struct {
	// Agents are the names of all agents that there are, and Selected is the
	// index of one of them.
	Agents   []string
	Selected int
	// Rows are those in view.
	Rows []MatrixRow
	// Notice is shown instead of no rows.
	Notice []string
}

// MatrixRow is one row of a matrix: a row as the list has it, and what is
// known of the agents from the first in view on.
type MatrixRow struct {
	Row
	Cells []Cell
}

// Cell says what is known of one agent and one message.
type Cell struct {
	Text string
	// Open tells that the message waits for the agent; Loud that it is
	// addressed to it, too.
	Open, Loud bool
}

// The sizes of a matrix.
const (
	minCell, maxCell = 5, 8
	cellGap          = 2
	matrixLeft       = 40 // what the columns of agents leave for the message
	matrixTime       = 8
	matrixWhere      = 6
	matrixWho        = 6
	legendHeight     = 22 // of the screen, from which on the words are explained
)

// NoCheck is what the cells of an agent say of whom no check is known.
const NoCheck = "·"

// legend explains the words of the cells, in two columns.
var legend = [][4]string{
	{"ok", "checked its messages after this was posted", "sent", "wrote it"},
	{"wait?", "no check recorded since; a repeat within 10 min is not recorded", "", ""},
	{"wait", "no check for 10 min or more", "CAPITALS", "addressed to it"},
	{"-", "could not see it at that moment", "blank", "not registered yet"},
	{NoCheck, "no check of this agent was ever recorded", "del", "deleted unseen"},
}

// MatrixLayout is where things are on a screen with a matrix.
type MatrixLayout struct {
	Layout
	// Legend is how many lines explain the words.
	Legend int
	// First is the index of the first agent in view, and Agents how many are.
	First, Agents int
	cell          int // width of a column
}

// ArrangeMatrix says where things are on a screen of that size.
func ArrangeMatrix(m *Matrix, width, height int, inspect bool) MatrixLayout {
	l := MatrixLayout{Layout: Layout{Width: width, Height: height}}
	if l.TooSmall = width < minWidth || height < minHeight; l.TooSmall {
		return l
	}
	l.Hints = height >= 8
	l.Rules = height >= 10
	l.Body = height - 3 // header, agents, status
	if l.Hints {
		l.Body--
	}
	if l.Rules {
		l.Body -= 2
	}
	l.ListWidth = width
	switch {
	case inspect && width >= sideWidth:
		l.Beside = true
		l.InspectWidth = min(60, max(46, width*2/5))
		l.ListWidth -= l.InspectWidth + 1
	case inspect:
		l.InspectWidth, l.InspectHeight = width, l.Body-l.Body/2
		l.Body -= l.InspectHeight
	}
	if height >= legendHeight && (!inspect || l.Beside) {
		l.Legend = len(legend)
		l.Body -= l.Legend + 1
	}
	l.ListHeight = l.Body
	if l.Beside {
		l.InspectHeight = l.ListHeight
	}
	l.columns(m)
	return l
}

// columns decides which agents are in view: as many as leave room for the
// messages, and the selected one among them.
func (l *MatrixLayout) columns(m *Matrix) {
	l.cell = minCell
	for _, name := range m.Agents {
		l.cell = max(l.cell, min(maxCell, text.Width(name)))
	}
	l.cell += cellGap
	room := min(matrixLeft, max(12, l.ListWidth/2))
	l.Agents = min(len(m.Agents), max(1, (l.ListWidth-room)/l.cell))
	l.First = max(0, min(m.Selected-l.Agents+1, len(m.Agents)-l.Agents))
}

// matrix draws the whole screen but for header and footer.
func (s *Screen) matrix(l MatrixLayout) []string {
	lines := []string{s.matrixHead(l)}
	if l.Rules {
		lines = append(lines, s.plainRule(l.Width))
	}
	main := make([]string, 0, l.ListHeight)
	for _, r := range s.Matrix.Rows {
		main = append(main, s.matrixRow(r, l))
	}
	if len(main) == 0 {
		main = s.said(s.Matrix.Notice, l.ListWidth, l.ListHeight)
	}
	main = exactly(main, l.ListHeight)
	if s.Inspect != nil {
		pane := exactly(s.inspect(l.Layout), l.InspectHeight)
		if l.Beside {
			main = s.beside(main, l.ListWidth, pane)
		} else {
			main = append(main, pane...)
		}
	}
	lines = append(lines, main...)
	if l.Rules {
		lines = append(lines, s.plainRule(l.Width))
	}
	if l.Legend > 0 {
		for _, words := range legend {
			lines = append(lines, s.legendLine(words, l.Width))
		}
		lines = append(lines, "")
	}
	return lines
}

func (s *Screen) plainRule(width int) string {
	return newRow(width, s.Theme).rule("─", faint, 0).String()
}

// left is how many cells the message has.
func (l *MatrixLayout) left() int { return l.ListWidth - l.Agents*l.cell }

// matrixHead names the agents in view, and tells that there are others.
func (s *Screen) matrixHead(l MatrixLayout) string {
	m := s.Matrix
	r := newRow(l.ListWidth, s.Theme)
	note := ""
	if hidden := len(m.Agents) - l.Agents; hidden > 0 {
		note = strconv.Itoa(hidden) + " more agents"
		if hidden == 1 {
			note = "1 more agent"
		}
	}
	r.space(1).fit(note, l.left()-2, faint)
	for i := l.First; i < l.First+l.Agents; i++ {
		mark, sgr := " ", plain
		if i == m.Selected {
			mark, sgr = "▌", bold
		}
		r.put(mark, bold).fit(m.Agents[i], l.cell-cellGap, sgr).space(cellGap - 1)
	}
	return r.String()
}

func (s *Screen) matrixRow(r MatrixRow, l MatrixLayout) string {
	switch r.Kind {
	case Line:
	case GapRule:
		return s.ruleRow(r.Row, "╌", yellow, l.ListWidth)
	default:
		return s.ruleRow(r.Row, "─", faint, l.ListWidth)
	}
	out := newRow(l.ListWidth, s.Theme).put(s.mark(r.Row), bold)
	end := l.ListWidth - l.left()       // what is left to the agents
	more := max(0, l.left()-matrixLeft) // room for more than the columns at least have
	if l.left() >= matrixLeft-4 {
		out.fit(r.Time, matrixTime, faint).space(1)
	}
	if l.left() >= matrixLeft-16 {
		out.fit(r.Where, matrixWhere+min(4, more), plain).space(1)
	}
	sgr := sgrColor(r.WhoColor)
	if r.Quiet {
		sgr = faint
	}
	out.fit(r.Who, min(out.left-end-1, matrixWho+max(0, min(4, more-4))), sgr).space(1)
	out.fit(r.Text, out.left-end-1, s.textStyle(r.Row))
	out.space(out.left - end)
	for _, c := range r.Cells {
		s.cell(out, c, l.cell)
	}
	return out.String()
}

func (s *Screen) cell(out *row, c Cell, width int) {
	sgr := faint
	switch {
	case c.Loud:
		sgr = boldRed
	case c.Open:
		sgr = yellow
	}
	out.fit(s.word(c.Text), width, sgr)
}

// word is a word of the cells as it is drawn: without characters beyond ASCII
// the one for no check must not be that for could not see.
func (s *Screen) word(w string) string {
	if s.Theme.ASCII && w == NoCheck {
		return "."
	}
	return w
}

func (s *Screen) legendLine(words [4]string, width int) string {
	const second, room = 52, 80
	r := newRow(width, s.Theme).space(1).fit(s.word(words[0]), 7, bold).put(words[1], faint)
	if words[2] != "" && width >= room {
		r.space(second-(width-r.left)).fit(words[2], 10, bold).put(words[3], faint)
	}
	return r.String()
}
