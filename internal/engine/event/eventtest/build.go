package eventtest

import (
	"encoding/json"
	"strconv"
	"time"

	"cslack-stream/internal/engine/event"
)

// Agents that tests speak of.
var (
	Alice = event.Agent{Name: "alice", Project: "p1"}
	Bob   = event.Agent{Name: "bob", Project: "p1"}
	Carol = event.Agent{Name: "carol", Project: "p2"}
	Gina  = event.Agent{Name: "gina"} // a global agent
)

// Day is the commit time of built events: times in tests are Day plus
// something.
var Day = time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)

// Message builds a message.new event.
func Message(id int64, channel string, sender event.Agent, text string) event.Event {
	return message(event.MessageNew, id, channel, event.KindChannel, sender, text)
}

// DM builds the dm.received event of a direct message: to is its addressee.
func DM(id int64, from, to event.Agent, text string) event.Event {
	channel := "dm:" + from.String() + ":" + to.String()
	e := message(event.DMReceived, id, channel, event.KindDirect, from, text)
	e.Agent = to
	return e
}

// Note builds the note.created event of a private note.
func Note(id int64, owner event.Agent, text string) event.Event {
	return message(event.NoteCreated, id, "notes:"+owner.String(), event.KindNotes, owner, text)
}

func message(typ event.Type, id int64, channel string, kind event.Kind, sender event.Agent, text string) event.Event {
	return event.Event{
		Type: typ, EntityType: "message", EntityID: strconv.FormatInt(id, 10), Channel: channel, CreatedAt: Day,
		Payload: encode(event.Message{
			ID: id, ChannelID: channel, ChannelName: channel, ChannelKind: kind, ChannelScope: "global",
			SenderID: sender.Name, SenderProjectID: projectID(sender), Content: text,
		}),
	}
}

// ChannelCreated builds a channel.created event.
func ChannelCreated(channel string) event.Event {
	return event.Event{
		Type: event.ChannelCreated, EntityType: "channel", EntityID: channel, Channel: channel, CreatedAt: Day,
		Payload: encode(event.Channel{ID: channel, Name: channel, Kind: event.KindChannel, Scope: "global"}),
	}
}

// Joined builds a channel.member.joined event.
func Joined(channel string, who event.Agent) event.Event {
	return event.Event{
		Type: event.MemberJoined, EntityType: "member", EntityID: channel + "/" + who.String(), Channel: channel, CreatedAt: Day,
		Payload: encode(event.Member{ChannelID: channel, ChannelName: channel, AgentName: who.Name, AgentProjectID: projectID(who)}),
	}
}

// Status builds an agent.status.changed event. It is in no channel.
func Status(who event.Agent, status string) event.Event {
	return event.Event{
		Type: event.AgentStatusChanged, EntityType: "agent", EntityID: who.String(), Project: who.Project, CreatedAt: Day,
		Payload: encode(event.AgentStatus{Name: who.Name, ProjectID: projectID(who), Status: &status}),
	}
}

// Info returns an agent as it is listed.
func Info(a event.Agent) event.AgentInfo {
	return event.AgentInfo{Name: a.Name, ProjectID: projectID(a)}
}

func projectID(a event.Agent) *string {
	if a.Project == "" {
		return nil
	}
	return &a.Project
}

// encode can not fail on the payload types.
func encode(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}
