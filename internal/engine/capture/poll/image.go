package poll

import (
	"time"

	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/event"
)

// image is what the tables held at the last look.
type image struct {
	tables  claudeslack.Tables
	digests digests
	config  int64 // the newest id in config_sync_history
	call    int64 // the newest id in tool_calls
	newest  int64 // the highest id a message has had
	from    int64 // messages behind this id are compared with every look
	window  string
	began   time.Time
	// messages are shared by an image and its successors: they are changed
	// when a look is accepted.
	messages *messages
}

// The tables are compared row by row, by key. Rows of the host come and go and
// come again with other rowids and other values that nobody sees.

func compare[K comparable, R any](old, now []R, key func(R) K, put func(now R, old *R), gone func(R)) {
	was := make(map[K]*R, len(old))
	for i := range old {
		was[key(old[i])] = &old[i]
	}
	for _, r := range now {
		k := key(r)
		put(r, was[k])
		delete(was, k)
	}
	for i := range old {
		if was[key(old[i])] != nil {
			gone(old[i])
		}
	}
}

func (l *look) compareAgents(old, now []event.AgentStatus) {
	key := func(a event.AgentStatus) event.Agent { return claudeslack.AgentKey(a.Name, a.ProjectID) }
	compare(old, now, key, func(a event.AgentStatus, was *event.AgentStatus) {
		switch {
		case was == nil:
			l.add(agentPut, claudeslack.AgentPut{AgentStatus: a}, l.time(a.CreatedAt))
		case !same(a.Status, was.Status) || !same(a.Discoverable, was.Discoverable):
			l.add(agentPut, claudeslack.AgentPut{AgentStatus: a}, l.now)
		}
	}, func(a event.AgentStatus) {
		l.add(agentGone, claudeslack.AgentGone{Agent: key(a)}, l.now)
	})
}

func (l *look) compareLinks(old, now []event.Link) {
	key := func(k event.Link) [2]string { return [2]string{k.ProjectA, k.ProjectB} }
	compare(old, now, key, func(k event.Link, was *event.Link) {
		if was == nil || k.Enabled != was.Enabled {
			l.add(linkPut, claudeslack.LinkPut{Link: k}, l.now)
		}
	}, func(k event.Link) {
		l.add(linkGone, claudeslack.LinkGone{ProjectA: k.ProjectA, ProjectB: k.ProjectB}, l.now)
	})
}

func (l *look) compareChannels(old, now []event.Channel) {
	key := func(c event.Channel) string { return c.ID }
	compare(old, now, key, func(c event.Channel, was *event.Channel) {
		switch {
		case was == nil:
			l.add(channelPut, claudeslack.ChannelPut{Channel: c}, l.time(c.CreatedAt))
		case !looksSame(c, *was):
			l.add(channelPut, claudeslack.ChannelPut{Channel: c}, l.now)
		}
	}, func(c event.Channel) {
		l.add(channelGone, claudeslack.ChannelGone{ID: c.ID}, l.now)
	})
}

// looksSame compares the columns of a channel that somebody can see.
func looksSame(a, b event.Channel) bool {
	return a.Name == b.Name && same(a.Description, b.Description) && a.AccessType == b.AccessType && a.Scope == b.Scope &&
		same(a.ProjectID, b.ProjectID) && a.TopicRequired == b.TopicRequired && same(a.DefaultTopic, b.DefaultTopic) &&
		string(a.ChannelMetadata) == string(b.ChannelMetadata) && a.IsDefault == b.IsDefault && a.IsArchived == b.IsArchived
}

// compareMembers: who has opted out is as good as not there.
func (l *look) compareMembers(old, now []event.Member) {
	type member struct {
		channel string
		agent   event.Agent
	}
	key := func(m event.Member) member {
		return member{m.ChannelID, claudeslack.AgentKey(m.AgentName, m.AgentProjectID)}
	}
	compare(old, now, key, func(m event.Member, was *event.Member) {
		in, wasIn := !m.OptedOut, was != nil && !was.OptedOut
		switch {
		case in && !wasIn:
			l.add(join, claudeslack.MemberPut{Member: m, Active: true}, l.time(m.JoinedAt))
		case !in && wasIn:
			l.add(leave, claudeslack.MemberPut{Member: m}, l.now)
		}
	}, func(m event.Member) {
		if !m.OptedOut {
			l.add(leave, claudeslack.MemberGone{Member: m}, l.now)
		}
	})
}

func same(a, b *string) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}
