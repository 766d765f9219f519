package tui

import (
	"slices"
	"time"

	"cslack-stream/internal/tui/line"
	"cslack-stream/internal/tui/text"
	"cslack-stream/internal/tui/timeline"

	tea "github.com/charmbracelet/bubbletea"
)

// The bounds of what is remembered.
const (
	mostBookmarks = 200 // of an agent
	bookmarkText  = 80  // cells of a text
)

// bookmarks are the events that the reader has marked, oldest first.
type bookmarks struct {
	all    []Bookmark
	byName map[string][]time.Time // what is marked, to ask about a row
}

// nameOf is what an event and its bookmark have in common, besides the time.
func (b *Bookmark) nameOf() string {
	return b.Type + "\n" + b.Entity + "\n" + b.EntityID + "\n" + b.Channel
}

// bookmarkOf is a bookmark of r.
func bookmarkOf(r *line.Record) Bookmark {
	e := r.Event
	return Bookmark{
		Type: string(e.Type), Entity: e.EntityType, EntityID: e.EntityID, Channel: e.Channel, Time: momentOf(r),
		Where: text.Truncate(r.Where, bookmarkText), Who: text.Truncate(r.Who, bookmarkText),
		Text: text.Truncate(text.Line(line.OneLine(text.Content(r.Line()))), bookmarkText),
	}
}

// momentOf is when r was, as exactly as the wire says it.
func momentOf(r *line.Record) time.Time { return r.Time().UTC().Truncate(time.Millisecond) }

// same tells whether two bookmarks are of the same event. The time counts too:
// a message can be edited more than once.
func (b *Bookmark) same(other *Bookmark) bool {
	return b.nameOf() == other.nameOf() && b.Time.Equal(other.Time)
}

// has tells whether r is marked.
func (b *bookmarks) has(r *line.Record) bool {
	if len(b.all) == 0 {
		return false
	}
	mark := Bookmark{Type: string(r.Event.Type), Entity: r.Event.EntityType, EntityID: r.Event.EntityID, Channel: r.Event.Channel}
	return slices.ContainsFunc(b.byName[mark.nameOf()], momentOf(r).Equal)
}

// set replaces all of them.
func (b *bookmarks) set(all []Bookmark) {
	b.all = slices.SortedStableFunc(slices.Values(all), func(x, y Bookmark) int { return x.Time.Compare(y.Time) })
	b.byName = make(map[string][]time.Time)
	for i := range b.all {
		name := b.all[i].nameOf()
		b.byName[name] = append(b.byName[name], b.all[i].Time)
	}
}

// toggle marks an event, or takes its mark away. It reports what it did.
func (b *bookmarks) toggle(mark Bookmark) (added bool) {
	without := slices.DeleteFunc(slices.Clone(b.all), func(m Bookmark) bool { return m.same(&mark) })
	if added = len(without) == len(b.all); added {
		without = append(without, mark)
	}
	b.set(without)
	return added
}

// bookmarkList is what was remembered of an agent.
type bookmarkList struct {
	serial int
	marks  []Bookmark
	err    error
}

// loadBookmarks asks for what was remembered of the agent that is watched.
func (m *model) loadBookmarks() tea.Cmd {
	memory, agent, serial := m.o.Memory, m.address, m.serial
	m.bookmarks = bookmarks{}
	if memory == nil {
		return nil
	}
	return func() tea.Msg {
		marks, err := memory.Bookmarks(agent)
		return bookmarkList{serial, marks, err}
	}
}

// takeBookmarks takes in what was remembered; what was marked meanwhile stays.
func (m *model) takeBookmarks(l bookmarkList) tea.Cmd {
	if l.serial != m.serial {
		return nil
	}
	all := l.marks[:min(len(l.marks), mostBookmarks)]
	for _, mark := range m.bookmarks.all {
		if !slices.ContainsFunc(all, func(b Bookmark) bool { return b.same(&mark) }) {
			all = append(all, mark)
		}
	}
	m.bookmarks.set(all)
	if l.err != nil {
		return m.say(text.Line(l.err.Error()))
	}
	return nil
}

// toggleBookmark marks the event that is looked at, or takes its mark away.
func (m *model) toggleBookmark() tea.Cmd {
	r := m.record()
	if r == nil {
		return m.say("no event is selected to bookmark")
	}
	mark := bookmarkOf(r)
	if len(m.bookmarks.all) >= mostBookmarks && !m.bookmarks.has(r) {
		return m.say("there are " + plural(mostBookmarks, "bookmark") + " already: take one away first")
	}
	said := "bookmark taken away"
	if m.bookmarks.toggle(mark) {
		said = "bookmarked, " + hint(m.keys.Bookmarks, "").Key + " lists all"
	}
	return tea.Batch(m.saveBookmarks(), m.say(said))
}

// saveBookmarks remembers the bookmarks of the agent that is watched.
func (m *model) saveBookmarks() tea.Cmd {
	memory, s := m.o.Memory, m.saver
	if memory == nil {
		return nil
	}
	s.put(m.address, m.bookmarks.all)
	return func() tea.Msg {
		if err := s.save(memory); err != nil {
			return toastShow{"could not remember the bookmarks: " + text.Line(err.Error())}
		}
		return nil
	}
}

// pickBookmark asks which bookmark to go to, the newest first.
func (m *model) pickBookmark() tea.Cmd {
	if len(m.bookmarks.all) == 0 {
		return m.say("there are no bookmarks yet: " + hint(m.keys.Bookmark, "").Key + " makes one")
	}
	p := &picker{title: "Which bookmark?", about: text.Line(m.address), empty: "No bookmark says that; backspace shows more."}
	for _, b := range slices.Backward(m.bookmarks.all) {
		at := b.Time.In(m.o.Location).Format("2 Jan 15:04:05")
		columns := []string{at, text.Line(b.Where), text.Line(b.Who), text.Line(b.Text)}
		p.all = append(p.all, choice{columns: columns, do: func() tea.Cmd { return m.goTo(b) }})
	}
	m.picker = p
	p.narrow()
	return nil
}

// goTo goes to the event of a bookmark.
func (m *model) goTo(b Bookmark) tea.Cmd {
	is := func(r *line.Record) bool {
		mark := Bookmark{Type: string(r.Event.Type), Entity: r.Event.EntityType, EntityID: r.Event.EntityID, Channel: r.Event.Channel, Time: momentOf(r)}
		return mark.same(&b)
	}
	at := b.Time.In(m.o.Location).Format(time.DateTime)
	if m.timeline.SelectFirst(func(row *timeline.Row) bool { return row.Record != nil && is(row.Record) }) {
		m.scroll = 0
		return nil
	}
	if m.playback != nil {
		if cmd, ok := m.playTo(func(row *timeline.Row) bool { return is(row.Record) }); ok {
			return cmd
		}
	}
	for r := range m.timeline.Held() {
		if is(r) {
			return m.say("the event of " + at + " is hidden by the filter: " + hint(m.keys.Close, "").Key + " clears it")
		}
	}
	return m.say("the event of " + at + " is not held any more: its bookmark stays")
}

// screenBookmarks are the newest bookmarks as the pane at the left has them.
func (m *model) screenBookmarks() []string {
	var out []string
	for _, b := range slices.Backward(m.bookmarks.all) {
		out = append(out, text.Line(b.Who+" "+b.Text))
	}
	return out
}
