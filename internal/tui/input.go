package tui

import (
	"strings"
	"unicode"

	"cslack-stream/internal/tui/text"
	"cslack-stream/internal/tui/view"

	tea "github.com/charmbracelet/bubbletea"
)

// input is one line of text that is being typed.
type input struct {
	runes  []rune
	cursor int
}

func newInput(s string) input {
	r := []rune(s)
	return input{runes: r, cursor: len(r)}
}

func (in *input) String() string { return string(in.runes) }

func (in *input) view() view.Input { return view.Input{Text: in.String(), Cursor: in.cursor} }

// maxInput bounds what is taken from a paste.
const maxInput = 1000

// update handles a key, and reports whether the text changed.
func (in *input) update(k tea.KeyMsg) bool {
	before := in.String()
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

// insert puts what was typed or pasted at the cursor, in one line and without
// anything that a terminal could obey.
func (in *input) insert(s string) {
	s = strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ", "\t", " ").Replace(s)
	typed := []rune(text.Name(s))
	if len(in.runes)+len(typed) > maxInput {
		return
	}
	rest := append(typed, in.runes[in.cursor:]...)
	in.runes = append(in.runes[:in.cursor:in.cursor], rest...)
	in.cursor += len(typed)
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
