package tui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/tui/attention"
	"cslack-stream/internal/tui/line"
	"cslack-stream/internal/tui/query"
	"cslack-stream/internal/tui/text"
	"cslack-stream/internal/tui/timeline"
	"cslack-stream/internal/tui/view"
)

// aboutChecks says what a check proves.
const aboutChecks = `Claude-Slack does not record a call that repeats another within ten minutes, with the same inputs. What was posted later than this may have been read by such a call; that it was not is likely only when ten minutes went by without another record.`

// startAttention begins to follow who checks what. A stream that is narrowed
// in a way that hides checks can not tell: then nothing is known of them.
func (m *model) startAttention(req *event.Request) {
	m.attention, m.startCheck, m.rejudge = attention.New(m.agent), time.Time{}, false
	m.askForChecks(req)
	if len(req.Filter.Channels) > 0 || !req.Filter.Admits(event.AgentChecked) {
		return
	}
	m.attention.Start(m.o.Infos)
	if !m.agent.IsZero() {
		m.startCheck, _ = m.attention.Last(m.agent)
	}
}

// askForChecks makes a request tell who checks what, and who sees what.
func (m *model) askForChecks(req *event.Request) {
	req.Audience = req.Audience || req.Operator
	req.Filter = withChecks(req.Filter)
}

// withChecks asks for checks besides the types that were asked for.
func withChecks(f event.Filter) event.Filter {
	if !f.Admits(event.AgentChecked) && slices.Contains(event.Types, event.AgentChecked) {
		f.Types = append(slices.Clip(f.Types), string(event.AgentChecked))
	}
	return f
}

// attend takes in what a record says of checks. It reports whether that is
// all that the record is for: the checks of the watched agent are one row,
// which moves.
func (m *model) attend(r *line.Record) (done bool) {
	if !m.startCheck.IsZero() && r.Time().After(m.startCheck) {
		m.placeStartCheck()
	}
	m.presence.note(r)
	m.attention.Take(r, r.HasContent() && priority(r) == "high")
	switch r.Type() {
	case event.MessageDeleted:
		m.rejudge = m.rejudge || m.query.NeedsWaiting()
	case event.AgentChecked:
		m.rejudge = m.rejudge || m.query.NeedsWaiting()
		if r.Checked != nil && r.From == m.agent && !line.IsSearch(r.Checked) {
			m.timeline.AppendCheck(r.Time(), text.Name(strings.Join(r.Checked.Channels, ", ")))
			return true
		}
		return !m.o.Request.Filter.Admits(event.AgentChecked) // it was not asked for
	}
	return false
}

// placeStartCheck makes the check before the stream a row.
func (m *model) placeStartCheck() {
	if at := m.startCheck; !at.IsZero() {
		m.startCheck = time.Time{}
		m.timeline.AppendCheck(at, "")
	}
}

// learnChannels takes note of how channels are called, for checks that name
// them.
func (m *model) learnChannels(all []event.Channel) {
	for _, c := range all {
		if c.Kind == event.KindChannel {
			m.attention.Learn(c.ID, c.Name)
		}
	}
}

// matches asks q about r, having found out what waits if q asks for that.
func (m *model) matches(q *query.Query, r *line.Record) bool {
	if q.NeedsWaiting() {
		r.Waiting = m.attention.Waits(m.agent, r)
	}
	return q.Match(r)
}

// tally is what the channels count: what waits for the watched agent, if it
// was ever seen checking, else what is new. Of several agents each has its own.
func (m *model) tally() tally {
	if len(m.agents) > 1 || !m.attention.Known(m.agent) {
		return m.channels.news()
	}
	waiting := m.attention.Backlog(m.agent)
	return tally{"WAITING", waiting.Total, func(ch *channel) (int, bool) {
		n := waiting.Channels[ch.id]
		return n.Messages, n.Urgent
	}}
}

// checkRule is the row of a check: "alice last seen checking 14:29:40 · 6
// newer below".
func (m *model) checkRule(r *timeline.Row) string {
	who := text.Name(m.agent.Name)
	what := m.moment(r.Checked)
	if r.Of != "" {
		what = text.Truncate(r.Of, 32) + " " + what
	}
	if !m.timeline.NewestCheck(r.Key) {
		return who + " was seen checking " + what
	}
	waiting := m.attention.Backlog(m.agent)
	count := fmt.Sprint(waiting.Total)
	if waiting.More {
		count += "+"
	}
	switch {
	case r.Of != "":
		count += " waiting"
	case count == "0":
		count = "nothing newer"
	default:
		count += " newer below"
	}
	return who + " last seen checking " + what + " · " + count
}

// moment is a time as sentences have it: with its day if that is another.
func (m *model) moment(t time.Time) string {
	t = t.In(m.o.Location)
	if t.Format(time.DateOnly) == m.now.In(m.o.Location).Format(time.DateOnly) {
		return t.Format(time.TimeOnly)
	}
	return t.Format("Mon 2 Jan 15:04:05")
}

// seen says whether a was seen checking since r was posted; empty if that
// means nothing.
func (m *model) seen(a event.Agent, r *line.Record, known *attention.Track) string {
	at, ok := known.Covering(a, r.Event.Channel)
	switch known.Grade(a, r, m.now) {
	case attention.Checked:
		return "ok: checked at " + m.moment(at)
	case attention.MayWait, attention.Waits:
		if !ok {
			return "not seen checking this channel since this was posted"
		}
		return "last seen checking " + m.moment(at) + ", before this was posted"
	case attention.Unrecorded:
		return "no check of this agent was ever recorded"
	case attention.Gone:
		return "not seen checking before this was deleted"
	}
	return ""
}

// waitingOf says what waits for an agent, as far as the host's records tell.
func waitingOf(i event.AgentInfo) string {
	switch {
	case i.CheckedAt == nil || i.Waiting == nil:
		return ""
	case *i.Waiting == 0:
		return "up to date"
	}
	return fmt.Sprintf("%d waiting", *i.Waiting)
}

// onlyChecks tells whether rows say nothing but when the agent was seen.
func onlyChecks(rows []view.Row) bool {
	return !slices.ContainsFunc(rows, func(r view.Row) bool { return r.Kind != view.CheckRule })
}

// mostElse bounds how many agents are listed.
const mostElse = 40

// whoElse lists who may see an event besides the watched agent, if that is
// known, and what is known of them and it.
func (m *model) whoElse(r *line.Record, known *attention.Track) []string {
	agents, ok := attention.Audience(r.Event)
	if !ok {
		return nil
	}
	title := "WHO SEES IT"
	if len(m.agents) == 1 && m.matrix == nil {
		title = "WHO ELSE SEES IT"
		agents = slices.DeleteFunc(agents, func(a event.Agent) bool { return a == m.agent })
	}
	lines := []string{"", title + m.offerWhy(r.ID(), agents)}
	if len(agents) == 0 {
		return append(lines, "nobody else can see this")
	}
	more := len(agents) - mostElse
	agents = agents[:min(len(agents), mostElse)]
	names := make([]string, len(agents))
	width := 0
	for i, a := range agents {
		names[i] = text.Name(m.names.Short(a, m.agent.Project))
		width = max(width, min(16, text.Width(names[i])))
	}
	for i, a := range agents {
		lines = append(lines, strings.TrimRight(text.Fit(names[i], width)+"  "+m.graded(a, r, known), " "))
		if why := m.whyOf(r.ID(), a); why != "" {
			lines = append(lines, "  "+why)
		}
	}
	if more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	return lines
}

// graded says what is known of an agent and a message: "wait? (last seen
// checking 14:29:40)". Of others than its agent a stream tells no checks.
func (m *model) graded(a event.Agent, r *line.Record, known *attention.Track) string {
	g := known.Grade(a, r, m.now)
	word := gradeWords[g]
	switch {
	case g == attention.Sent:
		return "sender"
	case g == attention.Checked:
		at, _ := known.Covering(a, r.Event.Channel)
		return "ok, checked at " + m.moment(at)
	case !known.Tells(a):
		return ""
	case g == attention.Unrecorded:
		return "no check ever recorded"
	case g == attention.Gone:
		return "not seen checking before it was deleted"
	case !g.Waiting():
		return ""
	}
	if m.names.Addresses(a, r) {
		word = strings.ToUpper(word)
	}
	if at, ok := known.Covering(a, r.Event.Channel); ok {
		return word + " (last seen checking " + m.moment(at) + ")"
	}
	return word
}
