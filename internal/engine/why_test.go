package engine_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"cslack-stream/internal/engine/claudeslack/hosttest"
	"cslack-stream/internal/engine/event"
)

var (
	alice = event.Agent{Name: "alice", Project: "p"}
	carol = event.Agent{Name: "carol", Project: "p"}
)

// why asks why an agent gets the message that says text, and cuts times and
// positions from the answer.
func (r *running) why(t testing.TB, text string, agent event.Agent) string {
	t.Helper()
	for _, e := range r.everything(t) {
		if contentOf(e) != text || e.Type == event.DMReceived {
			continue
		}
		w, err := r.Why(t.Context(), e, agent)
		if err != nil {
			t.Fatal(err)
		}
		if w.Delivered != e.VisibleTo(agent) {
			t.Errorf("%s: delivered %v, but the event says %v", text, w.Delivered, e.VisibleTo(agent))
		}
		called := func(key string) string { name, _, _ := strings.Cut(key, ":"); return name }
		s := w.Sentence(agent.Name, called, time.UTC)
		for _, m := range []*event.Membership{w.Before, w.After} {
			if m != nil {
				s = strings.Replace(s, m.At.Format("2006-01-02 15:04:05 MST")+" (event "+m.Event.String()+")", "T", 1)
			}
		}
		return s
	}
	t.Fatalf("no event says %q", text)
	return ""
}

// TestEngine_Why explains deliveries by what was recorded at their moment.
func TestEngine_Why(t *testing.T) {
	db, w := newWorld(t)
	w.Exec(`INSERT INTO agents(name,project_id) VALUES('carol','p')`, say("before recording"))
	startCarrier(t, db).stop() // from here on changes are recorded
	leaves := `DELETE FROM channel_members WHERE channel_id='global:general' AND agent_name='carol'`
	w.Exec(say("before joining"), joins("global:general", "carol"), say("while a member"), leaves, say("after leaving"),
		joins("global:general", "carol"), say("once more"), leaves,
		"BEGIN IMMEDIATE", `INSERT INTO channels(id,channel_type,access_type,scope,name) VALUES('dm:x','direct','private','global','dm')`,
		joins("dm:x", "alice"), joins("dm:x", "bob"), "COMMIT",
		`INSERT INTO messages(channel_id,sender_id,sender_project_id,content) VALUES('dm:x','bob','p','in private')`)
	r := startCarrier(t, db)
	for _, tt := range []struct {
		text  string
		agent event.Agent
		want  string
	}{
		{"before joining", carol, "carol did not get it: it was not a member of #general, and joined it later, at T."},
		{"while a member", carol, "carol got it: it was a member of #general since T."},
		{"after leaving", carol, "carol did not get it: it had left #general at T, and joined it later, at T."},
		{"once more", carol, "carol got it: it was a member of #general since T."},
		{"while a member", event.Agent{Name: "nobody"}, "nobody did not get it: it was not a member of #general."},
		{"in private", alice, "alice got it: it is in the direct channel of alice and bob."},
		{"in private", carol, "carol did not get it: it is in the direct channel of alice and bob."},
	} {
		if got := r.why(t, tt.text, tt.agent); got != tt.want {
			t.Errorf("%q and %s: got\n%s\nwant\n%s", tt.text, tt.agent, got, tt.want)
		}
	}
	if got := r.why(t, "before recording", alice); !strings.Contains(got, "Who was a member then is unknown: nothing was recorded before 20") {
		t.Errorf("before recording: got %s", got)
	}
}

// TestEngine_WhyAgreesWithTheAudience asks about everything that the real
// host does, for everybody: the answer is what was delivered, and a recorded
// membership never contradicts it.
func TestEngine_WhyAgreesWithTheAudience(t *testing.T) {
	db, traffic := hosttest.Traffic(t, "v4.1")
	startCarrier(t, db).stop() // from here on changes are recorded
	w := hosttest.StartWriter(t, db)
	for _, x := range traffic {
		w.Do(hosttest.Step{SQL: x.SQL, Errors: true})
	}
	r := startCarrier(t, db)
	infos, err := r.Agents(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rules := make(map[event.Rule]int)
	for _, e := range r.everything(t) {
		for _, i := range infos {
			w, err := r.Why(t.Context(), e, i.Key())
			if err != nil {
				t.Fatal(err)
			}
			rules[w.Rule]++
			if w.Delivered != e.VisibleTo(i.Key()) {
				t.Errorf("event %s, %s: delivered %v", e.Cursor, i.Key(), w.Delivered)
			}
			if b := w.Before; b != nil && b.Event != e.Cursor && b.Joined != w.Delivered {
				t.Errorf("event %s, %s: delivered %v, but the membership before it is %+v", e.Cursor, i.Key(), w.Delivered, *b)
			}
		}
	}
	for _, rule := range []event.Rule{event.RuleMember, event.RuleParty, event.RuleOwner, event.RuleAddressee, event.RuleExistence, event.RuleDiscovery, event.RuleScope} {
		if rules[rule] == 0 {
			t.Errorf("no event was decided by %s", rule)
		}
	}
}

// TestEngine_Find tells an event that is not there from a cursor that is not
// of this log.
func TestEngine_Find(t *testing.T) {
	db, w := newWorld(t)
	r := startCarrier(t, db)
	w.Exec(say("here"))
	s := r.operator(t, event.Cursor{})
	contents(t, s, "here")
	at := s.Cursor()
	for _, id := range []string{at.String(), "message:1"} {
		if e, err := r.Find(t.Context(), id); err != nil || e.Cursor != at || contentOf(e) != "here" {
			t.Errorf("%s: got %v, %v", id, e, err)
		}
	}
	for _, id := range []string{"message:2", "message:", "message:1' OR 1=1", at.Epoch + "-0"} {
		if _, err := r.Find(t.Context(), id); !errors.Is(err, event.ErrNotFound) {
			t.Errorf("%q: got %v, want not found", id, err)
		}
	}
	if _, err := r.Find(t.Context(), "rubbish"); err == nil || errors.Is(err, event.ErrNotFound) {
		t.Errorf("rubbish: got %v, want what an id looks like", err)
	}
	for id, want := range map[string]event.GapReason{
		event.Cursor{Epoch: at.Epoch, Offset: at.Offset + 9}.String(): event.GapFuture,
		event.Cursor{Epoch: "other", Offset: at.Offset}.String():      event.GapEpoch,
	} {
		var gap *event.GapError
		if _, err := r.Find(t.Context(), id); !errors.As(err, &gap) || gap.Reason != want {
			t.Errorf("%s: got %v, want gap %s", id, err, want)
		}
	}
}
