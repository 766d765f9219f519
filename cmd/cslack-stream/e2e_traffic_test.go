//go:build unix

package main

import (
	"fmt"
	"slices"
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

// transact runs a transaction, in which only what broke a constraint of the host
// may fail. The host waits for the write lock with its first statement, since
// Python prepares that before it begins; prepared behind BEGIN it reads the
// full-text index first, and SQLite lets no reader wait for the lock.
func transact(t *testing.T, w *hosttest.Writer, x hosttest.Transaction) {
	t.Helper()
	statements := slices.Clone(x.SQL)
	for i, s := range statements {
		if s == "BEGIN" {
			statements[i] = "BEGIN IMMEDIATE"
		}
	}
	for _, err := range w.Do(hosttest.Step{SQL: statements, Errors: true}).Errs {
		if !strings.Contains(err, "constraint failed") {
			t.Errorf("transaction %d (%s) of the host failed: %s", x.N, x.Cause, err)
		}
	}
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
				transact(t, w, x)
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

// TestServe_RecordedTrafficPolled replays the same with --no-install. A poll
// sees only what is different at its next look, so the replay waits for the
// events of a transaction before it goes on with the next; where there are
// none it asks for the health, which takes a look. What is tolerated
// then is the order of the events of one transaction: a look hands them over
// by table. Nothing may be missing, nothing extra, and every agent must get
// its own. The database is not written to.
func TestServe_RecordedTrafficPolled(t *testing.T) {
	t.Parallel()
	for _, generation := range []string{"v4.1", "v3.0"} {
		t.Run(generation, func(t *testing.T) {
			t.Parallel()
			db, traffic := hosttest.Traffic(t, generation)
			sc := newScene(t, db)
			schema := sc.query(`SELECT sql FROM sqlite_master`)
			s := sc.serve("--no-install")
			if h := s.health(); h.Capture != "hook" || h.Backend != "memory" {
				t.Errorf("got health %+v, want memory mode", h)
			}
			beginning := s.beginning()
			operator := s.open(operatorQuery, beginning)
			agents := make(map[string]*feed)
			each := make(map[string][]string)
			transaction := make(map[string]int) // of an event, by id
			w := hosttest.StartWriter(t, db)
			traffic = append(traffic, hosttest.Transaction{SQL: theEnd, Expect: []hosttest.Expected{{Type: "agent.registered", AgentName: "end", AgentProjectID: &endProject}}})
			for n, x := range traffic {
				transact(t, w, x)
				var want []string
				for _, e := range expected(x) {
					want = append(want, fmt.Sprintf("%d %s", n, e.key))
					for _, r := range e.recipients {
						each[r] = append(each[r], fmt.Sprintf("%d %s", n, e.key))
					}
				}
				if len(want) == 0 {
					s.health()
				}
				var got []string
				for len(got) < len(want) {
					f := operator.until("another event of "+x.Action, frame.isEvent)
					last := f[len(f)-1]
					transaction[last.ID] = n
					got = append(got, fmt.Sprintf("%d %s", n, last.key()))
				}
				slices.Sort(want)
				slices.Sort(got)
				if !slices.Equal(want, got) {
					t.Fatalf("transaction %d (%s): got events %q, want %q", x.N, x.Cause, got, want)
				}
				for _, e := range expected(x) {
					if name, ok := strings.CutPrefix(e.key, "agent.registered "); ok && e.key != theEndKey {
						agent, err := event.ParseAgent(name)
						if err != nil {
							t.Fatal(err)
						}
						agents[name] = s.open(agentQuery(agent), beginning)
					}
				}
			}
			for name, f := range agents {
				frames := f.until("the end", func(f frame) bool { return f.key() == theEndKey })
				var got []string
				for _, fr := range onlyEvents(t, frames[:len(frames)-1]) {
					got = append(got, fmt.Sprintf("%d %s", transaction[fr.ID], fr.key()))
				}
				checkFrames(t, name, frames)
				slices.Sort(got)
				slices.Sort(each[name])
				compare(t, name, each[name], got)
			}
			compare(t, "schema", schema, sc.query(`SELECT sql FROM sqlite_master`))
		})
	}
}

var endProject = "end"

// TestServe_RecordedTrafficPolledInAHurry replays without waiting. Then a look
// may span many transactions: what came and went between two looks, or was
// changed twice, is seen as what is left of it. But what is seen was expected,
// and no more often; and nothing that stays may be missing, in any mode:
// messages, notes, channels, agents.
func TestServe_RecordedTrafficPolledInAHurry(t *testing.T) {
	t.Parallel()
	db, traffic := hosttest.Traffic(t, "v4.1")
	sc := newScene(t, db)
	s := sc.serve("--no-install")
	operator := s.open(operatorQuery, s.beginning())
	w := hosttest.StartWriter(t, db)
	want := make(map[string]int)
	for _, x := range traffic {
		transact(t, w, x)
		for _, e := range expected(x) {
			want[e.key]++
		}
	}
	s.health() // takes a look: agents come first in each
	w.Exec(theEnd...)
	frames := operator.until("the end", func(f frame) bool { return f.key() == theEndKey })
	got := make(map[string]int)
	for _, f := range onlyEvents(t, frames[:len(frames)-1]) {
		if got[f.key()]++; got[f.key()] > want[f.key()] {
			t.Errorf("got %s %d times, want %d at most", f.key(), got[f.key()], want[f.key()])
		}
	}
	for key, n := range want {
		typ, id, _ := strings.Cut(key, " ")
		switch typ {
		case "message.new", "dm.received", "note.created", "agent.registered", "dm.channel.created":
			if got[key] != n && want["message.deleted "+id] == 0 {
				t.Errorf("got %s %d times, want %d: it is there to stay", key, got[key], n)
			}
		}
	}
}
