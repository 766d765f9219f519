package line_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/eventtest"
	"cslack-stream/internal/tui/line"
)

// jsonLine is what AppendJSON must add.
func jsonLine(t *testing.T, v line.View, e *event.Event) []byte {
	t.Helper()
	p, err := line.NewPrinter(line.Options{Format: line.FormatJSON})
	if err != nil {
		t.Fatal(err)
	}
	b, err := p.Append([]byte("before\n"), v.Record(e))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// FuzzView_AppendJSON: for whatever an agent writes and is called, the line is
// the one that the record gives.
func FuzzView_AppendJSON(f *testing.F) {
	for _, content := range []string{
		"", "plain", "<b>&amp;</b> \"quoted\" back\\slash \\u003c", "line\nbreak\ttab \x00 \x7f", "\u2028\u202e\u009b 🙂 é", "\xff\xfe", "@alice look", "@alice@webapp <x", "not\\n@bob",
	} {
		f.Add(content, "bob", "p1", "dev", byte(0))
	}
	f.Add("x", "b\"o\nb", "", "d<e>v\u202e", byte(1))
	f.Add("x", "", "", "", byte(2))
	f.Add("x", "system", "", "é", byte(3))
	f.Add("x", "alice", "p1", "dev", byte(4))
	known := line.NewNames([]event.AgentInfo{eventtest.Info(eventtest.Alice), eventtest.Info(eventtest.Bob), eventtest.Info(eventtest.Gina)})
	f.Fuzz(func(t *testing.T, content, sender, project, channel string, shape byte) {
		m := event.Message{ID: 1, ChannelName: channel, ChannelKind: event.KindChannel, SenderID: sender, Content: content, Metadata: json.RawMessage(`{"channel_name":"no"}`)}
		if project != "" {
			m.SenderProjectID = &project
		}
		e := event.Event{
			Cursor: event.Cursor{Epoch: "e", Offset: 1}, Type: event.MessageNew, EntityType: "message", EntityID: "1", Channel: "g:" + channel, CreatedAt: eventtest.Day,
		}
		switch shape % 5 {
		case 1:
			e.Type, m.ChannelKind, m.ChannelMembers, e.Agent = event.DMReceived, event.KindDirect, []string{"alice:p1", "bob:p1"}, eventtest.Alice
		case 2:
			e.Type, m.ChannelKind = event.NoteCreated, event.KindNotes
		case 3:
			e.Type, m.ChannelKind = event.MessageEdited, ""
		case 4:
			e.Type, e.Channel = event.MessageDeleted, ""
		}
		var err error
		if e.Payload, err = json.Marshal(m); err != nil {
			t.Skip()
		}
		if err := e.Encode(); err != nil {
			t.Fatal(err)
		}
		for _, v := range []line.View{{}, {Names: known}, {Agent: eventtest.Alice, Names: known}, {Agent: event.Agent{Name: sender, Project: project}, Names: known}} {
			want := jsonLine(t, v, &e)
			if got := v.AppendJSON([]byte("before\n"), &e); !bytes.Equal(got, want) {
				t.Fatalf("as %v:\ngot  %s\nwant %s", v.Agent, got, want)
			}
		}
	})
}

// TestView_AppendJSONOfSamples: every kind of event gives the line that its
// record gives.
func TestView_AppendJSONOfSamples(t *testing.T) {
	for _, e := range samples(t) {
		for _, agent := range []event.Agent{{}, alice, bob} {
			v := line.View{Agent: agent, Names: names()}
			if got, want := v.AppendJSON([]byte("before\n"), e), jsonLine(t, v, e); !bytes.Equal(got, want) {
				t.Errorf("%s:\ngot  %s\nwant %s", e.Type, got, want)
			}
		}
	}
}
