package tui

import (
	"context"
	"slices"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/tui/attention"
	"cslack-stream/internal/tui/text"

	tea "github.com/charmbracelet/bubbletea"
)

const (
	// restTime is how long one looks at an event before it is asked why it is
	// there: whoever walks through the list asks nothing.
	restTime = 150 * time.Millisecond
	// mostWhys bounds the answers that are kept.
	mostWhys = 1000
)

// question is why an agent got an event, or did not.
type question struct {
	id    string
	agent event.Agent
}

// reasons are the questions that were asked, with the answers that have come;
// empty is none.
type reasons struct {
	answers map[question]string
	resting question // what may be asked soon
}

// rested tells that nothing else has been looked at for restTime.
type rested struct{ question }

// explained are answers that have come.
type explained map[question]event.Why

// wonder asks soon why the one agent that is watched got the event that is
// inspected, unless that is known, or another event is looked at then.
func (m *model) wonder() tea.Cmd {
	q := m.wondering()
	if q == m.reasons.resting {
		return nil
	}
	if m.reasons.resting = q; q.id == "" {
		return nil
	}
	return tea.Tick(restTime, func(time.Time) tea.Msg { return rested{q} })
}

// wondering is what is not known of what is inspected; zero if nothing is to
// be asked.
func (m *model) wondering() question {
	if m.o.Why == nil || !m.inspecting || m.matrix != nil || len(m.agents) != 1 || m.situation.isShown(m) {
		return question{}
	}
	r := m.record()
	if r == nil {
		return question{}
	}
	q := question{r.ID(), m.agent}
	if _, asked := m.reasons.answers[q]; asked {
		return question{}
	}
	return q
}

// takeRested asks what has been looked at for long enough.
func (m *model) takeRested(q question) tea.Cmd {
	m.dirty = false
	if q != m.reasons.resting {
		return nil
	}
	return m.ask(q)
}

// whyEach asks why all who are listed see the event that is looked at.
func (m *model) whyEach() tea.Cmd {
	r := m.record()
	switch {
	case r == nil:
		return m.say("no event is selected")
	case m.o.Why == nil:
		return m.say("this source does not say why agents see an event")
	}
	agents, ok := attention.Audience(r.Event)
	if !ok {
		return m.say("this source does not say who sees an event")
	}
	var all []question
	for _, a := range agents[:min(len(agents), mostElse)] {
		all = append(all, question{r.ID(), a})
	}
	return m.ask(all...)
}

// ask asks questions, one after the other. One without an answer is not asked
// again.
func (m *model) ask(all ...question) tea.Cmd {
	if len(m.reasons.answers)+len(all) > mostWhys || m.reasons.answers == nil {
		m.reasons.answers = make(map[question]string)
	}
	for _, q := range all {
		if _, asked := m.reasons.answers[q]; !asked {
			m.reasons.answers[q] = ""
		}
	}
	why, ctx := m.o.Why, m.ctx
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(ctx, askTime)
		defer cancel()
		answers := make(explained)
		for _, q := range all {
			if w, err := why(ctx, q.id, q.agent); err == nil {
				answers[q] = w
			}
		}
		return answers
	}
}

// takeExplained keeps answers; only those about what is looked at are shown.
func (m *model) takeExplained(answers explained) {
	for q, w := range answers {
		if _, asked := m.reasons.answers[q]; asked {
			m.reasons.answers[q] = w.Sentence(text.Name(m.names.Address(q.agent)), func(key string) string { return text.Name(m.names.OfKey(key)) }, m.o.Location)
		}
	}
}

// whyOf is the answer why an agent got an event, empty as long as there is
// none.
func (m *model) whyOf(id string, a event.Agent) string {
	return text.Line(m.reasons.answers[question{id, a}])
}

// offerWhy says which key tells why agents see an event, unless it was told.
func (m *model) offerWhy(id string, agents []event.Agent) string {
	told := func(a event.Agent) bool { return m.whyOf(id, a) != "" }
	if m.o.Why == nil || len(agents) == 0 || slices.ContainsFunc(agents, told) {
		return ""
	}
	return "   " + hint(m.keys.Why, "").Key + " says why"
}
