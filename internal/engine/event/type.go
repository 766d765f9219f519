package event

import (
	"fmt"
	"slices"
	"strings"
)

// Type says what happened: "entity.verb".
type Type string

// The types of events. What row change is which, and who may see it, is in
// docs/protocol.md.
const (
	MessageNew         Type = "message.new"
	MessageEdited      Type = "message.edited"
	MessageDeleted     Type = "message.deleted"
	ChannelCreated     Type = "channel.created"
	ChannelUpdated     Type = "channel.updated"
	ChannelArchived    Type = "channel.archived"
	MemberJoined       Type = "channel.member.joined"
	MemberLeft         Type = "channel.member.left"
	AgentRegistered    Type = "agent.registered"
	AgentStatusChanged Type = "agent.status.changed"
	AgentChecked       Type = "agent.checked"
	DMChannelCreated   Type = "dm.channel.created"
	DMReceived         Type = "dm.received"
	NoteCreated        Type = "note.created"
	NoteTagged         Type = "note.tagged"
	ProjectLinked      Type = "project.linked"
	ConfigUpdated      Type = "config.updated"
)

// Types are all types of events that a log holds, in the order of the
// documentation.
var Types = []Type{
	MessageNew, MessageEdited, MessageDeleted,
	ChannelCreated, ChannelUpdated, ChannelArchived, MemberJoined, MemberLeft,
	AgentRegistered, AgentStatusChanged, AgentChecked,
	DMChannelCreated, DMReceived,
	NoteCreated, NoteTagged,
	ProjectLinked, ConfigUpdated,
}

// The types of a stream's own control frames. They are never in a log.
const (
	StreamInitial Type = "initial"
	StreamGap     Type = "stream.gap"
	StreamLive    Type = "stream.live"
	StreamBye     Type = "stream.bye"
)

// Matches reports whether t is selected by pattern: a type, or a prefix
// followed by ".*".
func (t Type) Matches(pattern string) bool {
	if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(string(t), prefix)
	}
	return string(t) == pattern
}

// CheckTypePattern returns an error that names the nearest types if pattern
// selects no type of event.
func CheckTypePattern(pattern string) error {
	if slices.ContainsFunc(Types, func(t Type) bool { return t.Matches(pattern) }) &&
		(!strings.Contains(pattern, "*") || strings.HasSuffix(pattern, ".*") || pattern == "*") {
		return nil
	}
	names := make([]string, len(Types))
	for i, t := range Types {
		names[i] = string(t)
	}
	return fmt.Errorf("unknown event type %q: want one of %s, or a group such as message.*", clip(pattern), strings.Join(names, " "))
}
