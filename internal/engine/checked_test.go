package engine_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cslack-stream/internal/engine"
	"cslack-stream/internal/engine/backend/memory"
	"cslack-stream/internal/engine/capture"
	"cslack-stream/internal/engine/capture/poll"
	"cslack-stream/internal/engine/claudeslack/hosttest"
	"cslack-stream/internal/engine/event"
)

// checks is an agent of project p that looks for messages.
func checks(name string) string {
	return hosttest.Call("s", "get_messages", `{"agent_id": "`+name+`"}`)
}

const aliceSays = `INSERT INTO messages(channel_id,sender_id,sender_project_id,content) VALUES('global:general','alice','p','mine')`

// lists is what the engine says of checks: "alice 3" for one that was seen and
// has three messages waiting, "bob never" for one that was not.
func (r *running) lists(t testing.TB) (out []string) {
	t.Helper()
	agents, err := r.Agents(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range agents {
		switch {
		case a.CheckedAt != nil && a.Waiting != nil:
			out = append(out, fmt.Sprint(a.Name, " ", *a.Waiting))
		case a.CheckedAt == nil && a.Waiting == nil:
			out = append(out, a.Name+" never")
		default:
			t.Errorf("got %s checked %v and waiting %v, want both or none", a.Name, a.CheckedAt, a.Waiting)
		}
	}
	return out
}

// lastCheck is when the newest check of alice was, by its event.
func (r *running) lastCheck(t testing.TB) string {
	t.Helper()
	at := ""
	for _, e := range r.everything(t) {
		if e.Type == event.AgentChecked && e.EntityID == "alice:p" {
			at = e.CreatedAt.Format(event.TimeFormat)
		}
	}
	return at
}

func wantLists(t *testing.T, what string, e *running, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, e.lists(t)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// TestEngine_ListsChecks: what came for an agent since it was last seen
// checking waits, but not what it said itself, nor what it may not see. All
// engines on the log say the same, and so does the next one.
func TestEngine_ListsChecks(t *testing.T) {
	db, w := newWorld(t)
	w.Exec(hosttest.Session("s", "p"), `INSERT INTO agents(name,project_id) VALUES('dora','p'),('eve','p')`)
	e := startCarrier(t, db)
	s := e.operator(t, event.Cursor{})
	w.Exec(slices.Concat([]string{checks("alice"), checks("dora")}, says("early", 3))...)
	contents(t, s, "early2")
	wantLists(t, "first", e, "alice 3", "bob never", "dora 0", "eve never")
	w.Exec(slices.Concat([]string{checks("alice"), checks("bob")}, says("later", 2), []string{aliceSays, say("last")})...)
	contents(t, s, "last")
	want := []string{"alice 3", "bob 1", "dora 0", "eve never"}
	wantLists(t, "again", e, want...)
	alice := event.Agent{Name: "alice", Project: "p"}
	snapshot, err := e.Snapshot(t.Context(), alice)
	if err != nil {
		t.Fatal(err)
	}
	if got := snapshot.Agent.CheckedAt; got == nil || *got != e.lastCheck(t) {
		t.Errorf("snapshot: got checked at %v, want %s", got, e.lastCheck(t))
	}

	follower := startCarrier(t, db)
	wantLists(t, "follower", follower, want...)
	wantLists(t, "attachment", attach(t, db), want...)
	behind := follower.operator(t, follower.Window().Latest())
	w.Exec(checks("eve"), say("for two of them"))
	contents(t, behind, "for two of them")
	want = []string{"alice 4", "bob 1", "dora 0", "eve 0"}
	wantLists(t, "follower later", follower, want...)
	follower.stop()
	e.stop()
	e = startCarrier(t, db)
	wantLists(t, "restarted", e, want...)
	behind = e.operator(t, e.Window().Latest())
	w.Exec(`DELETE FROM agents WHERE name='eve'`, `INSERT INTO agents(name,project_id) VALUES('eve','p')`, say("end"))
	contents(t, behind, "end")
	wantLists(t, "registered anew", e, "alice 5", "bob 1", "dora 0", "eve never")
}

// TestEngine_ListsChecksByPoll: without triggers, what the host remembers at
// the first look counts, and so does what comes.
func TestEngine_ListsChecksByPoll(t *testing.T) {
	db, w := newWorld(t)
	w.Exec(hosttest.Session("s", "p"), say("before"), checks("bob"))
	e := start(t, engine.Options{Changes: poll.New(poll.Options{Host: capture.NewHost(db)}), Store: memory.New(memory.Options{})})
	s := e.operator(t, event.Cursor{})
	contents(t, s, "before")
	w.Exec(checks("alice"), say("after"))
	contents(t, s, "after")
	wantLists(t, "polled", e, "alice 1", "bob 0")
}

// sayNext is a message of bob that says its own id.
const sayNext = `INSERT INTO messages(channel_id,sender_id,sender_project_id,content) SELECT 'global:general','bob','p','m'||(1+max(id)) FROM messages`

// TestEngine_UpgradesVersion1: an engine starts on a change log of version 1,
// which another process writes to all the time. Its events go on where they
// were, each once; from then on there are checks.
func TestEngine_UpgradesVersion1(t *testing.T) {
	db, w := newWorld(t)
	w.Exec(hosttest.Session("s", "p"))
	e := startCarrier(t, db)
	w.Exec(says("carried", 3)...)
	contents(t, e.operator(t, event.Cursor{}), "carried2")
	latest := e.Window().Latest()
	e.stop()
	w.Exec("BEGIN IMMEDIATE", "DROP TRIGGER cslack_ti", "UPDATE cslack_meta SET v=1 WHERE k='version'", "COMMIT")
	w.Exec(append(says("waiting", 3), checks("alice"))...) // a check that version 1 does not log

	hammer := hosttest.StartWriter(t, db)
	hammer.Start(hosttest.Step{SQL: []string{sayNext}, Until: `SELECT v=2 FROM cslack_meta WHERE k='version'`})
	a := attach(t, db) // reads version 1 as it is, and reads on
	seen := a.operator(t, latest)
	var first []string
	for len(first) < 10 {
		first = append(first, contentsOf(collect(t, seen, 1))...)
	}
	e = startCarrier(t, db)
	last := hammer.Wait().LastID
	got := contents(t, e.operator(t, latest), fmt.Sprint("m", last))
	want := numbered("waiting", 3)
	for id := int64(3 + 3 + 1); id <= last; id++ {
		want = append(want, fmt.Sprint("m", id))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("behind the old cursor (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, append(first, contents(t, seen, fmt.Sprint("m", last))...)); diff != "" {
		t.Errorf("attachment (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(slices.Concat(numbered("carried", 3), want), e.messages(t)); diff != "" {
		t.Errorf("everything (-want +got):\n%s", diff)
	}
	wantLists(t, "before a check", e, "alice never", "bob never")
	s := e.operator(t, e.Window().Latest())
	w.Exec(checks("bob"), aliceSays)
	contents(t, s, "mine")
	contents(t, seen, "mine")
	wantLists(t, "upgraded", e, "alice never", "bob 1")
	wantLists(t, "attachment", a, "alice never", "bob 1")
}

// manyMessages are n messages of bob in one transaction.
func manyMessages(n int) string {
	return fmt.Sprintf(`WITH RECURSIVE s(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM s WHERE x<%d)
INSERT INTO messages(channel_id,sender_id,sender_project_id,content) SELECT 'global:general','bob','p','m'||x FROM s`, n)
}

// TestEngine_ListsChecksOfLongAgo: only the newest events are looked through.
func TestEngine_ListsChecksOfLongAgo(t *testing.T) {
	db, w := newWorld(t)
	w.Exec(hosttest.Session("s", "p"))
	e := startCarrier(t, db)
	s := e.operator(t, event.Cursor{})
	w.Exec(checks("alice"), manyMessages(12_000), say("last"))
	contents(t, s, "last")
	wantLists(t, "long ago", e, "alice 10000", "bob never")
}
