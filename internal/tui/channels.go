package tui

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/tui/line"
	"cslack-stream/internal/tui/text"
	"cslack-stream/internal/tui/view"
)

// channel is one channel as the tabs show it.
type channel struct {
	id, name string
	of       string // what tells it from others of its name: its project; of notes, the owner
	kind     event.Kind
	members  []event.Agent // both, of a direct channel
	count    int           // messages since the view was opened, or it was chosen
	urgent   bool
	archived bool
	gone     bool // of the past: the watched agent was not in it at that moment
}

// channels are those that the watched agent knows, and the one that the list
// is narrowed to.
type channels struct {
	all     []*channel
	byID    map[string]*channel
	retired map[string]string // archived when they were listed: by id, what tells them apart
	chosen  string            // id; empty: all
	total   int
}

// list takes in the channels of the workspace. One that is archived is none
// unless there is something of it to see.
func (c *channels) list(all []event.Channel, v line.View) {
	if c.retired == nil {
		c.retired = make(map[string]string)
	}
	for _, ch := range all {
		of := ownerOf(ch, v)
		if ch.IsArchived && c.byID[ch.ID] == nil {
			c.retired[ch.ID] = of
			continue
		}
		known := c.get(ch.ID, text.Name(v.ChannelName(ch)), ch.Kind)
		known.archived, known.gone = known.archived || ch.IsArchived, false
		if ch.Kind == event.KindDirect {
			known.members = parties(ch.Members)
		}
		if of != "" && (ch.Kind != event.KindDirect || known.of == "") {
			known.of = of
		}
	}
}

// ownerOf is what tells a channel from others of its name: its project; of
// notes their owner, and of a direct channel who of several is in it.
func ownerOf(ch event.Channel, v line.View) string {
	switch {
	case ch.Kind == event.KindNotes && ch.CreatedBy != nil:
		return text.Name(*ch.CreatedBy)
	case ch.ProjectID != nil:
		return text.Name(v.Names.Project(*ch.ProjectID))
	case ch.Kind == event.KindDirect && v.Several != nil:
		return text.Name(v.Names.Short(v.Agent, ""))
	}
	return ""
}

// over says that nothing more is to come from a channel; empty if that is not
// so.
func (ch *channel) over() string {
	switch {
	case ch.archived:
		return "archived"
	case ch.gone:
		return "left"
	}
	return ""
}

// label is how a channel is called: with its project, or its owner, if
// another channel has the same name.
func (c *channels) label(ch *channel) string {
	shares := func(other *channel) bool { return other != ch && other.name == ch.name }
	switch {
	case ch.of == "" || !slices.ContainsFunc(c.all, shares):
	case ch.kind == event.KindDirect:
		return ch.name + " of " + ch.of
	default:
		return ch.name + "@" + ch.of
	}
	return ch.name
}

func (c *channels) get(id, name string, kind event.Kind) *channel {
	if ch := c.byID[id]; ch != nil {
		return ch
	}
	if c.byID == nil {
		c.byID = make(map[string]*channel)
	}
	of, archived := c.retired[id]
	ch := &channel{id: id, name: name, kind: kind, of: of, archived: archived}
	c.byID[id] = ch
	c.all = append(c.all, ch)
	slices.SortStableFunc(c.all, func(a, b *channel) int {
		return cmp.Or(cmp.Compare(rank(a.kind), rank(b.kind)), strings.Compare(a.name, b.name))
	})
	return ch
}

// rank is the place of a kind among the channels.
func rank(k event.Kind) int {
	switch k {
	case event.KindDirect:
		return 1
	case event.KindNotes:
		return 2
	}
	return 0
}

// note takes note of an event, and counts it if it is new and a message that
// somebody else wrote.
func (c *channels) note(r *line.Record, isNew bool) {
	if r.ChannelID() == "" {
		return
	}
	ch := c.get(r.ChannelID(), r.Channel.Name, r.Channel.Kind)
	ch.gone = false
	if len(ch.members) == 0 {
		ch.members = r.Members
	}
	if t := r.Type(); t == event.ChannelArchived || t == event.ChannelUpdated {
		var now event.Channel
		ch.archived = json.Unmarshal(r.Event.Payload, &now) == nil && now.IsArchived
	}
	if !isNew || !r.HasContent() || r.Sent || r.ChannelID() == c.chosen {
		return
	}
	ch.count++
	c.total++
	ch.urgent = ch.urgent || priority(r) == "high"
}

// choose narrows the list to a channel; its news are not news any more.
func (c *channels) choose(id string) {
	c.chosen = id
	if ch := c.byID[id]; ch != nil {
		c.total -= ch.count
		ch.count, ch.urgent = 0, false
	}
}

// tally is what is counted in the channels.
type tally struct {
	word  string // "NEW"
	total int
	of    func(*channel) (n int, urgent bool)
}

// news are the messages since the view was opened, or the channel chosen.
func (c *channels) news() tally {
	return tally{"NEW", c.total, func(ch *channel) (int, bool) { return ch.count, ch.urgent }}
}

// tabs are the channels as they are drawn: with all in one line those first
// in which something is counted.
func (c *channels) tabs(newsFirst bool, t tally) []view.Tab {
	tabs := []view.Tab{{Name: "ALL", Count: 0, Chosen: c.chosen == ""}}
	if !newsFirst {
		tabs[0].Count = t.total
	}
	all := c.all
	if newsFirst {
		all = slices.Clone(all)
		slices.SortStableFunc(all, func(a, b *channel) int {
			return cmp.Compare(c.order(a, t), c.order(b, t))
		})
	}
	for _, ch := range all {
		n, urgent := t.of(ch)
		if (ch.archived && n == 0 || ch.gone) && ch.id != c.chosen {
			continue
		}
		tabs = append(tabs, view.Tab{Name: c.label(ch), Count: n, Urgent: urgent, Chosen: ch.id == c.chosen})
	}
	return tabs
}

func (c *channels) order(ch *channel, t tally) int {
	if ch.id == c.chosen {
		return 0
	}
	if n, _ := t.of(ch); n > 0 {
		return 1
	}
	return 2
}

// name is how the chosen channel is called.
func (c *channels) name() string {
	if ch := c.byID[c.chosen]; ch != nil {
		return c.label(ch)
	}
	return ""
}

// priority is that of a message, in its metadata; "high" for urgent ones too.
func priority(r *line.Record) string {
	if !bytes.Contains(r.Event.Payload, []byte(`"priority"`)) {
		return ""
	}
	m := r.Details()
	if m == nil {
		return ""
	}
	var meta struct{ Priority any }
	if json.Unmarshal(m.Metadata, &meta) != nil {
		return ""
	}
	switch p, _ := meta.Priority.(string); strings.ToLower(p) {
	case "high", "urgent", "critical":
		return "high"
	default:
		return strings.ToLower(p)
	}
}
