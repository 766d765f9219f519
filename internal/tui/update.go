package tui

import (
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/tui/line"
	"cslack-stream/internal/tui/text"
	"cslack-stream/internal/tui/timeline"

	tea "github.com/charmbracelet/bubbletea"
)

// Update implements tea.Model.
func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	m.dirty = true
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case tea.KeyMsg:
		return m, tea.Batch(m.pressAll(msg), m.wonder())
	case tick:
		return m, m.takeTime(time.Time(msg))
	case batch:
		return m, tea.Batch(m.take(msg), m.wonder())
	case playTick:
		return m, m.play(msg)
	case matrixNews:
		return m, m.takeMatrix(msg)
	case refilter:
		if msg.id == m.filterID && m.timeline.Refilter(refilterStep) {
			return m, m.refilterCmd()
		}
	case older:
		return m, m.takeOlder(msg)
	case missing:
		return m, m.takeMissing(msg)
	case situationTold:
		return m, m.takeSituation(msg)
	case latest:
		m.takeLatest(msg)
	case channelList:
		if msg.serial == m.serial {
			m.listed(msg)
			m.learnChannels(msg.channels)
		}
	case agentList:
		m.takeAgents(msg.infos)
	case bookmarkList:
		return m, m.takeBookmarks(msg)
	case firstTime:
		return m, m.takeFirst(msg)
	case exported:
		return m, m.takeExported(msg)
	case tea.MouseMsg:
		return m, tea.Batch(m.pressMouse(msg), m.wonder())
	case wheelEnd:
		m.scrollWheel()
		return m, m.wonder()
	case rested:
		return m, m.takeRested(msg.question)
	case explained:
		m.takeExplained(msg)
	case written:
		return m, m.takeWritten(msg)
	case pagerEnded:
		return m, m.takePagerEnd(msg)
	case toastShow:
		return m, m.say(msg.text)
	case toastEnd:
		if msg.id == m.toastID {
			m.toast = ""
		}
	case tea.ResumeMsg:
		if m.mouse {
			return m, tea.EnableMouseCellMotion
		}
	default:
		m.dirty = false
	}
	return m, nil
}

// View implements tea.Model.
func (m *model) View() string {
	if m.dirty {
		m.drawn, m.dirty = m.draw(), false
	}
	return m.drawn
}

// takeTime lets a second pass. In a playback time is what is played, and the
// rest of the screen does not change by itself.
func (m *model) takeTime(now time.Time) tea.Cmd {
	mishap := m.sayMishap()
	if m.playback != nil {
		m.playback.wall = now
		m.dirty = mishap != nil
		if !m.situation.isShown(m) {
			return tea.Batch(m.tickCmd(), mishap)
		}
		return tea.Batch(m.tickCmd(), mishap, m.askSituation())
	}
	m.now = now
	m.meter.advance(now)
	m.listen()
	if m.matrix != nil {
		m.matrix.meter.advance(now)
	}
	return tea.Batch(m.tickCmd(), mishap)
}

// sayMishap shows what went wrong beside the view.
func (m *model) sayMishap() tea.Cmd {
	if m.o.Mishap == nil {
		return nil
	}
	if said := m.o.Mishap(); said != "" {
		return m.say(text.Line(said))
	}
	return nil
}

// takeAgents takes in which agents there are.
func (m *model) takeAgents(infos []event.AgentInfo) {
	m.o.Infos = infos
	m.names = line.NewNames(infos)
	m.view.Names = m.names
	if m.playback == nil { // of the past nothing but its events is known
		m.attention.Start(infos)
		m.meet(infos)
	}
	if m.matrix != nil {
		m.matrix.join(infos)
	}
	m.refreshPicker()
}

// say shows for a while what has happened.
func (m *model) say(text string) tea.Cmd {
	m.toastID++
	m.toast = text
	id := m.toastID
	return tea.Tick(toastTime, func(time.Time) tea.Msg { return toastEnd{id} })
}

// take takes in what the feed told.
func (m *model) take(b batch) tea.Cmd {
	if b.serial != m.serial {
		m.dirty = false
		return nil
	}
	if m.playback != nil {
		return m.takeRange(b)
	}
	m.now = b.at
	m.listen()
	for _, n := range b.news {
		switch {
		case n.state != nil:
			m.connect(*n.state, b.at)
			if !n.cursor.IsZero() {
				m.cursor = n.cursor
			}
			if n.state.phase == live {
				m.placeStartCheck()
			}
		case n.gap != nil:
			m.gaps++
			m.attention.Miss()
			m.timeline.AppendGap(timeline.Missing{Count: n.gap.Count, Reason: n.gap.Reason})
		default:
			m.takeEvents(n, b.at)
		}
	}
	var cmd tea.Cmd
	if m.rejudge {
		m.rejudge = false
		cmd = m.applyFilter()
	}
	if b.closed {
		return cmd
	}
	cmds := []tea.Cmd{cmd, collect(m.feed, m.serial)}
	if m.conn.phase == live {
		cmds = append(cmds, m.lookForLatest())
	}
	return tea.Batch(cmds...)
}

// connect takes in how good the stream is.
func (m *model) connect(c connection, at time.Time) {
	if !m.conn.goesOn(c) {
		m.since = at
	}
	m.conn = c
	m.complete = m.complete || c.phase == live
}

func (m *model) takeEvents(n news, at time.Time) {
	m.cursor = n.cursor
	for _, e := range n.events {
		m.names.Learn(e)
		r := m.view.Record(e)
		if m.fold.Hides(r) || m.attend(r) || m.o.Admit != nil && !m.o.Admit(r) {
			continue
		}
		m.events++
		m.timeline.Append(r)
		m.channels.note(r, !n.past)
		if m.conn.phase == live && !e.Backfilled { // else it tells nothing of now
			m.meter.add(r.Time(), at)
		}
	}
}

// filter is what the list is narrowed to; nil if to nothing.
func (m *model) filter() func(*line.Record) bool {
	q, channel := m.query, m.channels.chosen
	if q.Empty() && channel == "" {
		return nil
	}
	return func(r *line.Record) bool {
		return (channel == "" || r.ChannelID() == channel) && m.matches(q, r)
	}
}

const (
	firstRefilter = 2000 // events that are filtered before the next frame
	refilterStep  = 5000
)

// applyFilter narrows the list to what was asked for: the newest events at
// once, and others as there is time.
func (m *model) applyFilter() tea.Cmd {
	m.filterID++
	m.timeline.SetFilter(m.filter())
	if m.timeline.Refilter(firstRefilter) {
		return m.refilterCmd()
	}
	return nil
}

func (m *model) refilterCmd() tea.Cmd {
	id := m.filterID
	return func() tea.Msg { return refilter{id} }
}

// inspected is the row that is looked at; nil if there is none.
func (m *model) inspected() *timeline.Row {
	t := m.timeline
	if m.matrix != nil {
		t = m.matrix.timeline
	}
	i := t.Selected()
	if t.Following() {
		i = t.Len() - 1
	}
	if i < 0 {
		return nil
	}
	return t.At(i)
}

// record is the event that is looked at; nil if there is none.
func (m *model) record() *line.Record {
	if r := m.inspected(); r != nil {
		return r.Record
	}
	return nil
}

// forMe tells whether a row is addressed to the agent that is watched.
func forMe(r *timeline.Row) bool { return r.Record != nil && r.Record.Addressed }

// isRule tells whether a row parts others.
func isRule(r *timeline.Row) bool { return r.Kind != timeline.Event && r.Kind != timeline.AtEdge }

// isDirect tells whether an event is a direct message.
func isDirect(r *line.Record) bool { return r.Channel.Kind == event.KindDirect }
