package claudeslack

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"cslack-stream/internal/engine/event"
)

// Workspace is the host's channels, members, agents and links as of one
// change, folded from the changes before it. It is not safe for concurrent
// use; only the engine's goroutine touches it.
type Workspace struct {
	roster   *event.Roster
	agents   map[event.Agent]agentState
	channels map[string]*channelState
	links    map[[2]string]linkState
	meta     metaState
	// pending are the channels whose creation has not been announced.
	pending map[string]bool
	// dirty are the entries touched since the last call of TakeEntries.
	dirty map[entryKey]struct{}
}

type agentState struct {
	Status       *string `json:"status,omitempty"`
	Discoverable string  `json:"discoverable,omitempty"`
	// Checked is when the agent was last seen checking.
	Checked time.Time `json:"checked,omitzero"`
}

type channelState struct {
	Row event.Channel `json:"row"`
	// Pending: the creation waits for founding members, see announce.go.
	Pending bool `json:"pending,omitempty"`

	members map[event.Agent]bool // active, with or without an agents row
	cached  *event.Audience      // of the members, until they change
}

type linkState struct {
	Enabled bool `json:"enabled"`
}

type metaState struct {
	ConfigHash string `json:"config_hash,omitempty"`
	// Count is the last change's, kept while a creation is pending.
	Count int64 `json:"count,omitempty"`
}

// NewWorkspace returns an empty workspace that numbers its agents in roster.
func NewWorkspace(roster *event.Roster) *Workspace {
	return &Workspace{
		roster:   roster,
		agents:   make(map[event.Agent]agentState),
		channels: make(map[string]*channelState),
		links:    make(map[[2]string]linkState),
		pending:  make(map[string]bool),
		dirty:    make(map[entryKey]struct{}),
	}
}

// Roster returns the roster that numbers the workspace's agents.
func (ws *Workspace) Roster() *event.Roster { return ws.roster }

// Entry is one piece of a workspace's state, for storing beside the log. A
// nil Value removes the entry.
type Entry struct {
	Kind  string
	Key   string
	Value []byte
}

type entryKey struct{ kind, key string }

// The kinds of entries.
const (
	kindAgent   = "agent"
	kindChannel = "channel"
	kindMember  = "member"
	kindLink    = "link"
	kindMeta    = "meta"
)

func (ws *Workspace) touch(kind string, key ...string) {
	ws.dirty[entryKey{kind, packKey(key)}] = struct{}{}
}

// packKey keeps key parts apart whatever they contain.
func packKey(parts []string) string {
	b, _ := json.Marshal(parts) // strings always encode
	return string(b)
}

func unpackKey(key string, n int) ([]string, error) {
	var parts []string
	if err := json.Unmarshal([]byte(key), &parts); err != nil || len(parts) != n {
		return nil, fmt.Errorf("read workspace entry %q: want a list of %d strings", key, n)
	}
	return parts, nil
}

// TakeEntries returns what has changed in the state since the last call, in a
// fixed order, and forgets it.
func (ws *Workspace) TakeEntries() []Entry {
	entries := make([]Entry, 0, len(ws.dirty))
	for k := range ws.dirty {
		entries = append(entries, Entry{k.kind, k.key, ws.value(k)})
	}
	clear(ws.dirty)
	slices.SortFunc(entries, func(a, b Entry) int {
		if a.Kind != b.Kind {
			return compare(a.Kind, b.Kind)
		}
		return compare(a.Key, b.Key)
	})
	return entries
}

// AllEntries returns the whole state, in the order that Restore needs.
func (ws *Workspace) AllEntries() []Entry {
	clear(ws.dirty)
	for k := range ws.agents {
		ws.touch(kindAgent, k.Name, k.Project)
	}
	for id, c := range ws.channels {
		ws.touch(kindChannel, id)
		for k := range c.members {
			ws.touch(kindMember, id, k.Name, k.Project)
		}
	}
	for k := range ws.links {
		ws.touch(kindLink, k[0], k[1])
	}
	ws.touch(kindMeta)
	return ws.TakeEntries()
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// value encodes the current state behind k, nil if there is none.
func (ws *Workspace) value(k entryKey) []byte {
	var parts []string
	_ = json.Unmarshal([]byte(k.key), &parts) // packKey wrote it
	var v any
	switch k.kind {
	case kindAgent:
		if a, ok := ws.agents[event.Agent{Name: parts[0], Project: parts[1]}]; ok {
			v = a
		}
	case kindChannel:
		if c, ok := ws.channels[parts[0]]; ok {
			v = c
		}
	case kindMember:
		if c, ok := ws.channels[parts[0]]; ok && c.members[event.Agent{Name: parts[1], Project: parts[2]}] {
			v = true
		}
	case kindLink:
		if l, ok := ws.links[[2]string{parts[0], parts[1]}]; ok {
			v = l
		}
	case kindMeta:
		v = ws.meta
	}
	if v == nil {
		return nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("claudeslack: encode workspace entry: %v", err)) // only our own types
	}
	return b
}

// Restore adds a stored entry. Channels must come before their members.
func (ws *Workspace) Restore(e Entry) error {
	switch e.Kind {
	case kindAgent:
		return restore(e, 2, func(p []string, a agentState) {
			ws.agents[event.Agent{Name: p[0], Project: p[1]}] = a
		})
	case kindChannel:
		return restore(e, 1, func(p []string, c channelState) {
			c.members = make(map[event.Agent]bool)
			ws.channels[p[0]] = &c
			if c.Pending {
				ws.pending[p[0]] = true
			}
		})
	case kindMember:
		return restore(e, 3, func(p []string, _ bool) {
			if c, ok := ws.channels[p[0]]; ok {
				c.members[event.Agent{Name: p[1], Project: p[2]}] = true
			}
		})
	case kindLink:
		return restore(e, 2, func(p []string, l linkState) { ws.links[[2]string{p[0], p[1]}] = l })
	case kindMeta:
		return restore(e, 0, func(_ []string, m metaState) { ws.meta = m })
	}
	return fmt.Errorf("read workspace entry: unknown kind %q", e.Kind)
}

func restore[T any](e Entry, n int, put func([]string, T)) error {
	parts, err := unpackKey(e.Key, n)
	if err != nil {
		return err
	}
	var v T
	if err := json.Unmarshal(e.Value, &v); err != nil {
		return fmt.Errorf("read workspace entry %s %s: %w", e.Kind, e.Key, err)
	}
	put(parts, v)
	return nil
}

// Tables are the host's small tables as they are at one moment.
type Tables struct {
	Agents     []event.AgentStatus
	Channels   []event.Channel
	Members    []event.Member
	Links      []event.Link
	ConfigHash string
	Calls      []Call
}

// Seed fills an empty workspace from the host's tables.
func (ws *Workspace) Seed(t Tables) {
	for _, a := range t.Agents {
		ws.putAgent(a)
	}
	for _, c := range t.Channels {
		ws.putChannel(c)
	}
	for _, m := range t.Members {
		if c, ok := ws.channels[m.ChannelID]; ok && !m.OptedOut {
			ws.putMember(c, memberKey(m))
		}
	}
	for _, l := range t.Links {
		ws.putLink(l)
	}
	ws.eachCheck(t, func(_ event.Checked, k event.Agent, at time.Time) { ws.setChecked(k, at) })
	ws.meta.ConfigHash = t.ConfigHash
	ws.touch(kindMeta)
}

func (ws *Workspace) putAgent(a event.AgentStatus) {
	k := AgentKey(a.Name, a.ProjectID)
	ws.roster.Add(k)
	if _, known := ws.agents[k]; !known {
		ws.forgetAudiences()
	}
	s := agentState{Status: a.Status, Checked: ws.agents[k].Checked}
	if a.Discoverable != nil {
		s.Discoverable = *a.Discoverable
	}
	ws.agents[k] = s
	ws.touch(kindAgent, k.Name, k.Project)
}

func (ws *Workspace) dropAgent(k event.Agent) {
	delete(ws.agents, k)
	ws.forgetAudiences()
	ws.touch(kindAgent, k.Name, k.Project)
}

func (ws *Workspace) forgetAudiences() {
	for _, c := range ws.channels {
		c.cached = nil
	}
}

func (ws *Workspace) putChannel(row event.Channel) *channelState {
	row.Members, row.Previous = nil, nil
	c := ws.channels[row.ID]
	if c == nil {
		c = &channelState{members: make(map[event.Agent]bool)}
		ws.channels[row.ID] = c
	}
	c.Row = row
	ws.touch(kindChannel, row.ID)
	return c
}

func (ws *Workspace) dropChannel(id string) {
	c, ok := ws.channels[id]
	if !ok {
		return
	}
	for m := range c.members {
		ws.touch(kindMember, id, m.Name, m.Project)
	}
	delete(ws.channels, id)
	delete(ws.pending, id)
	ws.touch(kindChannel, id)
}

func (ws *Workspace) putMember(c *channelState, k event.Agent) {
	c.members[k] = true
	c.cached = nil
	ws.touch(kindMember, c.Row.ID, k.Name, k.Project)
}

func (ws *Workspace) dropMember(c *channelState, k event.Agent) {
	delete(c.members, k)
	c.cached = nil
	ws.touch(kindMember, c.Row.ID, k.Name, k.Project)
}

func (ws *Workspace) putLink(l event.Link) {
	ws.links[[2]string{l.ProjectA, l.ProjectB}] = linkState{Enabled: l.Enabled}
	ws.touch(kindLink, l.ProjectA, l.ProjectB)
}

// linked reports whether two projects are linked, in whichever direction: the
// host ignores it too.
func (ws *Workspace) linked(a, b string) bool {
	return ws.links[[2]string{a, b}].Enabled || ws.links[[2]string{b, a}].Enabled
}

// memberKeys returns a channel's members in the order of name:project.
func (c *channelState) memberKeys() []event.Agent {
	return slices.SortedFunc(maps.Keys(c.members), func(a, b event.Agent) int { return compare(a.String(), b.String()) })
}

// memberNames returns a channel's members as name:project, sorted.
func (c *channelState) memberNames() []string {
	var names []string
	for _, m := range c.memberKeys() {
		names = append(names, m.String())
	}
	return names
}
