package tui

import (
	"strings"
	"unicode"

	"cslack-stream/internal/engine/event/action"
	"cslack-stream/internal/tui/text"
	"cslack-stream/internal/tui/view"

	tea "github.com/charmbracelet/bubbletea"
)

// input is text that is being typed: one line, or with lines several.
type input struct {
	runes  []rune
	cursor int
	lines  bool
	full   bool // something did not fit any more
}

func newInput(s string) input {
	r := []rune(s)
	return input{runes: r, cursor: len(r)}
}

// newLetterInput takes what a message may hold.
func newLetterInput(s string) input {
	in := newInput(s)
	in.lines = true
	return in
}

func (in *input) String() string { return string(in.runes) }

func (in *input) view() view.Input { return view.Input{Text: in.String(), Cursor: in.cursor} }

// window is the part around the cursor, in one line.
func (in *input) window() view.Input {
	const around = 500
	from := max(0, in.cursor-around)
	shown := []rune(string(in.runes[from:min(len(in.runes), in.cursor+around)]))
	for i, r := range shown {
		shown[i] = drawn(r)
	}
	return view.Input{Text: string(shown), Cursor: in.cursor - from}
}

// drawn is a character of several lines as one of a single line.
func drawn(r rune) rune {
	switch {
	case r == '\n':
		return '⏎'
	case r == '\t':
		return ' '
	case text.Line(string(r)) != string(r):
		return '\uFFFD'
	}
	return r
}

// maxInput bounds what is taken from a paste into one line.
const maxInput = 1000

// update handles a key, and reports whether the text changed.
func (in *input) update(k tea.KeyMsg) bool {
	before := in.String()
	in.full = false
	switch k.Type {
	case tea.KeyRunes, tea.KeySpace:
		if !k.Alt {
			in.insert(string(k.Runes))
		}
	case tea.KeyBackspace, tea.KeyCtrlH:
		in.remove(in.cursor - 1)
	case tea.KeyDelete:
		in.remove(in.cursor)
	case tea.KeyCtrlU:
		in.runes, in.cursor = in.runes[in.cursor:], 0
	case tea.KeyCtrlK:
		in.runes = in.runes[:in.cursor]
	case tea.KeyCtrlW:
		in.removeWord()
	case tea.KeyLeft:
		in.cursor = max(0, in.cursor-1)
	case tea.KeyRight:
		in.cursor = min(len(in.runes), in.cursor+1)
	case tea.KeyHome, tea.KeyCtrlA:
		in.cursor = 0
	case tea.KeyEnd, tea.KeyCtrlE:
		in.cursor = len(in.runes)
	}
	return in.String() != before
}

// insert puts what was typed or pasted at the cursor, without anything that a
// terminal could obey.
func (in *input) insert(s string) {
	typed, most := []rune(oneLine(s)), maxInput
	if in.lines {
		typed, most = []rune(asLines(s)), action.MaxContent
	}
	if in.full = len(in.runes)+len(typed) > most; in.full {
		return
	}
	rest := append(typed, in.runes[in.cursor:]...)
	in.runes = append(in.runes[:in.cursor:in.cursor], rest...)
	in.cursor += len(typed)
}

// oneLine is s in one line and harmless. It is not cut: see insert.
func oneLine(s string) string {
	return text.Full(strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ", "\t", " ").Replace(s))
}

// asLines keeps lines and tabs as they are, and drops other control characters.
func asLines(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s))
}

func (in *input) remove(i int) {
	if i < 0 || i >= len(in.runes) {
		return
	}
	in.runes = append(in.runes[:i:i], in.runes[i+1:]...)
	if i < in.cursor {
		in.cursor--
	}
}

func (in *input) removeWord() {
	i := in.cursor
	for i > 0 && unicode.IsSpace(in.runes[i-1]) {
		i--
	}
	for i > 0 && !unicode.IsSpace(in.runes[i-1]) {
		i--
	}
	in.runes = append(in.runes[:i:i], in.runes[in.cursor:]...)
	in.cursor = i
}
