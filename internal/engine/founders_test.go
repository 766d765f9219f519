package engine_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cslack-stream/internal/engine"
	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/event"
)

func joins(channel, agent string) string {
	return fmt.Sprintf(`INSERT OR REPLACE INTO channel_members(channel_id,agent_name,agent_project_id) VALUES('%s','%s','p')`, channel, agent)
}

// seenOfType are the events of one type in the whole stream.
func (r *running) seenOfType(t testing.TB, typ event.Type) []seen {
	t.Helper()
	var out []seen
	for _, e := range r.everything(t) {
		if e.Type == typ {
			out = append(out, seenOf(e))
		}
	}
	return out
}

// TestRule2_LaterJoinerIsNoFounder: who joins in the next transaction was not
// there when the channel came into being, whether both are read together or
// an engine carried the first alone.
func TestRule2_LaterJoinerIsNoFounder(t *testing.T) {
	for _, between := range []bool{false, true} {
		t.Run(fmt.Sprint("carried in between ", between), func(t *testing.T) {
			db, w := newWorld(t)
			startCarrier(t, db).stop()
			w.Exec("BEGIN IMMEDIATE", `INSERT INTO channels(id,channel_type,access_type,scope,name) VALUES('dm:x','direct','private','global','x')`,
				joins("dm:x", "alice"), "COMMIT")
			if between {
				startCarrier(t, db, func(o *engine.Options) { o.Limit = 1 }).stop()
			}
			// A row that is not logged: the count of bob's is above that of
			// the channel, and not above that of alice's.
			w.Exec(`UPDATE projects SET name='other' WHERE id='p'`, joins("dm:x", "bob"))
			want := []seen{{"dm.channel.created", "dm:x", []string{"alice:p"}}}
			if diff := cmp.Diff(want, startCarrier(t, db).seenOfType(t, event.DMChannelCreated)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestRule2_FounderIsTheCreator: the creation of a private channel waits for
// its creator's own row, whoever else comes first in its transaction.
func TestRule2_FounderIsTheCreator(t *testing.T) {
	db, w := newWorld(t)
	e := startCarrier(t, db, func(o *engine.Options) { o.Limit = 1 })
	s := e.operator(t, event.Cursor{})
	w.Exec("BEGIN IMMEDIATE", `INSERT INTO channels(id,channel_type,access_type,scope,name,created_by,created_by_project_id) VALUES('c','channel','private','global','c','alice','p')`,
		joins("c", "bob"), joins("c", "alice"), say("end"), "COMMIT")
	contents(t, s, "end")
	want := []seen{{"channel.created", "c", []string{"alice:p", "bob:p"}}}
	if diff := cmp.Diff(want, e.seenOfType(t, event.ChannelCreated)[1:]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestRule2_LimitCutsReplace: a limit between the two halves of a replace
// makes nobody leave.
func TestRule2_LimitCutsReplace(t *testing.T) {
	db, w := newWorld(t)
	e := startCarrier(t, db, func(o *engine.Options) { o.Limit = 1 })
	s := e.operator(t, event.Cursor{})
	w.Exec("PRAGMA recursive_triggers=ON", joins("global:general", "alice"), joins("global:general", "bob"), say("end"))
	contents(t, s, "end")
	if got := e.seenOfType(t, event.MemberLeft); got != nil {
		t.Errorf("got %v, want nobody to leave", got)
	}
}

// TestRule2_RemovalThatIsNoReplace: only one statement's two halves cancel
// each other.
func TestRule2_RemovalThatIsNoReplace(t *testing.T) {
	at := time.UnixMilli(1)
	bob := event.Member{ChannelID: "c", AgentName: "bob"}
	for _, tt := range []struct {
		name  string
		count int64
		at    time.Time
		want  int
	}{
		{"one statement", 6, at, 0},
		{"two statements of one connection", 7, at, 2},
		{"two connections", 6, at.Add(time.Millisecond), 2},
	} {
		ws := claudeslack.NewWorkspace(new(event.Roster))
		ws.Seed(claudeslack.Tables{
			Agents:   []event.AgentStatus{{Name: "bob"}},
			Channels: []event.Channel{{ID: "c", Kind: event.KindChannel}},
			Members:  []event.Member{bob},
		})
		events, _ := ws.Render([]claudeslack.Change{
			{ID: 1, At: at, Count: 5, Row: claudeslack.MemberGone{Member: bob}},
			{ID: 2, At: tt.at, Count: tt.count, Row: claudeslack.MemberPut{Member: bob, Active: true}},
		}, true)
		if len(events) != tt.want {
			t.Errorf("%s: got %d events, want %d", tt.name, len(events), tt.want)
		}
	}
}
