package tui

import (
	"strconv"

	"cslack-stream/internal/tui/line"
	"cslack-stream/internal/tui/text"
	"cslack-stream/internal/tui/timeline"

	tea "github.com/charmbracelet/bubbletea"
)

// seekThread goes to the next event of the same thread.
func (m *model) seekThread(step int) tea.Cmd {
	r := m.record()
	if r == nil {
		return m.say("no event is selected whose thread could be followed")
	}
	thread := m.threadOf(r)
	if thread == "" {
		return m.say("this event is in no thread")
	}
	where := "above"
	if step > 0 {
		where = "below"
	}
	in := func(row *timeline.Row) bool {
		return row.Record != nil && row.Record != r && inThread(row.Record, thread)
	}
	return m.seek(step, in, "nothing further "+where+" is in this thread")
}

// inThread tells whether r is in a thread, or what others have as theirs.
func inThread(r *line.Record, thread string) bool {
	return r.IsMessage && (r.Thread == thread || messageID(r) == thread)
}

// messageID is the id of a message as threads have it.
func messageID(r *line.Record) string { return r.Event.EntityID }

// replies is the flag of a message that others have as their thread.
func (m *model) replies(r *line.Record) string {
	if !m.timeline.Threads() || !r.HasContent() {
		return ""
	}
	switch n := m.timeline.Replies(messageID(r)); {
	case n == 0:
		return ""
	case n > 99:
		return "↳99+"
	default:
		return "↳" + strconv.Itoa(n)
	}
}

// root is the message that began a thread, as it was looked up for a row.
type root struct {
	row    uint64
	record *line.Record
}

// rootOf is the message that began the thread of the row looked at; nil if it
// is not held. It is looked for once for each row that is looked at.
func (m *model) rootOf(row *timeline.Row, thread string) *line.Record {
	if m.root.row == row.Key {
		return m.root.record
	}
	m.root = root{row: row.Key}
	for r := range m.timeline.Held() {
		if r.HasContent() && messageID(r) == thread {
			m.root.record = r
			break
		}
	}
	return m.root.record
}

// thread says in which thread the row that is looked at is, who began it and
// how many messages of it are held.
func (m *model) thread(row *timeline.Row) string {
	thread := m.threadOf(row.Record)
	if thread == "" {
		return ""
	}
	said, messages := "#"+thread, m.timeline.Replies(thread)
	if r := m.rootOf(row, thread); r != nil {
		messages++
		said += " " + r.Who + " \"" + text.Truncate(line.OneLine(text.Line(r.Text)), 40) + "\""
	}
	return said + " (" + plural(messages, "message") + ", " + hint(m.keys.NextInThread, "").Key + " goes to the next)"
}
