package engine_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cslack-stream/internal/engine/claudeslack/hosttest"
	"cslack-stream/internal/engine/event"
)

// seen is an event as recordings state it.
type seen struct {
	Type, Entity string
	Recipients   []string
}

func seenOf(e *event.Event) seen {
	s := seen{Type: string(e.Type), Entity: e.EntityID}
	for _, a := range e.Audience.Agents() {
		s.Recipients = append(s.Recipients, a.String())
	}
	slices.Sort(s.Recipients)
	return s
}

// want returns the events that a transaction must make. Optional ones are a
// matter of policy; ours is stated in the rules: nothing about notes
// channels, no joins of DMs or of names without an agent, nothing for a
// config of the same hash or a link that was there; but a leave by cascade
// counts.
func want(x hosttest.Transaction) []seen {
	var out []seen
	for _, e := range x.Expect {
		if e.Optional && e.Type != string(event.MemberLeft) {
			continue
		}
		s := seen{Type: e.Type, Recipients: slices.Clone(e.Recipients)}
		slices.Sort(s.Recipients)
		if len(s.Recipients) == 0 {
			s.Recipients = nil
		}
		agent := event.Agent{Name: e.AgentName}
		if e.AgentProjectID != nil {
			agent.Project = *e.AgentProjectID
		}
		switch {
		case e.MessageID != 0:
			s.Entity = fmt.Sprint(e.MessageID)
		case strings.HasPrefix(e.Type, "channel.member."):
			s.Entity = e.ChannelID + "/" + agent.String()
		case strings.HasPrefix(e.Type, "agent."):
			s.Entity = agent.String()
		case e.ProjectA != "":
			s.Entity = e.ProjectA + "/" + e.ProjectB
		case e.SyncID != 0:
			s.Entity = fmt.Sprint(e.SyncID)
		default:
			s.Entity = e.ChannelID
		}
		out = append(out, s)
	}
	return out
}

// TestEngine_RecordedTraffic replays traffic of the real host from another
// process and compares every event, its order and its recipients, live and
// for every agent.
func TestEngine_RecordedTraffic(t *testing.T) {
	for _, generation := range []string{"v4.1", "v3.0"} {
		for _, keep := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/one connection %v", generation, keep), func(t *testing.T) {
				db, traffic := hosttest.Traffic(t, generation)
				e := startCarrier(t, db)
				all := e.operator(t, event.Cursor{})
				w := hosttest.StartWriter(t, db)
				var expected []seen
				for _, x := range traffic {
					w.Do(hosttest.Step{SQL: x.SQL, Keep: keep, Errors: true})
					expected = append(expected, want(x)...)
				}
				w.Exec(`INSERT INTO projects(id,path) VALUES('end','/end')`, `INSERT INTO agents(name,project_id) VALUES('end','end')`)
				var got []seen
				for len(got) == 0 || got[len(got)-1].Entity != "end:end" {
					for _, ev := range collect(t, all, 1) {
						got = append(got, seenOf(ev))
					}
				}
				got = got[:len(got)-1]
				if diff := cmp.Diff(expected, got); diff != "" {
					t.Errorf("events differ (-want +got):\n%s", diff)
				}
				checkStreams(t, e, expected)
			})
		}
	}
}

// checkStreams compares the stream of every agent with what is expected.
func checkStreams(t *testing.T, e *running, expected []seen) {
	t.Helper()
	agents := make(map[string][]string)
	for _, s := range expected {
		for _, r := range s.Recipients {
			agents[r] = append(agents[r], s.Type+" "+s.Entity)
		}
	}
	if len(agents) < 5 {
		t.Fatalf("got %d agents, want more", len(agents))
	}
	for name, want := range agents {
		agent, err := event.ParseAgent(name)
		if err != nil {
			t.Fatal(err)
		}
		s, err := e.Subscribe(t.Context(), event.Request{Agent: agent})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for {
			events, err := s.Next(t.Context())
			if err != nil {
				break
			}
			for _, ev := range events {
				if ev.EntityID != "end:end" {
					got = append(got, string(ev.Type)+" "+ev.EntityID)
				}
				if !json.Valid(ev.Wire) {
					t.Errorf("event %s has invalid wire form %s", ev.Cursor, ev.Wire)
				}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("stream of %s differs (-want +got):\n%s", name, diff)
		}
	}
}
