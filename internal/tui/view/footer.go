package view

import (
	"strings"

	"cslack-stream/internal/tui/text"
)

// footer draws the status line and the line of keys.
func (s *Screen) footer(l Layout) []string {
	f := &s.Footer
	if f.Prompt != nil {
		return s.promptLines(l)
	}
	status := newRow(l.Width, s.Theme).space(1)
	sgr := bold
	if !f.runs() {
		sgr = reverse
	}
	status.put(f.Status, sgr)
	if f.Status != "" && f.Detail != "" {
		status.space(3)
	}
	status.put(f.Detail, plain)
	if w := text.Width(f.Right); w+3 <= status.left {
		status.space(status.left-w-1).put(f.Right, faint)
	}
	lines := append(s.tip(l), status.String())
	if l.Hints {
		lines = append(lines, s.hints(l.Width))
	}
	return lines
}

// runs tells whether it goes on by itself.
func (f *Footer) runs() bool { return f.Status == "FOLLOWING" || strings.HasPrefix(f.Status, "▶") }

// tip draws what newcomers should know.
func (s *Screen) tip(l Layout) []string {
	if !l.Tip {
		return nil
	}
	return []string{newRow(l.Width, s.Theme).space(1).put(s.Footer.Tip, bold).String()}
}

// hints draws as many keys as fit, or what has just happened.
func (s *Screen) hints(width int) string {
	r := newRow(width, s.Theme).space(1)
	if s.Footer.Toast != "" {
		return r.put(s.Footer.Toast, bold).String()
	}
	for i, h := range s.Footer.Hints {
		need := text.Width(h.Key) + 1 + text.Width(h.Does)
		if i > 0 {
			need += 2
		}
		if need > r.left {
			break
		}
		if i > 0 {
			r.space(2)
		}
		r.put(h.Key, bold).put(" "+h.Does, faint)
	}
	return r.String()
}

// promptLines draws what is being typed, and below what is wrong with it.
func (s *Screen) promptLines(l Layout) []string {
	p := s.Footer.Prompt
	note := p.Note
	if !l.Hints && p.Error != "" {
		note = p.Error
	}
	in := newRow(l.Width, s.Theme).space(1).put(p.Label, bold)
	if w := text.Width(note); note != "" && w+12 < in.left {
		in.left -= w + 2
		s.input(in, p.Input)
		in.space(in.left)
		in.left += w + 2
		in.space(1).put(note, faint)
	} else {
		s.input(in, p.Input)
	}
	lines := append(s.tip(l), in.String())
	switch {
	case !l.Hints:
	case p.Error != "":
		lines = append(lines, newRow(l.Width, s.Theme).space(1).put(p.Error, red).String())
	default:
		lines = append(lines, s.hints(l.Width))
	}
	return lines
}
