package tui

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/tui/line"
	"cslack-stream/internal/tui/text"
	"cslack-stream/internal/tui/view"
)

// presence is when agents were last heard of.
type presence map[event.Agent]sighting

// sighting is what an agent did last.
type sighting struct {
	at     time.Time
	joined bool // that is all it did
}

// note takes note of who did what r tells.
func (p presence) note(r *line.Record) {
	switch r.Type() {
	case event.AgentChecked, event.MemberLeft:
		return
	case event.MemberJoined, event.AgentRegistered:
		if s := p[r.From]; s.at.IsZero() || s.joined {
			p[r.From] = sighting{r.Time(), true}
		}
		return
	}
	if !r.From.IsZero() && r.From != line.System {
		p[r.From] = sighting{r.Time(), false}
	}
}

// meet takes in when agents were active before the stream began.
func (m *model) meet(infos []event.AgentInfo) {
	for _, i := range infos {
		a := i.Key()
		known := m.presence[a]
		if m.o.LastActive != nil {
			if at, ok := m.o.LastActive(i); ok && at.After(known.at) {
				known = sighting{at: at}
			}
		}
		m.presence[a] = known
	}
}

// seenAgent is one agent of the pane, and when it was heard of or checked.
type seenAgent struct {
	agent event.Agent
	sighting
	checked time.Time
}

func (s *seenAgent) last() time.Time {
	if s.checked.After(s.at) {
		return s.checked
	}
	return s.at
}

// present are the n agents that were last heard of, the watched one first and
// the others by name, so that they keep their places.
func (m *model) present(n int) []view.Present {
	if n <= 0 {
		return nil
	}
	all := make([]seenAgent, 0, len(m.presence))
	for a, h := range m.presence {
		checked, _ := m.attention.Last(a)
		all = append(all, seenAgent{a, h, checked})
	}
	watched := func(s seenAgent) int {
		if s.agent == m.agent {
			return 0
		}
		return 1
	}
	slices.SortFunc(all, func(a, b seenAgent) int {
		return cmp.Or(cmp.Compare(watched(a), watched(b)), b.last().Compare(a.last()), strings.Compare(a.agent.String(), b.agent.String()))
	})
	all = all[:min(n, len(all))]
	slices.SortFunc(all, func(a, b seenAgent) int {
		return cmp.Or(cmp.Compare(watched(a), watched(b)), strings.Compare(a.agent.String(), b.agent.String()))
	})
	var out []view.Present
	for _, s := range all {
		p := view.Present{Name: text.Name(m.names.Short(s.agent, m.agent.Project))}
		since := func(t time.Time) string { return strings.TrimSuffix(m.ago(t), " ago") }
		switch {
		case s.last().IsZero():
			p.Did = "never active"
		case s.checked.After(s.at):
			p.Active, p.Did = true, "checked "+since(s.checked)
		case s.joined:
			p.Did = "joined " + since(s.at)
		default:
			p.Active, p.Did = true, "active "+since(s.at)
		}
		if m.agent.IsZero() {
			p.Waiting = m.attention.Backlog(s.agent).Total
		}
		out = append(out, p)
	}
	return out
}

// session says what was seen since the view was opened.
func (m *model) session() []string {
	said := []string{plural(m.events, "event")}
	if m.gaps > 0 {
		said = append(said, plural(m.gaps, "gap"))
	}
	return said
}
