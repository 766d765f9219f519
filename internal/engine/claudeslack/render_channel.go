package claudeslack

import (
	"bytes"
	"encoding/json"
	"slices"

	"cslack-stream/internal/engine/event"
)

// A channel's founding members come after its row, in the same transaction,
// and the change log has no commit boundaries. So the creation of a channel
// that only its members may know of waits in the state until the members are
// there: both of a direct channel, the creator's own row of another. It ends
// waiting without them at a proven transaction boundary, or when something
// else happens in the channel. Nothing of this depends on how the log is cut
// into runs.

// boundary announces all waiting creations when the current change proves
// that their transaction is over.
func (r *renderer) boundary() {
	if len(r.pending) == 0 {
		return
	}
	if r.change.Count <= r.meta.Count {
		ids := make([]string, 0, len(r.pending))
		for id := range r.pending {
			ids = append(ids, id)
		}
		slices.Sort(ids)
		for _, id := range ids {
			r.announce(r.channels[id])
		}
	}
	r.meta.Count = r.change.Count
	r.touch(kindMeta)
}

// await makes the creation of c wait.
func (r *renderer) await(c *channelState) {
	c.Pending = true
	r.pending[c.Row.ID] = true
	r.meta.Count = r.change.Count
	r.touch(kindMeta)
}

// announce emits the creation of c if it is waiting.
func (r *renderer) announce(c *channelState) {
	if c == nil || !c.Pending {
		return
	}
	c.Pending = false
	delete(r.pending, c.Row.ID)
	r.touch(kindChannel, c.Row.ID)
	r.created(c)
}

func (r *renderer) created(c *channelState) {
	switch c.Row.Kind {
	case event.KindNotes: // an agent's notebook is not news
	case event.KindDirect:
		r.emitChannel(event.DMChannelCreated, c, nil, r.membersOf(c))
	default:
		r.emitChannel(event.ChannelCreated, c, nil, r.roster.Intern(r.existence(c)))
	}
}

func (r *renderer) channelPut(row ChannelPut) {
	if c := r.channels[row.ID]; c != nil {
		r.announce(c)
		r.channelChanged(c, row.Channel)
		return
	}
	c := r.putChannel(row.Channel)
	if r.needsFounders(c) {
		r.await(c)
		return
	}
	r.created(c)
}

// needsFounders reports whether members who may see the creation of c are
// still to come.
func (r *renderer) needsFounders(c *channelState) bool {
	switch {
	case c.Row.Kind == event.KindDirect:
		return true
	case c.Row.Kind == event.KindNotes, c.Row.AccessType == "open", c.Row.CreatedBy == nil:
		return false
	}
	creator := AgentKey(*c.Row.CreatedBy, c.Row.CreatedByProjectID)
	_, known := r.agents[creator]
	n, _ := r.roster.Number(creator)
	return known && !r.existence(c).Has(n)
}

// founded reports whether the member k completes the founding of c.
func founded(c *channelState, k event.Agent) bool {
	if c.Row.Kind == event.KindDirect {
		return len(c.members) >= 2
	}
	return c.Row.CreatedBy != nil && k == AgentKey(*c.Row.CreatedBy, c.Row.CreatedByProjectID)
}

// channelChanged compares the row with what was known: channel.updated for
// what is visible, then channel.archived.
func (r *renderer) channelChanged(c *channelState, row event.Channel) {
	before, seen := c.Row, r.existence(c)
	previous := differences(before, row)
	archived := row.IsArchived && !before.IsArchived
	r.putChannel(row)
	seen.Union(r.existence(c))
	if row.Kind != event.KindChannel {
		return // neither DMs nor notes have such events
	}
	audience := r.roster.Intern(seen)
	if len(previous) > 0 {
		r.emitChannel(event.ChannelUpdated, c, previous, audience)
	}
	if archived {
		r.emitChannel(event.ChannelArchived, c, map[string]json.RawMessage{"is_archived": json.RawMessage("false")}, audience)
	}
}

// differences returns the old values of the visible columns that changed.
// Archiving has an event of its own; only its undoing counts here.
func differences(old, now event.Channel) map[string]json.RawMessage {
	visible := func(c event.Channel) map[string]json.RawMessage {
		b, _ := json.Marshal(map[string]any{ // plain values and valid JSON encode
			"name": c.Name, "description": c.Description, "access_type": c.AccessType, "scope": c.Scope,
			"project_id": c.ProjectID, "topic_required": c.TopicRequired, "default_topic": c.DefaultTopic,
			"channel_metadata": c.ChannelMetadata, "is_default": c.IsDefault, "is_archived": c.IsArchived,
		})
		var m map[string]json.RawMessage
		_ = json.Unmarshal(b, &m)
		return m
	}
	was, is := visible(old), visible(now)
	if now.IsArchived {
		delete(was, "is_archived")
	}
	for k, v := range was {
		if bytes.Equal(v, is[k]) {
			delete(was, k)
		}
	}
	return was
}

func (r *renderer) memberPut(row MemberPut) {
	c := r.channels[row.ChannelID]
	if c == nil {
		return // the foreign key keeps the host from this
	}
	k := memberKey(row.Member)
	if !row.Active {
		r.leave(c, k, row.Member)
		return
	}
	if c.members[k] {
		return
	}
	r.putMember(c, k)
	if c.Pending && founded(c, k) {
		r.announce(c)
	}
	if r.announcesMembers(c, k) {
		r.emitMember(event.MemberJoined, c, row.Member, r.membersOf(c))
	}
}

func (r *renderer) memberGone(row MemberGone) {
	if c := r.channels[row.ChannelID]; c != nil {
		r.leave(c, memberKey(row.Member), row.Member)
	}
}

func (r *renderer) leave(c *channelState, k event.Agent, m event.Member) {
	if !c.members[k] {
		return
	}
	r.dropMember(c, k)
	if r.announcesMembers(c, k) {
		r.emitMember(event.MemberLeft, c, m, r.membersAnd(c, k))
	}
}

// announcesMembers: DMs and notes have fixed members, and a name without an
// agents row is nobody.
func (r *renderer) announcesMembers(c *channelState, k event.Agent) bool {
	_, known := r.agents[k]
	return known && c.Row.Kind == event.KindChannel
}

func (r *renderer) emitMember(t event.Type, c *channelState, m event.Member, audience *event.Audience) {
	m.ChannelName, m.ChannelKind = c.Row.Name, c.Row.Kind
	e := event.Event{
		Type: t, EntityType: "member", EntityID: m.ChannelID + "/" + memberKey(m).String(),
		Channel: m.ChannelID,
	}
	if c.Row.ProjectID != nil {
		e.Project = *c.Row.ProjectID
	}
	r.emit(e, m, audience)
}
