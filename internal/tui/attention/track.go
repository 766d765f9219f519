package attention

import (
	"slices"
	"strings"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/tui/line"
)

// mostPosts bounds how many messages are remembered as waiting.
const mostPosts = 10_000

// Track follows the records of one stream. It is not safe for concurrent use.
type Track struct {
	agent      event.Agent
	checks     map[event.Agent]*checks
	registered map[event.Agent]moment
	channels   map[string]string // ids by name; empty: several have that name
	ids        map[string]bool
	posts      []post // oldest first
	dropped    int    // how many there were before
	gone       recent // ids of messages that were deleted
	first      moment // of the stream
	missed     moment // behind this, events are missing or forgotten
	newest     moment
}

// post is a message as far as it is counted.
type post struct {
	moment
	id        int64
	channel   string
	from      event.Agent
	addressee event.Agent
	audience  *event.Audience
	urgent    bool
}

// New returns a Track of the stream of agent; of an operator's for the zero
// Agent.
func New(agent event.Agent) *Track {
	return &Track{
		agent: agent, checks: make(map[event.Agent]*checks), registered: make(map[event.Agent]moment),
		channels: make(map[string]string), ids: make(map[string]bool),
	}
}

// Start takes in when agents were last seen checking before the stream began.
// Of agents whose checks the stream tells it is not asked later on.
func (t *Track) Start(infos []event.AgentInfo) {
	for _, i := range infos {
		if i.CheckedAt == nil || !t.first.isZero() && t.Tells(i.Key()) {
			continue
		}
		if at, err := time.Parse(time.RFC3339Nano, *i.CheckedAt); err == nil {
			c := t.of(i.Key())
			if at.After(c.start.at) {
				c.start.at, c.counted.valid = at, false
			}
		}
	}
}

// Tells reports whether the stream has every check of a.
func (t *Track) Tells(a event.Agent) bool { return t.agent.IsZero() || t.agent == a }

func (t *Track) of(a event.Agent) *checks {
	c := t.checks[a]
	if c == nil {
		c = &checks{}
		t.checks[a] = c
	}
	return c
}

// Learn takes note of how a channel is called, so that a check of it is
// known as one.
func (t *Track) Learn(id, name string) {
	if id != "" {
		t.ids[id] = true
	}
	if id == "" || name == "" {
		return
	}
	if other, known := t.channels[name]; known && other != id {
		id = ""
	}
	t.channels[name] = id
}

// Take takes in the next record of the stream. Urgent messages are counted as
// such.
func (t *Track) Take(r *line.Record, urgent bool) {
	at := momentOf(r.Event)
	if t.first.isZero() {
		t.first = at
	}
	t.newest = at
	if r.IsMessage && r.Channel.Kind == event.KindChannel {
		t.Learn(r.Event.Channel, strings.TrimPrefix(r.Channel.Name, "#"))
	} else {
		t.Learn(r.Event.Channel, "")
	}
	switch r.Event.Type {
	case event.MessageNew, event.DMReceived:
		t.post(r, at, urgent)
	case event.MessageDeleted:
		if r.IsMessage {
			t.gone.add(r.MessageID())
			t.posts = slices.DeleteFunc(t.posts, func(p post) bool { return p.id == r.MessageID() })
			t.recount()
		}
	case event.AgentRegistered:
		t.registered[r.From] = at
	case event.AgentChecked:
		if r.Checked != nil {
			t.check(r, at)
		}
	}
}

// Miss takes note that events are missing behind the newest.
func (t *Track) Miss() { t.missed = t.newest }

func (t *Track) post(r *line.Record, at moment, urgent bool) {
	if n := len(t.posts); !r.IsMessage || n > 0 && t.posts[n-1].id == r.MessageID() && t.posts[n-1].channel == r.Event.Channel {
		return
	}
	if len(t.posts) >= mostPosts {
		// Some at once, so that it costs little for each.
		drop := mostPosts / 10
		if last := t.posts[drop-1].moment; last.after(t.missed) {
			t.missed = last
		}
		t.posts = append(t.posts[:0], t.posts[drop:]...)
		t.dropped += drop
		t.recount()
	}
	t.posts = append(t.posts, post{
		moment: at, id: r.MessageID(), channel: r.Event.Channel, from: r.From,
		addressee: r.Event.Agent, audience: r.Event.Audience, urgent: urgent,
	})
}

// check takes in that an agent was seen checking.
func (t *Track) check(r *line.Record, at moment) {
	c := t.of(r.From)
	c.seen, c.counted.valid = at, false
	switch names := r.Checked.Channels; {
	case line.IsSearch(r.Checked):
	case len(names) == 0:
		c.all, c.in = at, nil
	default:
		for _, name := range names {
			if id := t.resolve(name); id != "" {
				if c.in == nil {
					c.in = make(map[string]moment)
				}
				c.in[id] = at
			}
		}
	}
}

// resolve returns the id of the channel that an agent means; empty if that is
// not clear.
func (t *Track) resolve(name string) string {
	for _, known := range []string{name, strings.TrimPrefix(name, "#")} {
		if id := t.channels[known]; id != "" {
			return id
		}
	}
	if t.ids[name] {
		return name
	}
	return ""
}

// sees reports whether a may see what has that audience and addressee, and
// whether that is known.
func (t *Track) sees(a event.Agent, audience *event.Audience, addressee event.Agent) (sees, known bool) {
	switch {
	case a == addressee && !a.IsZero(), a == t.agent && !a.IsZero():
		return true, true
	case audience == nil:
		return false, false
	}
	return audience.Includes(a), true
}

// Audience returns all who may see e, its addressee among them, and whether
// that is known.
func Audience(e *event.Event) (agents []event.Agent, known bool) {
	if e.Audience == nil {
		return nil, false
	}
	agents = e.Audience.Agents()
	if !e.Agent.IsZero() && !slices.Contains(agents, e.Agent) {
		agents = append(agents, e.Agent)
	}
	return agents, true
}
