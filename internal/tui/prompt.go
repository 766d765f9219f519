package tui

import (
	"fmt"
	"strings"
	"time"

	"cslack-stream/internal/tui/query"
	"cslack-stream/internal/tui/text"
	"cslack-stream/internal/tui/timeline"
	"cslack-stream/internal/tui/view"

	tea "github.com/charmbracelet/bubbletea"
)

// purpose is what a line is typed for.
type purpose uint8

const (
	toFilter purpose = iota // hide what does not match
	toFind                  // go to what matches
	toJump                  // go to a time
	toExport                // write what is shown to a file
	toWrite                 // a message
	toEdit                  // say something else in a message
	toDelete                // only a yes
)

// prompt is a line that is being typed. What a filter lets through is shown
// as soon as it can be understood.
type prompt struct {
	purpose purpose
	input   input
	before  *query.Query // the filter that was there before
	typed   string       // what was typed before a line of the past was taken
	past    int          // how many lines back that is
	err     error
	letter  *letter // what is written into the workspace, if anything is
}

func (m *model) openPrompt(p purpose) {
	m.prompt = &prompt{purpose: p, before: m.query}
	m.toast = "" // its keys are shown there
	switch p {
	case toFilter:
		m.prompt.input = newInput(m.query.String())
	case toFind:
		m.prompt.input = newInput(m.found.String())
	}
}

func (m *model) pressPrompt(k tea.KeyMsg) tea.Cmd {
	p := m.prompt
	if p.letter != nil {
		return m.pressLetter(k)
	}
	switch k.Type {
	case tea.KeyEnter:
		return m.acceptPrompt()
	case tea.KeyEsc:
		m.prompt = nil
		if p.purpose == toFilter {
			m.query = p.before
			return m.applyFilter()
		}
		return nil
	case tea.KeyUp:
		return m.recall(1)
	case tea.KeyDown:
		return m.recall(-1)
	case tea.KeyPgUp, tea.KeyPgDown:
		cmd, _ := m.pressMove(k)
		return cmd
	}
	switch changed := p.input.update(k); {
	case p.input.full:
		return m.sayFull()
	case !changed:
		return nil
	}
	return m.typed()
}

// sayFull says that what was pasted did not fit into a line.
func (m *model) sayFull() tea.Cmd {
	return m.say(fmt.Sprintf("a line takes %d characters: what was pasted is left out", maxInput))
}

// typed tries what has been typed so far.
func (m *model) typed() tea.Cmd {
	p := m.prompt
	switch p.purpose {
	case toJump:
		_, p.err = m.parseTime(p.input.String())
		return nil
	case toExport:
		p.err = nil
		return nil
	}
	q, err := query.Parse(p.input.String(), query.Options{Now: m.now, Location: m.o.Location})
	if err == nil {
		err = q.CheckWatched(m.agents, m.names)
	}
	if p.err = err; err != nil || p.purpose != toFilter {
		return nil // the last one that could be understood holds
	}
	m.query = q
	return m.applyFilter()
}

func (m *model) parseTime(s string) (time.Time, error) {
	return query.ParseTime(strings.TrimPrefix(strings.TrimSpace(s), "-"), m.now, m.o.Location)
}

// recall takes a filter that was typed before, or goes back to newer ones.
func (m *model) recall(step int) tea.Cmd {
	p := m.prompt
	at := p.past + step
	if p.purpose > toFind || at < 0 || at > len(m.history) {
		return nil
	}
	if p.past == 0 {
		p.typed = p.input.String()
	}
	if p.past = at; at == 0 {
		p.input = newInput(p.typed)
	} else {
		p.input = newInput(m.history[len(m.history)-at])
	}
	return m.typed()
}

// mostHistory bounds what is remembered of what was typed.
const mostHistory = 100

// acceptPrompt does what was typed, unless it can not be understood.
func (m *model) acceptPrompt() tea.Cmd {
	p := m.prompt
	line := strings.TrimSpace(p.input.String())
	if p.purpose == toExport && line == "" {
		return m.say("a name is needed")
	}
	if p.err != nil && p.purpose != toExport {
		return nil
	}
	m.prompt = nil
	if line != "" && p.purpose <= toFind {
		m.remember(line)
	}
	switch p.purpose {
	case toFind:
		m.found, _ = query.Parse(line, query.Options{Now: m.now, Location: m.o.Location})
		if m.playback != nil {
			return m.find(1)
		}
		return m.find(-1)
	case toJump:
		return m.jump(line)
	case toExport:
		return m.export(line)
	}
	return nil
}

// remember keeps a line so that it can be recalled.
func (m *model) remember(line string) {
	if len(m.history) == 0 || m.history[len(m.history)-1] != line {
		m.history = append(m.history[max(0, len(m.history)-mostHistory+1):], line)
	}
}

// find goes to the next row that was looked for.
func (m *model) find(step int) tea.Cmd {
	if m.found.Empty() {
		return m.say("nothing was looked for yet: " + hint(m.keys.Find, "").Key + " finds")
	}
	where := "above"
	if step > 0 {
		where = "below"
	}
	match := func(r *timeline.Row) bool { return r.Record != nil && m.matches(m.found, r.Record) }
	if m.playback != nil && step > 0 {
		if !m.timeline.Following() && m.timeline.Seek(step, match) {
			return nil
		}
		if cmd, ok := m.playTo(match); ok {
			return cmd
		}
		if m.timeline.Following() {
			return m.say("nothing further matches " + text.Line(m.found.String()) + m.amongHeld())
		}
	}
	return m.seek(step, match, "nothing "+where+" matches "+text.Line(m.found.String()))
}

// jump goes to the first event at or after a time.
func (m *model) jump(line string) tea.Cmd {
	at, err := m.parseTime(line)
	if line == "" || err != nil {
		return nil
	}
	if m.playback != nil {
		return m.moveToTime(at)
	}
	for i := range m.timeline.Len() {
		if r := m.timeline.At(i); r.Record != nil && !r.Record.Time().Before(at) {
			m.timeline.Select(r.Key)
			return nil
		}
	}
	m.timeline.Follow()
	return m.say("nothing happened since " + at.In(m.o.Location).Format(time.DateTime))
}

// screenPrompt is the prompt as it is drawn.
func (m *model) screenPrompt() *view.Prompt {
	p := m.prompt
	if p.letter != nil {
		return m.screenLetter()
	}
	out := &view.Prompt{Label: "/ ", Input: p.input.view()}
	switch p.purpose {
	case toFilter:
		out.Note = fmt.Sprintf("%d of %d match", m.timeline.Shown(), m.timeline.Events())
	case toFind:
		out.Label = `\ `
	case toJump:
		out.Label, out.Note = "go to ", "14:02, 20m, yesterday 9:00"
	case toExport:
		out.Label, out.Note = "export "+plural(m.timeline.Shown(), "event")+" to ", "JSON lines"
	}
	if p.err != nil && p.input.String() != "" {
		out.Error = p.err.Error()
		if p.purpose <= toFind {
			out.Note = "not yet a filter"
		}
	}
	return out
}
