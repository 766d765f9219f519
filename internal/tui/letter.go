package tui

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"cslack-stream/internal/engine/event/action"
	"cslack-stream/internal/tui/text"
	"cslack-stream/internal/tui/view"

	tea "github.com/charmbracelet/bubbletea"
)

// letter is something that is about to be written into the workspace.
type letter struct {
	// label is what is asked, and short the same where there is little room.
	label, short string
	about        string // beside it
	// op is what is done with the text that was typed.
	op func(content string) action.Op
	// did says that it was done.
	did string
	// sent is the text that is under way, if sending is true.
	sent    string
	sending bool
}

// written is what came of a letter.
type written struct {
	letter *letter
	err    error
}

func (m *model) openLetter(p purpose, typed string, l *letter) {
	m.openPrompt(p)
	m.prompt.letter = l
	m.prompt.input = newLetterInput(typed)
}

// pressLetter handles a key while something is written.
func (m *model) pressLetter(k tea.KeyMsg) tea.Cmd {
	p := m.prompt
	switch {
	case k.Type == tea.KeyEsc:
		m.closeLetter()
		return nil
	case p.letter.sending:
		m.dirty = false
		return nil
	case p.purpose == toDelete:
		if k.String() == "y" && !k.Paste {
			return m.send()
		}
		m.closeLetter()
		return nil
	case k.Type == tea.KeyCtrlJ, k.Type == tea.KeyEnter && k.Alt:
		p.input.insert("\n")
	case k.Type == tea.KeyEnter:
		return m.send()
	case k.Type == tea.KeyPgUp, k.Type == tea.KeyPgDown:
		cmd, _ := m.pressMove(k)
		return cmd
	case !p.input.update(k) && !p.input.full:
		return nil
	}
	p.err = nil
	if p.input.full {
		p.err = fmt.Errorf("a message takes %d characters: what was pasted is left out", action.MaxContent)
	}
	return nil
}

// closeLetter gives up. What was typed is there again for the next message.
func (m *model) closeLetter() {
	if m.prompt.purpose == toWrite {
		m.draft = m.prompt.input.String()
	}
	m.prompt = nil
}

// send writes what was typed into the workspace.
func (m *model) send() tea.Cmd {
	p, l := m.prompt, m.prompt.letter
	l.sent = p.input.String()
	if p.purpose != toDelete && strings.TrimSpace(l.sent) == "" {
		p.err = errors.New("there is nothing to send yet")
		return nil
	}
	l.sending, p.err = true, nil
	ctx, actor, as, op := m.ctx, m.o.Actor, m.o.As, l.op(l.sent)
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(ctx, askTime)
		defer cancel()
		_, err := actor.Do(ctx, as, op)
		return written{l, err}
	}
}

// takeWritten says what came of a letter. One that could not be written is
// still there.
func (m *model) takeWritten(w written) tea.Cmd {
	p, l := m.prompt, w.letter
	l.sending = false
	open := p != nil && p.letter == l
	switch {
	case w.err == nil:
		if open {
			m.prompt = nil
		}
		if m.draft == l.sent {
			m.draft = ""
		}
		return m.say(l.did)
	case open:
		p.err = errors.New(m.unwritten(w.err))
		return nil
	}
	return m.say("could not be written: " + m.unwritten(w.err))
}

// unwritten says why something was not written, with agents as people call
// them.
func (m *model) unwritten(err error) string {
	switch refused, ok := errors.AsType[*action.RefusedError](err); {
	case ok:
		return text.Line(m.names.Refusal(refused.Message))
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return "no answer came: whether it was written shows in the list"
	}
	return text.Line(err.Error())
}

// screenLetter is what is being written as it is drawn: the part around the
// cursor, in one line.
func (m *model) screenLetter() *view.Prompt {
	p := m.prompt
	out := &view.Prompt{Label: p.letter.label, Note: p.letter.about, Input: p.input.window()}
	if text.Width(out.Label) > m.width/2 {
		out.Label = p.letter.short
	}
	if n := strings.Count(p.input.String(), "\n"); n > 0 {
		out.Note = plural(n+1, "line")
	}
	switch {
	case p.letter.sending:
		out.Note = "sending …"
	case p.err != nil:
		out.Error = p.err.Error()
	}
	return out
}

// letterHints are the keys while something is written.
func (m *model) letterHints() []view.Hint {
	switch {
	case m.prompt.letter.sending:
		return []view.Hint{{Key: "esc", Does: "do not wait for the answer"}}
	case m.prompt.purpose == toDelete:
		return []view.Hint{{Key: "y", Does: "delete it"}, {Key: "esc", Does: "back"}}
	case m.prompt.purpose == toEdit:
		return []view.Hint{{Key: "enter", Does: "change it"}, {Key: "esc", Does: "back"}, {Key: "ctrl+j", Does: "new line"}}
	}
	return []view.Hint{{Key: "enter", Does: "send"}, {Key: "esc", Does: "back, keeps the text"}, {Key: "ctrl+j", Does: "new line"}}
}
