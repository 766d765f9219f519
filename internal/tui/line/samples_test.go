package line_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/tui/line"
)

// The agents of the samples.
var (
	alice = event.Agent{Name: "alice", Project: "p-web"}
	bob   = event.Agent{Name: "bob", Project: "p-web"}
	other = event.Agent{Name: "alice", Project: "p-api"}
	gina  = event.Agent{Name: "gina"}
)

func names() *line.Names {
	info := func(name, id, project string) event.AgentInfo {
		i := event.AgentInfo{Name: name}
		if id != "" {
			i.ProjectID, i.ProjectName = &id, &project
		}
		return i
	}
	return line.NewNames([]event.AgentInfo{
		info("alice", "p-web", "webapp"), info("alice", "p-api", "api"), info("bob", "p-web", "webapp"),
		info("carol", "p-web", "webapp"), info("erin", "p-web", "webapp"), info("gina", "", ""),
	})
}

// maker makes events one second apart.
type maker struct {
	t      *testing.T
	offset int64
	events []*event.Event
}

func (m *maker) add(t event.Type, entity, id, channel string, payload any) *event.Event {
	m.t.Helper()
	data, err := json.Marshal(payload)
	if err != nil {
		m.t.Fatal(err)
	}
	m.offset++
	e := &event.Event{
		Cursor: event.Cursor{Epoch: "9f2c51aa", Offset: 1000 + m.offset},
		Type:   t, EntityType: entity, EntityID: id, Channel: channel, Project: "p-web", Payload: data,
		CreatedAt: time.Date(2024, 11, 23, 12, 30, int(m.offset), 4e6, time.UTC),
	}
	if t == event.DMReceived {
		e.Agent = alice
	}
	if err := e.Encode(); err != nil {
		m.t.Fatal(err)
	}
	m.events = append(m.events, e)
	return e
}

func message(from event.Agent, channel, content string) event.Message {
	m := event.Message{
		ID: 977, ChannelID: channel, ChannelName: channel[strings.LastIndexByte(channel, ':')+1:], ChannelKind: event.KindChannel,
		ChannelScope: "project", SenderID: from.Name, Content: content, Timestamp: json.RawMessage(`1732365002.004`),
	}
	if from.Project != "" {
		m.SenderProjectID = &from.Project
	}
	switch {
	case strings.HasPrefix(channel, "dm:"):
		m.ChannelKind, m.ChannelName = event.KindDirect, channel
		m.ChannelMembers = []string{"alice:p-web", "bob:p-web"}
	case strings.HasPrefix(channel, "notes:"):
		m.ChannelKind = event.KindNotes
	}
	return m
}

const (
	dev   = "proj_p-web:dev"
	dm    = "dm:alice:p-web:bob:p-web"
	notes = "notes:alice:p-web"
)

// samples are one or more events of each type.
func samples(t *testing.T) []*event.Event {
	t.Helper()
	m := &maker{t: t}
	webapp := new("p-web")
	channel := event.Channel{
		ID: dev, Name: "dev", Kind: event.KindChannel, ChannelType: "channel", AccessType: "open", Scope: "project",
		ProjectID: webapp, Description: new("Development"), CreatedBy: new("bob"), CreatedByProjectID: webapp,
	}
	m.add(event.ChannelCreated, "channel", dev, dev, channel)
	m.add(event.MessageNew, "message", "977", dev, message(bob, dev, "@alice can you review src/worker.py:45-80?"))
	m.add(event.MessageNew, "message", "978", dev, message(alice, dev, "yes\nlooking now"))
	m.add(event.MessageNew, "message", "979", dm, message(bob, dm, "did you see my question?"))
	m.add(event.DMReceived, "message", "979", dm, message(bob, dm, "did you see my question?"))
	edited := message(bob, dev, "tests pass on main")
	edited.IsEdited, edited.Previous = true, &event.PreviousMessage{Content: new("tests pass")}
	m.add(event.MessageEdited, "message", "977", dev, edited)
	retagged := message(bob, dev, "tests pass on main")
	retagged.Previous = &event.PreviousMessage{Metadata: json.RawMessage(`{}`)}
	m.add(event.MessageEdited, "message", "977", dev, retagged)
	deleted := message(bob, dev, "[Message deleted]")
	deleted.DeletedBy = new("carol")
	m.add(event.MessageDeleted, "message", "977", dev, deleted)
	m.add(event.MessageDeleted, "message", "978", dev, message(alice, dev, "yes\nlooking now"))
	updated := channel
	updated.Description = nil
	updated.Previous = map[string]json.RawMessage{"description": json.RawMessage(`"Development"`), "topic_required": json.RawMessage(`true`)}
	m.add(event.ChannelUpdated, "channel", dev, dev, updated)
	m.add(event.ChannelArchived, "channel", dev, dev, channel)
	member := event.Member{ChannelID: dev, ChannelName: "dev", ChannelKind: event.KindChannel, AgentName: "erin", AgentProjectID: webapp, InvitedBy: new("bob")}
	m.add(event.MemberJoined, "member", dev+"/erin:p-web", dev, member)
	member.OptedOut = true
	m.add(event.MemberLeft, "member", dev+"/erin:p-web", dev, member)
	m.add(event.MemberJoined, "member", dev+"/alice:p-web", dev, event.Member{ChannelID: dev, ChannelName: "dev", AgentName: "alice", AgentProjectID: webapp})
	m.add(event.AgentRegistered, "agent", "alice:p-api", "", event.AgentStatus{Name: "alice", ProjectID: new("p-api"), Description: new("Reviews code")})
	m.add(event.AgentStatusChanged, "agent", "gina:", "", event.AgentStatus{Name: "gina", Status: new("busy"), PreviousStatus: new("online")})
	direct := event.Channel{ID: dm, Name: dm, Kind: event.KindDirect, ChannelType: "direct", AccessType: "private", Members: []string{"alice:p-web", "bob:p-web"}}
	m.add(event.DMChannelCreated, "channel", dm, dm, direct)
	note := message(alice, notes, "decision: keep WAL")
	note.Tags = []string{"db", "decision"}
	m.add(event.NoteCreated, "message", "980", notes, note)
	m.add(event.NoteTagged, "message", "980", notes, note)
	m.add(event.ProjectLinked, "link", "p-api/p-web", "", event.Link{ProjectA: "p-api", ProjectB: "p-web", ProjectAName: new("api"), Enabled: true})
	m.add(event.ConfigUpdated, "config", "7", "", event.ConfigSync{ID: 7, ConfigHash: "c0ffee", Scope: new("all"), Success: true})
	m.add(event.AgentChecked, "agent", "alice:p-web", "", event.Checked{
		Name: "alice", ProjectID: new("p-web"), Tool: "mcp__claude-slack__get_messages", Channels: []string{"#dev", "ops"},
	})
	return m.events
}

// hostile are events whose every string tries something.
func hostile(t *testing.T) []*event.Event {
	t.Helper()
	m := &maker{t: t}
	mallory := event.Agent{Name: "mal\x1b]0;owned\x07lory\n", Project: "p\u202eweb"}
	for _, content := range []string{
		"\x1b[2J\x1b[31mred\x1b[0m\x1b]8;;http://evil\x07link",
		"safe\rEVIL\b\b\x7f",
		"c1 \u009b31m \u0090q\u009c",
		"bidi \u202eabc\u2066 sep \u2028 bom \ufeff",
		"nul \x00 tab\tend\r\n\r\ndata: {}\n\n",
		"日本語のエラー 🎉 👩\u200d👩\u200d👧\u200d👦 e\u0301",
		"back\\slash \\n",
	} {
		m.add(event.MessageNew, "message", "1\x1b[2J", dev+"\u009b", message(mallory, dev+"\u009b\t", content))
	}
	m.add(event.AgentRegistered, "agent", "x", "", event.AgentStatus{Name: mallory.Name, ProjectID: &mallory.Project, Description: new("\x1b[2J\u202e")})
	m.add("evil\x1b[2J.type", "thing\x07", "id\u202e", "", map[string]any{"k\x1b": "v\x1b"})
	m.add(event.MessageNew, "message", "1", dev, "not an object \x1b[2J")
	return m.events
}
