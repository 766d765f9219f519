package engine_test

import (
	"database/sql"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cslack-stream/internal/engine"
	"cslack-stream/internal/engine/backend/memory"
	"cslack-stream/internal/engine/capture"
	"cslack-stream/internal/engine/capture/hook"
	"cslack-stream/internal/engine/capture/poll"
	"cslack-stream/internal/engine/claudeslack/author"
	"cslack-stream/internal/engine/claudeslack/hosttest"
	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/action"
	"cslack-stream/internal/engine/sqlitedb"
)

// startInMemory starts an engine as serve does in memory mode, and returns what own
// writes go through.
func startInMemory(t testing.TB, db string, opts memory.Options) (*running, *hook.Recorder) {
	t.Helper()
	changes := poll.New(poll.Options{Host: capture.NewHost(db)})
	e := start(t, engine.Options{Changes: changes, Store: memory.New(opts)})
	return e, hook.NewRecorder(changes)
}

// own runs statements as one transaction of this process, marking as author
// does. A statement may fail.
func own(t testing.TB, tx author.Transactor, c *sql.Conn, statements ...string) {
	t.Helper()
	rolledBack := errors.New("rolled back")
	err := tx.Transact(t.Context(), c, func() error {
		for _, q := range statements {
			switch {
			case strings.HasPrefix(q, "BEGIN"), q == "COMMIT":
				continue
			case q == "ROLLBACK":
				return rolledBack
			}
			mark := tx.Mark()
			if _, err := c.ExecContext(t.Context(), q); err != nil {
				tx.Undo(mark)
			}
		}
		return nil
	})
	if err != nil && !errors.Is(err, rolledBack) {
		t.Fatal(err)
	}
}

// writing is a connection of this process for own writes.
func writing(t testing.TB, db string) *sql.Conn {
	t.Helper()
	handle, c, err := sqlitedb.Conn(t.Context(), db, sqlitedb.ReadWrite, "foreign_keys(1)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = errors.Join(c.Close(), handle.Close()) })
	return c
}

// TestEngine_RecordedTrafficByHook makes the writes of the real host our own,
// in memory mode: every event, its order and its recipients are those of
// trigger mode, without an exception.
func TestEngine_RecordedTrafficByHook(t *testing.T) {
	for _, generation := range []string{"v4.1", "v3.0"} {
		t.Run(generation, func(t *testing.T) {
			db, traffic := hosttest.Traffic(t, generation)
			e, tx := startInMemory(t, db, memory.Options{})
			all := e.operator(t, event.Cursor{})
			c := writing(t, db)
			var expected []seen
			for _, x := range traffic {
				own(t, tx, c, x.SQL...)
				expected = append(expected, want(x)...)
			}
			own(t, tx, c, `INSERT INTO projects(id,path) VALUES('end','/end')`, `INSERT INTO agents(name,project_id) VALUES('end','end')`)
			var got []seen
			for len(got) == 0 || got[len(got)-1].Entity != "end:end" {
				for _, ev := range collect(t, all, 1) {
					got = append(got, seenOf(ev))
				}
			}
			if diff := cmp.Diff(expected, got[:len(got)-1]); diff != "" {
				t.Errorf("events differ (-want +got):\n%s", diff)
			}
			checkStreams(t, e, expected)
		})
	}
}

// TestEngine_OwnAndForeignWritesInMemory: both come, in the order of their
// commits, each once, and what was rolled back does not.
func TestEngine_OwnAndForeignWritesInMemory(t *testing.T) {
	db := hosttest.NewDatabase(t)
	w := hosttest.StartWriter(t, db)
	w.Exec(world...)
	w.Exec(`CREATE TRIGGER no BEFORE INSERT ON messages WHEN NEW.content='no' BEGIN SELECT RAISE(ABORT,'no'); END`,
		`INSERT INTO agents(name,project_id,status) VALUES('carol','p','online')`)
	e, tx := startInMemory(t, db, memory.Options{})
	all := e.operator(t, e.Window().Latest())
	a := author.New(author.Options{Path: db, Transactor: tx})
	defer a.Close()
	alice, bob, carol := event.Agent{Name: "alice", Project: "p"}, event.Agent{Name: "bob", Project: "p"}, event.Agent{Name: "carol", Project: "p"}
	do := func(as event.Agent, op action.Op) {
		t.Helper()
		if _, err := a.Do(t.Context(), as, op); err != nil {
			t.Fatal(err)
		}
	}
	var expected []string
	for range 20 {
		w.Exec(say("foreign"))
		do(alice, action.Send{Channel: "global:general", Content: "own"})
		do(bob, action.Leave{Channel: "global:general"})
		do(bob, action.Join{Channel: "global:general"})
		// It opens a direct channel before it fails: none of that is to be seen.
		if _, err := a.Do(t.Context(), alice, action.Send{To: carol, Content: "no"}); err == nil {
			t.Fatal("a message that the database refuses was sent")
		}
		expected = append(expected, "message.new foreign", "message.new own", "channel.member.left", "channel.member.joined")
	}
	var got []string
	for _, ev := range collect(t, all, len(expected)) {
		line := string(ev.Type)
		for _, text := range []string{"foreign", "own"} {
			if strings.Contains(string(ev.Payload), `"content":"`+text+`"`) {
				line += " " + text
			}
		}
		got = append(got, line)
	}
	if diff := cmp.Diff(expected, got); diff != "" {
		t.Errorf("events differ (-want +got):\n%s", diff)
	}
}

// TestEngine_MemoryHoldsAWindow: a reader goes on from a cursor within it, and
// is told of a gap beyond it.
func TestEngine_MemoryHoldsAWindow(t *testing.T) {
	db := hosttest.NewDatabase(t)
	hosttest.StartWriter(t, db).Exec(world...)
	e, tx := startInMemory(t, db, memory.Options{Max: 10})
	all := e.operator(t, e.Window().Latest())
	c := writing(t, db)
	var cursors []event.Cursor
	for range 30 {
		own(t, tx, c, say("m"))
		cursors = append(cursors, collect(t, all, 1)[0].Cursor)
	}
	alice := event.Agent{Name: "alice", Project: "p"}
	s, err := e.Subscribe(t.Context(), event.Request{Agent: alice, After: cursors[24]})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if got := collect(t, s, 5); got[0].Cursor != cursors[25] {
		t.Errorf("goes on with %s, want %s", got[0].Cursor, cursors[25])
	}
	_, err = e.Subscribe(t.Context(), event.Request{Agent: alice, After: cursors[5]})
	if gap, ok := errors.AsType[*event.GapError](err); !ok || gap.Reason != event.GapTrimmed {
		t.Errorf("got %v, want a gap: trimmed", err)
	}
}

// TestEngine_LeavesAndComesAgainInOneWrite: two statements are not one row
// that is replaced, and a channel's creation does not wait for what follows.
func TestEngine_LeavesAndComesAgainInOneWrite(t *testing.T) {
	db := hosttest.NewDatabase(t)
	hosttest.StartWriter(t, db).Exec(world...)
	e, tx := startInMemory(t, db, memory.Options{})
	all := e.operator(t, e.Window().Latest())
	c := writing(t, db)
	own(
		t, tx, c, `DELETE FROM channel_members WHERE agent_name='bob'`,
		`INSERT INTO channel_members(channel_id,agent_name,agent_project_id) VALUES('global:general','bob','p')`,
		`INSERT INTO channels(id,channel_type,access_type,scope,name,created_by,created_by_project_id) VALUES('x','channel','private','global','x','bob','p')`,
	)
	var got []event.Type
	for _, ev := range collect(t, all, 3) {
		got = append(got, ev.Type)
	}
	if diff := cmp.Diff([]event.Type{event.MemberLeft, event.MemberJoined, event.ChannelCreated}, got); diff != "" {
		t.Errorf("events differ (-want +got):\n%s", diff)
	}
}

// TestEngine_OwnTextIsWhole: a hook sees text up to a NUL only, readers all
// of it.
func TestEngine_OwnTextIsWhole(t *testing.T) {
	db := hosttest.NewDatabase(t)
	hosttest.StartWriter(t, db).Exec(world...)
	e, tx := startInMemory(t, db, memory.Options{})
	all := e.operator(t, e.Window().Latest())
	a := author.New(author.Options{Path: db, Transactor: tx})
	defer a.Close()
	const text = "seen\x00hidden"
	if _, err := a.Do(t.Context(), event.Agent{Name: "alice", Project: "p"}, action.Send{Channel: "global:general", Content: text}); err != nil {
		t.Fatal(err)
	}
	var m event.Message
	if err := json.Unmarshal(collect(t, all, 1)[0].Payload, &m); err != nil || m.Content != text {
		t.Errorf("got %q, %v, want %q", m.Content, err, text)
	}
}

// TestEngine_OwnWritesAmongForeignOnes is pipeline rule 13 under load: every
// message comes once, in the order of commits.
func TestEngine_OwnWritesAmongForeignOnes(t *testing.T) {
	db := hosttest.NewDatabase(t)
	w := hosttest.StartWriter(t, db)
	w.Exec(world...)
	e, tx := startInMemory(t, db, memory.Options{})
	all := e.operator(t, e.Window().Latest())
	a := author.New(author.Options{Path: db, Transactor: tx})
	defer a.Close()
	const n = 300
	w.Start(hosttest.Step{SQL: says("foreign", n), Keep: true})
	var got []*event.Event
	for range n {
		if _, err := a.Do(t.Context(), event.Agent{Name: "alice", Project: "p"}, action.Send{Channel: "global:general", Content: "own"}); err != nil {
			t.Fatal(err)
		}
		got = append(got, collect(t, all, 1)...) // and the other one has its turn
	}
	w.Wait()
	got = append(got, collect(t, all, 2*n-len(got))...)
	for i, ev := range got {
		if want := strconv.Itoa(i + 1); ev.EntityID != want {
			t.Fatalf("got message %s, want %s", ev.EntityID, want)
		}
	}
}
