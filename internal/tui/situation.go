package tui

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/replay"
	"cslack-stream/internal/tui/line"
	"cslack-stream/internal/tui/text"
	"cslack-stream/internal/tui/view"

	tea "github.com/charmbracelet/bubbletea"
)

// situation is what the watched agent could see where the playhead stands: a
// range alone does not tell what was so before it.
type situation struct {
	wanted bool // it was asked for, and is kept up from then on
	shown  bool // in the pane of what is inspected
	asking bool
	serial int
	at     time.Time     // of which the state is
	state  *replay.State // nil until the first is known
	err    error
}

// situationTold is the state of a moment.
type situationTold struct {
	serial int
	at     time.Time
	state  *replay.State
	err    error
}

// isShown tells whether the pane has the state, and not an event.
func (s *situation) isShown(m *model) bool { return m.playback != nil && m.inspecting && s.shown }

// turnSituation shows or hides the state.
func (m *model) turnSituation() tea.Cmd {
	if len(m.agents) > 1 {
		return m.say("a state is what one agent could see: " + hint(m.keys.Agents, "").Key + " chooses one, or everything")
	}
	m.scroll = 0
	if m.situation.isShown(m) {
		m.situation.shown, m.inspecting = false, false
		return nil
	}
	m.situation.wanted, m.situation.shown, m.inspecting = true, true, true
	if m.situation.err != nil {
		return m.askSituationAgain()
	}
	return m.askSituation()
}

// askSituationAgain tries again if the state could not be read.
func (m *model) askSituationAgain() tea.Cmd {
	if s := &m.situation; s.err != nil {
		s.err = nil
		return m.askSituation()
	}
	return nil
}

// askSituation asks for the state where the playhead stands, if it is wanted and
// another than the one that is known. It is asked for once at a time: whoever
// steps quickly gets that of where it stops.
func (m *model) askSituation() tea.Cmd {
	s := &m.situation
	if m.playback == nil || !s.wanted || s.asking || !m.playback.begun || len(m.agents) > 1 {
		return nil
	}
	at := m.now
	if m.playback.index.Len() == 0 { // a range without events has no moments
		at = cmp.Or(m.o.Replay.At, m.o.Request.Until, m.o.Now())
	}
	if i := m.playback.at - m.playback.from; i > 0 && m.playback.held[i-1].Time().Equal(at) {
		at = at.Add(time.Millisecond) // what happened then has been played
	}
	if s.at.Equal(at) && (s.state != nil || s.err != nil) {
		m.showPlaces()
		return nil
	}
	s.asking = true
	s.serial++
	serial, source, agent, parent := s.serial, m.o.Source, m.agent, m.ctx
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(parent, loadTime)
		defer cancel()
		state, err := replay.StateAt(ctx, source, agent, at)
		return situationTold{serial, at, state, err}
	}
}

// takeSituation takes in a state, and asks again if the playhead has moved on.
func (m *model) takeSituation(told situationTold) tea.Cmd {
	s := &m.situation
	if told.serial != s.serial {
		return nil
	}
	s.asking, s.at, s.state, s.err = false, told.at, told.state, told.err
	if s.err != nil {
		s.state = nil
	}
	switch {
	case m.playback == nil:
		return nil
	case !m.playback.paused:
		m.addPlaces() // the next second asks again
		return nil
	}
	return m.askSituation()
}

// forgetSituation lets go of the state of whom was watched before.
func (m *model) forgetSituation() {
	s := &m.situation
	*s = situation{wanted: s.wanted, serial: s.serial + 1}
}

// leaveSituation lets go of what was so at a moment: what is so now is shown.
// Which channels have been left is known until they are listed, or heard of.
func (m *model) leaveSituation() {
	if m.situation.isShown(m) {
		m.inspecting, m.scroll = false, 0
	}
	m.situation = situation{serial: m.situation.serial + 1}
}

// showPlaces makes the channels those of the state.
func (m *model) showPlaces() {
	if m.situation.state == nil || m.situation.err != nil {
		return
	}
	places := m.situation.state.Places()
	for _, c := range m.channels.all {
		c.gone = !slices.ContainsFunc(places, func(p replay.Place) bool { return p.ID == c.id })
	}
	for _, p := range places {
		m.addPlace(p)
	}
}

// addPlaces adds the channels of the state that no event has told of. Where it
// plays, the others are as they are told later than that.
func (m *model) addPlaces() {
	if m.situation.state == nil {
		return
	}
	for _, p := range m.situation.state.Places() {
		if m.channels.byID[p.ID] == nil {
			m.addPlace(p)
		}
	}
}

func (m *model) addPlace(p replay.Place) {
	c := m.channels.get(p.ID, text.Name(m.placeName(p)), p.Kind)
	c.archived = p.Archived
	if p.Kind == event.KindDirect {
		c.members = p.Members
	}
}

func (m *model) placeName(p replay.Place) string {
	var keys []string
	for _, a := range p.Members {
		keys = append(keys, a.String())
	}
	return m.view.ChannelName(event.Channel{ID: p.ID, Name: p.Name, Kind: p.Kind, Members: keys})
}

// follow takes in that the one agent that is watched left a channel.
func (c *channels) follow(r *line.Record, agents []event.Agent) {
	if ch := c.byID[r.ChannelID()]; ch != nil && r.Type() == event.MemberLeft && len(agents) == 1 && r.From == agents[0] {
		ch.gone = true
	}
}

// mostMember is how wide one name of many can be.
const mostMember = 40

// screenSituation is the state as it is drawn.
func (m *model) screenSituation() *view.Inspect {
	s := &m.situation
	out := &view.Inspect{Title: "state", Scroll: m.scroll}
	switch {
	case s.err != nil:
		out.Body = "The state of this moment can not be read: " + failure(s.err) + ". " + hint(m.keys.Reconnect, "").Key + " tries again."
		return out
	case s.state == nil:
		out.Body = "Reading what was so then …"
		return out
	}
	out.Title = "state at " + m.moment(s.at)
	for _, p := range s.state.Places() {
		var names []string
		for _, a := range p.Members {
			names = append(names, text.Truncate(text.Name(m.names.Short(a, m.agent.Project)), mostMember))
		}
		said := strings.Join(names, ", ")
		if said == "" {
			said = "nobody is known to be in it"
		}
		if p.Archived {
			said = "archived: " + said
		}
		out.Fields = append(out.Fields, view.Field{Name: text.Truncate(text.Name(m.placeName(p)), mostMember), Value: said})
	}
	if len(out.Fields) == 0 {
		out.Body = text.Line(m.address) + " was in no channel."
	}
	out.More = append(m.statuses(), "", m.recordedSince())
	return out
}

// statuses say what the agents were up to.
func (m *model) statuses() []string {
	var lines []string
	for _, a := range m.situation.state.Statuses() {
		status := "said nothing of its status"
		if a.Status != "" {
			status = text.Name(a.Status) + " since " + m.moment(a.Since)
		}
		lines = append(lines, text.Name(m.names.Short(a.Agent, m.agent.Project))+": "+status)
	}
	if len(lines) > 0 {
		lines = append([]string{"", "AGENTS"}, lines...)
	}
	return lines
}

// recordedSince says what no state can tell.
func (m *model) recordedSince() string {
	at := m.situation.state.Recorded()
	switch {
	case m.o.Replay.Derived:
		return "Nothing is recorded: who was a member is unknown, and this is what the tables say now."
	case at.IsZero():
		return "Nothing was recorded before: who was a member is unknown, and this is what the tables said when recording began."
	}
	return "Who was a member before " + m.moment(at) + " was not recorded."
}
