//go:build unix

package main

import (
	"fmt"
	"strings"
	"testing"

	"cslack-stream/internal/engine/claudeslack/hosttest"
	"cslack-stream/internal/engine/event"
)

// expected are the events that a transaction of a recording must make: their
// keys, and who must get each. Optional ones are a matter of policy; ours is
// in the rules: nothing about notes channels, no joins of DMs or of names
// without an agent, nothing for a config of the same hash or a link that was
// there; but a leave by cascade counts.
func expected(x hosttest.Transaction) (out []expectedEvent) {
	for _, e := range x.Expect {
		if e.Optional && e.Type != string(event.MemberLeft) {
			continue
		}
		agent := event.Agent{Name: e.AgentName}
		if e.AgentProjectID != nil {
			agent.Project = *e.AgentProjectID
		}
		entity := e.ChannelID
		switch {
		case e.MessageID != 0:
			entity = fmt.Sprint(e.MessageID)
		case strings.HasPrefix(e.Type, "channel.member."):
			entity = e.ChannelID + "/" + agent.String()
		case strings.HasPrefix(e.Type, "agent."):
			entity = agent.String()
		case e.ProjectA != "":
			entity = e.ProjectA + "/" + e.ProjectB
		case e.SyncID != 0:
			entity = fmt.Sprint(e.SyncID)
		}
		out = append(out, expectedEvent{e.Type + " " + entity, e.Recipients})
	}
	return out
}

type expectedEvent struct {
	key        string
	recipients []string
}

// theEnd is an event that everybody gets.
var theEnd = []string{`INSERT INTO projects(id,path) VALUES('end','/end')`, `INSERT INTO agents(name,project_id) VALUES('end','end')`}

const theEndKey = "agent.registered end:end"

// TestServe_RecordedTraffic: traffic of the real host, replayed by another
// process, gives every agent's stream over HTTP exactly the expected events,
// and the operator's too.
func TestServe_RecordedTraffic(t *testing.T) {
	t.Parallel()
	for _, generation := range []string{"v4.1", "v3.0"} {
		t.Run(generation, func(t *testing.T) {
			t.Parallel()
			db, traffic := hosttest.Traffic(t, generation)
			sc := newScene(t, db)
			s := sc.serve()
			beginning := s.beginning()
			operator := s.open(operatorQuery, beginning)
			agents := make(map[string]*feed)
			var all []string
			each := make(map[string][]string)
			w := hosttest.StartWriter(t, db)
			for _, x := range traffic {
				w.Do(hosttest.Step{SQL: x.SQL, Errors: true})
				for _, e := range expected(x) {
					all = append(all, e.key)
					for _, r := range e.recipients {
						each[r] = append(each[r], e.key)
					}
					// Whoever registers listens from then on.
					if name, ok := strings.CutPrefix(e.key, "agent.registered "); ok {
						agent, err := event.ParseAgent(name)
						if err != nil {
							t.Fatal(err)
						}
						agents[name] = s.open(agentQuery(agent), beginning)
					}
				}
			}
			w.Exec(theEnd...)
			isEnd := func(f frame) bool { return f.key() == theEndKey }
			live := operator.until("the end", isEnd)
			live = onlyEvents(t, live[:len(live)-1])
			compare(t, "operator", all, keys(live))
			checkFrames(t, "operator", live)
			bytes := make(map[string]string)
			for _, f := range live {
				bytes[f.ID] = f.raw
			}
			if len(agents) < 5 || len(each) != len(agents) {
				t.Errorf("got streams of %d agents, want one for each of %d", len(agents), len(each))
			}
			for name, f := range agents {
				got := f.until("the end", isEnd)
				got = onlyEvents(t, got[:len(got)-1])
				compare(t, name, each[name], keys(got))
				checkFrames(t, name, got)
				for _, fr := range got {
					if bytes[fr.ID] != fr.raw {
						t.Errorf("%s: got %s, want the same bytes that the operator got", name, fr.raw)
					}
				}
			}
			// What a new server reads from its file are the same bytes again.
			s.stop()
			s = sc.serve()
			again := s.everything(operatorQuery, beginning)
			var want, got []string
			for _, f := range live {
				want = append(want, f.raw)
			}
			for _, f := range again {
				if f.isEvent() && f.key() != theEndKey {
					got = append(got, f.raw)
				}
			}
			compare(t, "read again", want, got)
			for name := range agents {
				agent, err := event.ParseAgent(name)
				if err != nil {
					t.Fatal(err)
				}
				got := keys(s.everything(agentQuery(agent), beginning))
				compare(t, name+" again", append(each[name], theEndKey), got)
			}
			sc.checkIntegrity()
		})
	}
}

// onlyEvents drops stream.live, and fails the test for anything else that is
// no event.
func onlyEvents(t *testing.T, frames []frame) (out []frame) {
	t.Helper()
	for _, f := range frames {
		switch {
		case f.isEvent():
			out = append(out, f)
		case f.Type != string(event.StreamLive):
			t.Errorf("got %s, want a stream that goes on", clipped(f.raw))
		}
	}
	return out
}
