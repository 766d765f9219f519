package replay_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/eventtest"
	"cslack-stream/internal/replay"
)

// story is what happened in a workspace, a second between each two events.
type story struct {
	*eventtest.Source
	n int
}

func (s *story) tell(e event.Event, to ...event.Agent) {
	e.CreatedAt = eventtest.Day.Add(time.Duration(s.n) * time.Second)
	s.n++
	s.Append(e, to...)
}

func left(channel string, who event.Agent) event.Event {
	e := eventtest.Joined(channel, who)
	e.Type = event.MemberLeft
	return e
}

func changed(typ event.Type, id int64, channel, text string) event.Event {
	e := eventtest.Message(id, channel, eventtest.Bob, text)
	e.Type = typ
	return e
}

func direct(id int64, text string) event.Event {
	e := eventtest.DM(id, eventtest.Bob, eventtest.Alice, text)
	e.Type, e.Agent = event.MessageNew, event.Agent{}
	var m event.Message
	_ = json.Unmarshal(e.Payload, &m)
	m.ChannelMembers = []string{"alice:p1", "bob:p1"}
	e.Payload, _ = json.Marshal(m)
	return e
}

func archived(channel string) event.Event {
	e := eventtest.ChannelCreated(channel)
	e.Type = event.ChannelArchived
	e.Payload, _ = json.Marshal(event.Channel{ID: channel, Name: channel, Kind: event.KindChannel, IsArchived: true})
	return e
}

// told is a state in a line.
func told(s *replay.State) string {
	var out []string
	for _, p := range s.Places() {
		var names []string
		for _, m := range p.Members {
			names = append(names, m.Name)
		}
		name := p.Name
		if p.Kind != event.KindChannel {
			name = string(p.Kind)
		}
		if p.Archived {
			name += "!"
		}
		out = append(out, name+"="+strings.Join(names, "+"))
	}
	for _, e := range s.Messages() {
		var m event.Message
		_ = json.Unmarshal(e.Payload, &m)
		out = append(out, m.Content)
	}
	return strings.Join(out, " ")
}

func TestStateAt(t *testing.T) {
	alice, bob, carol := eventtest.Alice, eventtest.Bob, eventtest.Carol
	s := &story{Source: eventtest.NewSource()}
	s.tell(eventtest.ChannelCreated("dev"), alice, bob, carol)        // 0
	s.tell(eventtest.Joined("dev", bob), bob)                         // 1
	s.tell(eventtest.Message(1, "dev", bob, "m1"), bob)               // 2
	s.tell(eventtest.Joined("dev", alice), alice, bob)                // 3
	s.tell(eventtest.Message(2, "dev", bob, "m2"), alice, bob)        // 4
	s.tell(direct(3, "psst"), alice, bob)                             // 5
	s.tell(eventtest.Message(4, "ops", bob, "m4"), bob, carol)        // 6: it was there before
	s.tell(changed(event.MessageEdited, 1, "dev", "m1!"), alice, bob) // 7
	s.tell(changed(event.MessageDeleted, 2, "dev", "m2"), alice, bob) // 8
	s.tell(changed(event.MessageEdited, 2, "dev", "m2?"), alice, bob) // 9: it stays deleted
	s.tell(eventtest.Joined("dev", carol), alice, bob, carol)         // 10
	s.tell(eventtest.Note(5, alice, "note"), alice)                   // 11
	s.tell(left("dev", alice), alice, bob, carol)                     // 12
	s.tell(archived("ops"), bob, carol)                               // 13
	nobody := event.Agent{}
	for _, tt := range []struct {
		second int
		agent  event.Agent
		want   string
	}{
		{0, alice, ""},
		{3, alice, ""},
		{3, bob, "dev=bob m1"},
		{4, alice, "dev=alice+bob m1"}, // the host shows what was said before, too
		{6, alice, "dev=alice+bob direct=alice+bob m1 m2 psst"},
		{7, carol, "ops=bob+carol m4"},
		{8, alice, "dev=alice+bob direct=alice+bob m1! m2 psst"},
		{9, alice, "dev=alice+bob direct=alice+bob m1! psst"},
		{10, alice, "dev=alice+bob direct=alice+bob m1! psst"},
		{12, alice, "dev=alice+bob+carol direct=alice+bob notes=alice m1! psst note"},
		{13, alice, "direct=alice+bob notes=alice psst note"},
		{13, nobody, "dev=bob+carol ops=bob+carol direct=alice+bob notes=alice m1! psst m4 note"},
		{14, bob, "dev=bob+carol ops!=bob+carol direct=alice+bob m1! psst m4"},
	} {
		got, err := replay.StateAt(t.Context(), s, tt.agent, eventtest.Day.Add(time.Duration(tt.second)*time.Second))
		if err != nil || told(got) != tt.want {
			t.Errorf("%s at %d: got %q and %v, want %q", tt.agent, tt.second, told(got), err, tt.want)
		}
	}
}

// TestStateAt_OfOnesOwnEvents: who may read nobody else's events learns less of
// the others, and no less of itself.
func TestStateAt_OfOnesOwnEvents(t *testing.T) {
	alice, bob := eventtest.Alice, eventtest.Bob
	s := replay.NewState(alice, false)
	for _, e := range []event.Event{
		eventtest.Joined("dev", alice), eventtest.Message(2, "ops", bob, "m2"), direct(3, "psst"), left("ops", alice), eventtest.Joined("dev", bob),
	} {
		s.Take(&e)
	}
	if got, want := told(s), "dev=alice+bob direct=alice+bob psst"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestState_TellsSinceWhenItIsRecorded(t *testing.T) {
	s := replay.NewState(eventtest.Alice, true)
	old := eventtest.Joined("dev", eventtest.Alice)
	old.Backfilled = true
	s.Take(&old)
	form, _ := json.Marshal(s.Form(eventtest.Day))
	if want := `"recorded_since":null`; !s.Recorded().IsZero() || !strings.Contains(string(form), want) {
		t.Errorf("got %s, want %s", form, want)
	}
	e := eventtest.Message(1, "dev", eventtest.Bob, "m1")
	e.CreatedAt = eventtest.Day.Add(time.Second)
	e.Cursor = event.Cursor{Epoch: "e", Offset: 7}
	s.Take(&e)
	form, _ = json.Marshal(s.Form(eventtest.Day.Add(time.Minute)))
	want := `{"type":"state","at":"2026-01-02T15:05:05Z","id":"e-7","agent":"alice:p1","recorded_since":"2026-01-02T15:04:06Z","channels":[{"id":"dev","name":"dev","channel_kind":"channel","is_archived":false,"members":["alice:p1"]}],"agents":[],"messages":[{"id":1,`
	if !strings.HasPrefix(string(form), want) {
		t.Errorf("got %s, want %s", form, want)
	}
}

func TestState_TellsStatusesThatTheAgentSaw(t *testing.T) {
	s := &story{Source: eventtest.NewSource()}
	both := []event.Agent{eventtest.Alice, eventtest.Bob}
	s.tell(eventtest.Status(eventtest.Bob, "busy"), both...)
	s.tell(eventtest.Status(eventtest.Bob, "online"), both...)
	s.tell(eventtest.Status(eventtest.Carol, "hidden"), eventtest.Bob)
	s.tell(eventtest.Status(eventtest.Alice, "later"), both...)
	state, err := replay.StateAt(t.Context(), s.Source, eventtest.Alice, eventtest.Day.Add(3*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(state.Statuses()), fmt.Sprint([]replay.Status{{eventtest.Bob, "online", eventtest.Day.Add(time.Second)}}); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestState_IsBounded: many messages of one channel neither fill the memory
// nor hide those of another.
func TestState_IsBounded(t *testing.T) {
	s := replay.NewState(eventtest.Alice, false)
	for i := range int64(5000) {
		e := eventtest.Message(i+1, "dev", eventtest.Bob, fmt.Sprint("m", i+1))
		s.Take(&e)
	}
	for i := range int64(100) {
		e := changed(event.MessageDeleted, 5000-i, "dev", "x")
		s.Take(&e)
		old := changed(event.MessageEdited, i+1, "dev", "too old")
		s.Take(&old)
	}
	got := strings.Fields(told(s))
	if len(got) != 1+replay.StateMessages || got[1] != "m4851" || got[50] != "m4900" {
		t.Errorf("got %v, want the 50 before those that were deleted", got)
	}
}
