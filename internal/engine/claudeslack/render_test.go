package claudeslack_test

import (
	"testing"

	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/event"
)

// TestWorkspace_DirectMessageWhateverTheNames: the recipient of a direct
// message is found by its key, never by parsing one; colons may be anywhere.
func TestWorkspace_DirectMessageWhateverTheNames(t *testing.T) {
	project := "proj:a:b"
	ws := claudeslack.NewWorkspace(new(event.Roster))
	ws.Seed(claudeslack.Tables{
		Agents:   []event.AgentStatus{{Name: "x:y", ProjectID: &project}, {Name: "bob\x1b]0;"}},
		Channels: []event.Channel{{ID: "dm:1", Kind: event.KindDirect, ChannelType: "direct"}},
		Members: []event.Member{
			{ChannelID: "dm:1", AgentName: "x:y", AgentProjectID: &project},
			{ChannelID: "dm:1", AgentName: "bob\x1b]0;"},
		},
	})
	events, _ := ws.Render([]claudeslack.Change{{ID: 1, Row: claudeslack.MessageInserted{
		Message: event.Message{ID: 1, ChannelID: "dm:1", SenderID: "bob\x1b]0;", Content: "hi"},
	}}}, true)
	want := event.Agent{Name: "x:y", Project: project}
	if len(events) != 2 || events[1].Type != event.DMReceived || events[1].Agent != want || !events[1].VisibleTo(want) {
		t.Errorf("got %+v, want message.new and dm.received for %v", events, want)
	}
}
