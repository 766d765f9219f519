package attention_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/eventtest"
	"cslack-stream/internal/tui/attention"
	"cslack-stream/internal/tui/line"

	"github.com/google/go-cmp/cmp"
)

var alice, bob, carol = eventtest.Alice, eventtest.Bob, eventtest.Carol

// tape records what happens, a minute apart, and hands it to a Track.
type tape struct {
	*eventtest.Source
	*attention.Track
	records []*line.Record
}

func newTape(agent event.Agent) *tape {
	return &tape{Source: eventtest.NewSource(), Track: attention.New(agent)}
}

// minute is when the nth event happens, the first at 0.
func minute(n int) time.Time { return eventtest.Day.Add(time.Duration(n) * time.Minute) }

func (tp *tape) add(e event.Event, to ...event.Agent) *line.Record {
	e.CreatedAt = minute(len(tp.records))
	r := line.View{}.Record(tp.Append(e, to...))
	tp.records = append(tp.records, r)
	tp.Take(r, r.IsMessage && r.Text == "fire")
	return r
}

func (tp *tape) says(from event.Agent, channel, text string, to ...event.Agent) *line.Record {
	return tp.add(eventtest.Message(int64(len(tp.records)+1), channel, from, text), to...)
}

// checked is the event of an agent that was seen checking.
func checked(a event.Agent, tool string, channels ...string) event.Event {
	data, err := json.Marshal(event.Checked{Name: a.Name, ProjectID: &a.Project, Tool: tool, Channels: channels})
	if err != nil {
		panic(err)
	}
	return event.Event{Type: event.AgentChecked, EntityType: "agent", EntityID: a.String(), Payload: data}
}

func (tp *tape) checks(a event.Agent, channels ...string) {
	tp.add(checked(a, "get_messages", channels...), a)
}

func TestTrack_Grades(t *testing.T) {
	const dev = "p1:dev"
	named := func(id, name string, from event.Agent) event.Event {
		e := eventtest.Message(90, id, from, "named")
		var m event.Message
		_ = json.Unmarshal(e.Payload, &m)
		m.ChannelName = name
		e.Payload, _ = json.Marshal(m)
		return e
	}
	tests := []struct {
		name string
		do   func(*tape) *line.Record // returns the message that is graded for alice
		at   int                      // minutes since the first event
		want attention.Grade
	}{
		{"no check was ever recorded", func(tp *tape) *line.Record { return tp.says(bob, dev, "hi", alice, bob) }, 60, attention.Unrecorded},
		{"wrote it", func(tp *tape) *line.Record { return tp.says(alice, dev, "hi", alice, bob) }, 60, attention.Sent},
		{"could not see it", func(tp *tape) *line.Record { return tp.says(bob, dev, "hi", bob) }, 60, attention.Hidden},
		{"not registered yet", func(tp *tape) *line.Record {
			r := tp.says(bob, dev, "hi", bob)
			data, _ := json.Marshal(event.AgentStatus{Name: alice.Name, ProjectID: &alice.Project})
			tp.add(event.Event{Type: event.AgentRegistered, EntityType: "agent", EntityID: alice.String(), Payload: data}, alice, bob)
			return r
		}, 60, attention.Unknown},
		{"not a message", func(tp *tape) *line.Record { return tp.add(eventtest.Joined(dev, bob), alice, bob) }, 60, attention.Unknown},
		{"checked after", func(tp *tape) *line.Record {
			r := tp.says(bob, dev, "hi", alice, bob)
			tp.checks(alice)
			return r
		}, 60, attention.Checked},
		{"checked before, a moment ago", func(tp *tape) *line.Record {
			tp.checks(alice)
			return tp.says(bob, dev, "hi", alice, bob)
		}, 9, attention.MayWait},
		{"checked before, when the shadow ends", func(tp *tape) *line.Record {
			tp.checks(alice)
			return tp.says(bob, dev, "hi", alice, bob)
		}, 10, attention.Waits},
		{"checked another channel only", func(tp *tape) *line.Record {
			r := tp.says(bob, dev, "hi", alice, bob)
			tp.says(bob, "p1:ops", "hi", alice, bob)
			tp.checks(alice, "p1:ops")
			return r
		}, 5, attention.MayWait},
		{"never checked this channel, and long ago", func(tp *tape) *line.Record {
			r := tp.says(bob, dev, "hi", alice, bob)
			tp.checks(alice, "p1:ops")
			return r
		}, 10, attention.Waits},
		{"checked it by name", func(tp *tape) *line.Record {
			r := tp.add(named(dev, "dev", bob), alice, bob)
			tp.checks(alice, "#dev")
			return r
		}, 60, attention.Checked},
		{"checked it by id", func(tp *tape) *line.Record {
			r := tp.says(bob, dev, "hi", alice, bob)
			tp.checks(alice, "ops", dev)
			return r
		}, 60, attention.Checked},
		{"checked a name that two channels have", func(tp *tape) *line.Record {
			tp.add(named("p2:dev", "dev", carol), carol)
			r := tp.add(named(dev, "dev", bob), alice, bob)
			tp.checks(alice, "dev")
			return r
		}, 60, attention.Waits},
		{"only searched", func(tp *tape) *line.Record {
			r := tp.says(bob, dev, "hi", alice, bob)
			tp.add(checked(alice, "mcp__claude-slack__search_messages"), alice)
			return r
		}, 60, attention.Waits},
		{"somebody else checked", func(tp *tape) *line.Record {
			r := tp.says(bob, dev, "hi", alice, bob)
			tp.checks(carol)
			return r
		}, 60, attention.Unrecorded},
		{"checked all, and then another channel", func(tp *tape) *line.Record {
			tp.says(bob, "p1:ops", "hi", alice, bob)
			tp.checks(alice)
			r := tp.says(bob, dev, "hi", alice, bob)
			tp.checks(alice, "p1:ops")
			return r
		}, 10, attention.MayWait},
		{"deleted before it was seen checking", func(tp *tape) *line.Record {
			tp.checks(alice)
			r := tp.says(bob, dev, "hi", alice, bob)
			e := *r.Event
			e.Type = event.MessageDeleted
			tp.add(e, alice, bob)
			return r
		}, 60, attention.Gone},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tp := newTape(event.Agent{})
			r := tt.do(tp)
			if got := tp.Grade(alice, r, minute(tt.at)); got != tt.want {
				t.Errorf("got grade %d, want %d", got, tt.want)
			}
		})
	}
}

func TestTrack_TrustsTheOrderOfTheLogMoreThanTimes(t *testing.T) {
	tp := newTape(event.Agent{})
	r := tp.says(bob, "dev", "hi", alice, bob)
	e := checked(alice, "get_messages")
	check := line.View{}.Record(tp.Append(e, alice))
	check.Event.CreatedAt = r.Time().Add(-time.Second) // the clock was set back
	tp.Take(check, false)
	if got := tp.Grade(alice, r, minute(60)); got != attention.Checked {
		t.Errorf("got grade %d, want %d", got, attention.Checked)
	}
}

func TestTrack_BeginsWithWhatWasRecordedBefore(t *testing.T) {
	at := func(t time.Time) []event.AgentInfo {
		i, s := eventtest.Info(alice), t.Format(time.RFC3339Nano)
		i.CheckedAt = &s
		return []event.AgentInfo{i, eventtest.Info(bob)}
	}
	tp := newTape(alice)
	tp.Start(at(minute(0).Add(30 * time.Second)))
	first, second := tp.says(bob, "dev", "hi", alice, bob), tp.says(bob, "dev", "there", alice, bob)
	grade := func(r *line.Record) attention.Grade { return tp.Grade(alice, r, minute(2)) }
	if grade(first) != attention.Checked || grade(second) != attention.MayWait {
		t.Errorf("got %d and %d, want the check between them to count", grade(first), grade(second))
	}
	if tp.Known(bob) {
		t.Error("got a check of bob, want none")
	}
	// The stream tells that one and only of what it was, then another.
	tp = newTape(alice)
	tp.Start(at(minute(2).Add(900 * time.Millisecond))) // as another clock had it
	r := tp.says(bob, "dev", "hi", alice, bob)
	tp.says(bob, "ops", "hi", alice, bob)
	tp.checks(alice, "ops")
	if got := tp.Grade(alice, r, minute(2)); got != attention.MayWait {
		t.Errorf("got grade %d, want %d: it checked another channel", got, attention.MayWait)
	}
	tp.Start(at(minute(50)))
	if got, _ := tp.Track.Last(alice); !got.Equal(minute(2)) {
		t.Errorf("got last seen checking %v, want %v: the stream knows better", got, minute(2))
	}
}

func TestTrack_CountsWhatWaits(t *testing.T) {
	tp := newTape(event.Agent{})
	tp.says(bob, "dev", "before", alice, bob)
	if got := tp.Backlog(alice); got.Total != 0 {
		t.Errorf("got %d waiting before any check is known, want 0", got.Total)
	}
	tp.checks(alice)
	tp.says(bob, "dev", "one", alice, bob)
	tp.says(alice, "dev", "mine", alice, bob)
	tp.says(bob, "ops", "fire", alice, bob)
	tp.says(bob, "bobs", "not for alice", bob)
	gone := tp.says(bob, "ops", "two", alice, bob)
	want := attention.Backlog{Total: 3, Oldest: minute(2), Channels: map[string]attention.Count{"dev": {Messages: 1}, "ops": {Messages: 2, Urgent: true}}}
	if diff := cmp.Diff(want, tp.Backlog(alice)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	deleted := *gone.Event
	deleted.Type = event.MessageDeleted
	tp.add(deleted, alice, bob)
	tp.checks(alice, "dev")
	want = attention.Backlog{Total: 1, Oldest: minute(4), Channels: map[string]attention.Count{"ops": {Messages: 1, Urgent: true}}}
	if diff := cmp.Diff(want, tp.Backlog(alice)); diff != "" {
		t.Errorf("after a check of #dev: -want +got:\n%s", diff)
	}
	tp.Miss()
	if !tp.Backlog(alice).More {
		t.Error("got an exact count behind a gap, want at least that many")
	}
	tp.checks(alice)
	if got := tp.Backlog(alice); got.Total != 0 || got.More {
		t.Errorf("got %+v after a check of everything, want nothing", got)
	}
}

func TestTrack_CountsADirectMessageOnce(t *testing.T) {
	tp := newTape(alice)
	tp.checks(alice)
	dm := eventtest.DM(7, bob, alice, "psst")
	both := dm
	both.Type, both.Agent = event.MessageNew, event.Agent{}
	tp.add(both, alice, bob)
	tp.add(dm, alice)
	if got := tp.Backlog(alice).Total; got != 1 {
		t.Errorf("got %d waiting, want 1", got)
	}
}

func TestTrack_RemembersABoundedNumber(t *testing.T) {
	tp := newTape(alice)
	tp.checks(alice)
	for i := range 25_000 {
		r := line.View{Agent: alice}.Record(new(eventtest.Message(int64(i+10), "dev", bob, "flood")))
		r.Event.Cursor = event.Cursor{Epoch: "test1", Offset: int64(i + 10)}
		tp.Take(r, false)
	}
	if got := tp.Backlog(alice); got.Total > 10_000 || got.Total < 9_000 || !got.More {
		t.Errorf("got %d waiting, more: %v, want about 10000 and more", got.Total, got.More)
	}
}

func BenchmarkTrack_Backlog(b *testing.B) {
	tp := newTape(event.Agent{})
	tp.checks(alice)
	for i := range 9_000 {
		tp.says(bob, fmt.Sprintf("c%d", i%20), "flood", alice, bob, carol)
	}
	for b.Loop() {
		tp.Backlog(alice)
	}
}
