package event_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cslack-stream/internal/engine/event"
)

func encoded(t testing.TB) string {
	t.Helper()
	e := event.Event{
		Cursor: event.Cursor{Epoch: "e", Offset: 7}, Type: event.MessageNew, Agent: event.Agent{Name: "bob"},
		Payload: []byte(`{"audience":["x"],"n":{"audience":["alice:p1"]}}`),
	}
	if err := e.Encode(); err != nil {
		t.Fatal(err)
	}
	return string(e.Wire)
}

func TestRoster_DecodesWhoMaySee(t *testing.T) {
	plain := encoded(t)
	agents := []event.Agent{{Name: "carol", Project: "p2"}, {Name: "bob"}, {Name: "a\"]}\r\n\r\n\u2028", Project: "p1"}}
	wire := string(event.AppendAudience([]byte(strings.TrimSuffix(plain, "}")), agents))
	if strings.ContainsAny(wire, "\r\n") {
		t.Errorf("got a line break in %q", wire)
	}
	if i, j := strings.Index(wire, `"bob:"`), strings.Index(wire, `"carol:p2"`); i < 0 || j < i {
		t.Errorf("got %s, want the agents sorted", wire)
	}
	var roster event.Roster
	e, err := roster.Decode([]byte(wire))
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range agents {
		if !e.Audience.Includes(a) {
			t.Errorf("%q is not in the audience %v", a, e.Audience.Agents())
		}
	}
	if got := len(e.Audience.Agents()); got != len(agents) {
		t.Errorf("got %d agents, want %d", got, len(agents))
	}
	if diff := cmp.Diff(plain, string(e.Wire)); diff != "" {
		t.Errorf("wire differs from that of other readers (-want +got):\n%s", diff)
	}
	again, err := roster.Decode([]byte(wire))
	if err != nil || again.Audience != e.Audience {
		t.Errorf("got another audience and %v for the same agents, want the same", err)
	}
}

func TestRoster_DecodesWhoMaySee_Otherwise(t *testing.T) {
	plain := encoded(t)
	open := strings.TrimSuffix(plain, "}")
	tests := []struct {
		name, wire string
		agents     int // negative: nothing is said of them
		want       string
	}{
		{"not said", plain, -1, plain},
		{"nobody", open + `,"audience":[]}`, 0, plain},
		{"with spaces", open + `, "audience": [ "bob:" ] }`, 1, open + `, "audience": [ "bob:" ] }`},
		{"followed by another member", open + `,"audience":["bob:"],"new":1}`, 1, open + `,"audience":["bob:"],"new":1}`},
	}
	for _, tt := range tests {
		var roster event.Roster
		e, err := roster.Decode([]byte(tt.wire))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if (e.Audience == nil) != (tt.agents < 0) || len(e.Audience.Agents()) != max(0, tt.agents) {
			t.Errorf("%s: got audience %v, want %d agents", tt.name, e.Audience.Agents(), tt.agents)
		}
		if string(e.Wire) != tt.want {
			t.Errorf("%s: got wire %s, want %s", tt.name, e.Wire, tt.want)
		}
	}
	for _, bad := range []string{`,"audience":null}`, `,"audience":"bob:"}`, `,"audience":["bob"]}`, `,"audience":[":p"]}`, `,"audience":[7]}`} {
		var roster event.Roster
		if e, err := roster.Decode([]byte(open + bad)); err == nil || !strings.Contains(err.Error(), "audience") {
			t.Errorf("%s: got %v and %v, want an error that names the audience", bad, e, err)
		}
	}
}

func TestRequest_AgentsOnce(t *testing.T) {
	a, b := event.Agent{Name: "a"}, event.Agent{Name: "b"}
	req := event.Request{Agent: b, Also: []event.Agent{a, {}, b, a}}
	if diff := cmp.Diff([]event.Agent{b, a}, req.Agents()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	req.Operator = true
	if got := req.Agents(); len(got) > 0 {
		t.Errorf("operator: got %v, want none", got)
	}
}
