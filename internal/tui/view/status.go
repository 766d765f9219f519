package view

import "cslack-stream/internal/tui/text"

// Status is the state of a stream in one line, for below the lines of it.
type Status struct {
	// Who is watched; it is left out first when there is no room.
	Who   string
	State State
	// Word is the state, as in [Header].
	Word string
	// Rate, Latency, Events, Gaps and Hint are shown as far as there is room.
	Rate, Latency, Events, Gaps, Hint string
}

// Line draws s in at most width cells.
func (s *Status) Line(t Theme, width int) string {
	pieces := []piece{
		{s.Who, bold}, statePiece(s.State, s.Word), {s.Rate, plain}, {s.Latency, faint}, {s.Events, plain}, {s.Gaps, yellow}, {s.Hint, faint},
	}
	// What is dropped first when there is no room.
	for _, i := range []int{0, 3, 2, 6, 4, 5} {
		if extent(pieces)-1 <= width {
			break
		}
		pieces[i].text = ""
	}
	r := newRow(width, t)
	indent := 1
	for _, p := range pieces {
		if p.text != "" {
			r.space(indent).put(p.text, p.sgr)
			indent = 2
		}
	}
	line := r.String()
	if t.ASCII {
		line = plainly.Replace(line)
	}
	if text.Width(line) > width { // characters can join across pieces
		line = text.Truncate(line, width)
	}
	return line
}

// statePiece is how the state of a stream is drawn.
func statePiece(s State, word string) piece {
	switch s {
	case Waiting:
		return piece{"○ " + word, yellow}
	case Bad:
		return piece{"◌ " + word, boldRed}
	}
	return piece{"● " + word, green}
}
