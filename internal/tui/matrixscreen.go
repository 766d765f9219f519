package tui

import (
	"slices"
	"strings"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/tui/attention"
	"cslack-stream/internal/tui/line"
	"cslack-stream/internal/tui/text"
	"cslack-stream/internal/tui/timeline"
	"cslack-stream/internal/tui/view"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// gradeWords are how the cells of who sees what say the grades.
var gradeWords = map[attention.Grade]string{
	attention.Hidden:     "-",
	attention.Sent:       "sent",
	attention.Checked:    "ok",
	attention.MayWait:    "wait?",
	attention.Waits:      "wait",
	attention.Unrecorded: view.NoCheck,
	attention.Gone:       "del",
}

// pressMatrix handles a key while who sees what is shown.
func (m *model) pressMatrix(k tea.KeyMsg) tea.Cmd {
	x, t := m.matrix, m.matrix.timeline
	page := max(1, m.matrixLayout().ListHeight-1)
	before := t.Selected()
	switch {
	case k.Paste:
		m.dirty = false
	case m.help != nil:
		return m.pressHelp(k)
	case key.Matches(k, m.keys.Close, m.keys.Quit) && x.inspecting:
		x.inspecting, x.scroll = false, 0
	case key.Matches(k, m.keys.Close, m.keys.Quit, m.keys.Matrix):
		m.closeMatrix()
	case key.Matches(k, m.keys.Left):
		x.selected = max(0, x.selected-1)
	case key.Matches(k, m.keys.Right):
		x.selected = min(max(0, len(x.agents)-1), x.selected+1)
	case m.pressRow(k, t, page):
	default:
		return m.pressMatrixRow(k)
	}
	if t.Selected() != before {
		x.scroll = 0
	}
	return nil
}

// pressMatrixRow handles the keys for what is looked at.
func (m *model) pressMatrixRow(k tea.KeyMsg) tea.Cmd {
	x := m.matrix
	switch {
	case key.Matches(k, m.keys.Inspect):
		if x.inspecting = !x.inspecting && x.timeline.Len() > 0; x.inspecting {
			x.timeline.Pause()
		}
		x.scroll = 0
	case key.Matches(k, m.keys.ScrollUp):
		x.scroll = max(0, x.scroll-1)
	case key.Matches(k, m.keys.ScrollDown) && x.inspecting:
		l := m.matrixLayout()
		s := view.Screen{Inspect: m.inspectRow(m.inspected(), x.scroll, x.track)}
		x.scroll = min(x.scroll+1, view.MaxScroll(s.InspectLines(l.Layout), l.InspectHeight-1))
	case key.Matches(k, m.keys.Wrap):
		x.waiting = !x.waiting
		x.narrow()
	case key.Matches(k, m.keys.Why):
		return m.whyEach()
	case key.Matches(k, m.keys.Copy):
		return m.copyText()
	case key.Matches(k, m.keys.CopyJSON):
		return m.copyJSON()
	case key.Matches(k, m.keys.Reconnect):
		if x.conn.phase == lost {
			x.feed.again()
		}
	case key.Matches(k, m.keys.Help):
		m.help = new(helping)
	default:
		m.dirty = false
	}
	return nil
}

// matrixLayout says where things are while who sees what is shown.
func (m *model) matrixLayout() view.MatrixLayout {
	return view.ArrangeMatrix(m.matrixColumns(), m.width, m.height, m.matrix.inspecting)
}

// matrixColumns are the columns of who sees what, without rows.
func (m *model) matrixColumns() *view.Matrix {
	x := m.matrix
	out := &view.Matrix{Selected: x.selected}
	for _, a := range x.agents {
		out.Agents = append(out.Agents, text.Name(m.names.Short(a, m.agent.Project)))
	}
	return out
}

// screenMatrix is who sees what as it is drawn.
func (m *model) screenMatrix() view.Screen {
	x := m.matrix
	s := view.Screen{Theme: m.o.Theme, Matrix: m.matrixColumns(), Header: m.matrixHeader()}
	l := view.ArrangeMatrix(s.Matrix, m.width, m.height, x.inspecting)
	s.Footer = m.matrixFooter(s.Matrix)
	rows, _ := x.timeline.Window(l.ListHeight, func(*timeline.Row) int { return 1 })
	selected := uint64(0)
	if i := x.timeline.Selected(); i >= 0 {
		selected = x.timeline.At(i).Key
	}
	for _, r := range rows {
		row := view.MatrixRow{Row: m.matrixRow(r)}
		row.Selected = r.Key == selected
		if r.Record != nil {
			for _, a := range x.agents[l.First : l.First+l.Agents] {
				row.Cells = append(row.Cells, m.cell(a, r.Record))
			}
		}
		s.Matrix.Rows = append(s.Matrix.Rows, row)
	}
	s.Matrix.Notice = m.matrixNotice()
	if x.inspecting {
		s.Inspect = m.inspectRow(m.inspected(), x.scroll, x.track)
	}
	return s
}

func (m *model) matrixRow(r *timeline.Row) view.Row {
	switch r.Kind {
	case timeline.Day:
		return view.Row{Kind: view.DayRule, Text: r.Day.Format("Mon 2 Jan 2006")}
	case timeline.Gap:
		return view.Row{Kind: view.GapRule, Text: m.missing(r.Missing)}
	}
	rec := r.Record
	return view.Row{
		Time: rec.Time().In(m.o.Location).Format(time.TimeOnly), Where: rec.Where, Who: rec.Who, WhoColor: line.ColorOf(rec.Sender),
		Text: rec.Line(), Quiet: !rec.HasContent(),
	}
}

// cell is what is known of one agent and one row.
func (m *model) cell(a event.Agent, r *line.Record) view.Cell {
	if r.From == a {
		switch r.Type() {
		case event.MemberJoined:
			return view.Cell{Text: "JOIN"}
		case event.MemberLeft:
			return view.Cell{Text: "LEFT"}
		}
	}
	g := m.matrix.track.Grade(a, r, m.now)
	c := view.Cell{Text: gradeWords[g], Open: g.Waiting()}
	if c.Open && m.matrix.addresses(a, r) {
		c.Loud, c.Text = true, strings.ToUpper(c.Text)
	}
	return c
}

func (m *model) matrixHeader() view.Header {
	x := m.matrix
	h := view.Header{Who: "who sees what", Clock: m.now.In(m.o.Location).Format(time.TimeOnly)}
	h.State, h.Word = m.stateOf(x.conn, x.since)
	h.Rates, h.Rate = x.meter.bars(9), x.meter.rate()
	if x.conn.phase == live {
		h.Latency = x.meter.latency(m.width >= wide)
	}
	return h
}

// mostBacklogs bounds for how many agents it is said what waits.
const mostBacklogs = 8

// matrixFooter says for whom something waits, the selected agent first.
func (m *model) matrixFooter(names *view.Matrix) view.Footer {
	x, k := m.matrix, &m.keys
	only := "only waiting"
	if x.waiting {
		only = "everything"
	}
	f := view.Footer{Toast: m.toast, Hints: []view.Hint{
		hint(k.Close, "back"),
		pair(k.Up, k.Down, "select"), pair(k.Left, k.Right, "agent"),
		hint(k.Help, "help"), hint(k.Wrap, only), hint(k.Inspect, "inspect"),
	}}
	if !x.timeline.Following() {
		f.Status = "PAUSED"
		if n := x.timeline.New(); n > 0 {
			f.Status += " +" + plural(n, "row")
		}
	}
	order := make([]int, len(x.agents))
	for i := range order {
		order[i] = i
	}
	if x.selected < len(order) {
		order = slices.Insert(slices.Delete(order, x.selected, x.selected+1), 0, x.selected)
	}
	var said []string
	for _, i := range order {
		if s := x.backlog(x.agents[i], names.Agents[i], m.now); s != "" {
			said = append(said, s)
		}
		if len(said) == mostBacklogs {
			break
		}
	}
	f.Detail = strings.Join(said, "   ")
	switch {
	case x.untold:
		f.Detail = "this source does not say who may see what"
	case len(said) > 0 || x.conn.phase != live:
	case !x.track.Any():
		f.Detail = "no check of any agent was recorded yet: what waits is not known"
	default:
		f.Detail = "nothing waits for an agent of whom checks are known"
	}
	return f
}

// matrixNotice says why there are no rows.
func (m *model) matrixNotice() []string {
	switch x := m.matrix; {
	case x.waiting && x.timeline.Events() > 0:
		return []string{"Nothing waits for an agent of whom checks are known.", "", hint(m.keys.Wrap, "").Key + " shows everything"}
	case x.conn.phase == live:
		return []string{"No messages yet."}
	}
	return []string{"Connecting to " + text.Line(m.o.Where) + " …"}
}
