package claudeslack

import (
	"bytes"
	"encoding/json"
	"slices"

	"cslack-stream/internal/engine/event"
)

// channelOf returns the message's channel and fills in what the payload says
// of it. A message without a known channel has no audience.
func (r *renderer) channelOf(m *event.Message) *channelState {
	c := r.channels[m.ChannelID]
	if c == nil {
		c = &channelState{Row: event.Channel{ID: m.ChannelID, Name: m.ChannelID, Kind: event.KindChannel, AccessType: "private"}}
	}
	m.ChannelName, m.ChannelKind, m.ChannelScope = c.Row.Name, c.Row.Kind, c.Row.Scope
	if c.Row.Kind == event.KindDirect {
		m.ChannelMembers = c.memberNames()
	}
	return c
}

func (r *renderer) messageInserted(row MessageInserted) {
	m := row.Message
	c := r.channelOf(&m)
	r.announce(r.channels[m.ChannelID])
	if c.Row.Kind == event.KindNotes {
		m.Tags = tagsOf(m.Metadata)
		r.emitMessage(event.NoteCreated, m, c, r.membersOf(c))
		if len(m.Tags) > 0 {
			r.emitMessage(event.NoteTagged, m, c, r.membersOf(c))
		}
		return
	}
	r.emitMessage(event.MessageNew, m, c, r.membersOf(c))
	if c.Row.Kind == event.KindDirect {
		r.directReceived(m, c)
	}
}

// directReceived tells every member but the sender.
func (r *renderer) directReceived(m event.Message, c *channelState) {
	sender := AgentKey(m.SenderID, m.SenderProjectID)
	for _, to := range c.memberKeys() {
		if _, known := r.agents[to]; !known || to == sender {
			continue
		}
		r.emitMessage(event.DMReceived, m, c, r.only(to))
		r.events[len(r.events)-1].Agent = to
	}
}

func (r *renderer) messageUpdated(row MessageUpdated) {
	m := row.Message
	c := r.channelOf(&m)
	was, is := metadataOf(row.OldMetadata), metadataOf(m.Metadata)
	switch {
	case is.deleted && !was.deleted:
		m.Content, m.Metadata = row.OldContent, row.OldMetadata // before it, for deletions
		m.DeletedBy, m.DeletedAt = is.deletedBy, is.deletedAt
		r.emitMessage(event.MessageDeleted, m, c, r.membersOf(c))
		return
	case is.deleted && m.Content == row.OldContent:
		return // deleted again
	}
	if c.Row.Kind == event.KindNotes {
		r.noteUpdated(row, m, c, was, is)
		return
	}
	r.edited(row, m, c)
}

// noteUpdated tells apart a change of tags from a change of anything else.
func (r *renderer) noteUpdated(row MessageUpdated, m event.Message, c *channelState, was, is metadata) {
	m.Tags = is.tags
	tagged := !is.deleted && !slices.Equal(was.tags, is.tags)
	if m.Content != row.OldContent || !bytes.Equal(was.rest, is.rest) {
		r.edited(row, m, c)
	}
	if tagged {
		r.emitMessage(event.NoteTagged, m, c, r.membersOf(c))
	}
}

func (r *renderer) edited(row MessageUpdated, m event.Message, c *channelState) {
	m.Previous = &event.PreviousMessage{}
	if m.Content != row.OldContent {
		m.Previous.Content = &row.OldContent
	}
	if !bytes.Equal(m.Metadata, row.OldMetadata) {
		m.Previous.Metadata = row.OldMetadata
	}
	r.emitMessage(event.MessageEdited, m, c, r.membersOf(c))
}

func (r *renderer) messageDeleted(row MessageDeleted) {
	m := row.Message
	if metadataOf(m.Metadata).deleted {
		return
	}
	m.Hard = true
	c := r.channelOf(&m)
	r.emitMessage(event.MessageDeleted, m, c, r.membersOf(c))
}

// metadata is what the rules read from a message's metadata column.
type metadata struct {
	deleted   bool
	deletedBy *string
	deletedAt json.RawMessage
	tags      []string
	rest      []byte // everything but the tags, in a comparable form
}

// metadataOf reads metadata of whatever shape; what is not an object says
// nothing.
func metadataOf(raw json.RawMessage) metadata {
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil || fields == nil {
		return metadata{rest: raw}
	}
	md := metadata{deleted: truthy(fields["deleted"]), deletedAt: fields["deleted_at"], tags: tagList(fields["tags"])}
	var by string
	if json.Unmarshal(fields["deleted_by"], &by) == nil {
		md.deletedBy = &by
	}
	delete(fields, "tags")
	md.rest, _ = json.Marshal(fields) // raw messages of a parsed object encode
	return md
}

// IsDeleted reports whether a message's metadata mark it as deleted.
func IsDeleted(metadata json.RawMessage) bool { return metadataOf(metadata).deleted }

// truthy is SQLite's idea of it for a JSON value: the host writes the number
// 1, others write true.
func truthy(raw json.RawMessage) bool {
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return false
	}
	switch v := v.(type) {
	case bool:
		return v
	case float64:
		return v != 0
	case string:
		return Bool(v)
	}
	return false
}

func tagsOf(raw json.RawMessage) []string { return metadataOf(raw).tags }

func tagList(raw json.RawMessage) []string {
	var items []any
	if json.Unmarshal(raw, &items) != nil {
		return nil
	}
	var tags []string
	for _, it := range items {
		s, ok := it.(string)
		if !ok {
			b, _ := json.Marshal(it) // it came from JSON
			s = string(b)
		}
		tags = append(tags, s)
	}
	return tags
}
