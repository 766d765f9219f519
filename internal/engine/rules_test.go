package engine_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cslack-stream/internal/engine"
	"cslack-stream/internal/engine/backend"
	"cslack-stream/internal/engine/backend/memory"
	"cslack-stream/internal/engine/backend/sqlite"
	"cslack-stream/internal/engine/capture"
	"cslack-stream/internal/engine/capture/trigger"
	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/claudeslack/hosttest"
	"cslack-stream/internal/engine/event"
)

// world is what the tests below start from: two agents in one channel.
var world = []string{
	`INSERT INTO projects(id,path,name) VALUES('p','/p','webapp')`,
	`INSERT INTO agents(name,project_id,status) VALUES('alice','p','online'),('bob','p','online')`,
	`INSERT INTO channels(id,channel_type,access_type,scope,name) VALUES('global:general','channel','open','global','general')`,
	`INSERT INTO channel_members(channel_id,agent_name,agent_project_id) VALUES('global:general','alice','p'),('global:general','bob','p')`,
}

func say(text string) string {
	return `INSERT INTO messages(channel_id,sender_id,sender_project_id,content,timestamp) VALUES('global:general','bob','p','` + text + `',strftime('%s','now'))`
}

// says are n messages, one transaction each.
func says(prefix string, n int) []string {
	var out []string
	for i := range n {
		out = append(out, say(fmt.Sprint(prefix, i)))
	}
	return out
}

// newWorld makes a database with the world in it, and a writer process.
func newWorld(t testing.TB) (db string, w *hosttest.Writer) {
	t.Helper()
	db = hosttest.NewDatabase(t)
	w = hosttest.StartWriter(t, db)
	w.Exec(world...)
	return db, w
}

// contents reads the messages of a stream until the one that says last, which
// nothing may follow yet: events come as many at a time as there are.
func contents(t testing.TB, s event.Stream, last string) []string {
	t.Helper()
	var out []string
	for {
		out = append(out, contentsOf(collect(t, s, 1))...)
		if len(out) > 0 && out[len(out)-1] == last {
			return out
		}
	}
}

// contentsOf is what the messages among events say.
func contentsOf(events []*event.Event) (out []string) {
	for _, e := range events {
		if e.Type == event.MessageNew {
			out = append(out, contentOf(e))
		}
	}
	return out
}

func contentOf(e *event.Event) string {
	_, rest, _ := strings.Cut(string(e.Payload), `"content":"`)
	text, _, _ := strings.Cut(rest, `"`)
	return text
}

func numbered(prefix string, n int) []string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprint(prefix, i))
	}
	return out
}

// everything reads the operator's stream to its end.
func (r *running) everything(t testing.TB) []*event.Event {
	t.Helper()
	s, err := r.Subscribe(t.Context(), event.Request{Operator: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var out []*event.Event
	for {
		events, err := s.Next(t.Context())
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, events...)
	}
}

// messages returns what the messages of the whole stream say.
func (r *running) messages(t testing.TB) []string {
	t.Helper()
	var out []string
	for _, e := range r.everything(t) {
		if e.Type == event.MessageNew {
			out = append(out, contentOf(e))
		}
	}
	return out
}

// TestRule2_CutIndependence: events, audiences and order do not depend on how
// the change log is cut into reads.
func TestRule2_CutIndependence(t *testing.T) {
	db, traffic := hosttest.Traffic(t, "v4.1")
	look, err := trigger.Install(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := claudeslack.ReadTables(t.Context(), look, look.Generation)
	if err != nil {
		t.Fatal(err)
	}
	look.Close()
	w := hosttest.StartWriter(t, db)
	for i, x := range traffic {
		// Also with writers that keep their connection, whose transactions
		// the log can not tell apart, and with recursive triggers.
		s := hosttest.Step{SQL: x.SQL, Keep: i%3 == 0, Errors: true}
		if i%5 == 0 {
			s.SQL = append([]string{"PRAGMA recursive_triggers=ON"}, s.SQL...)
		}
		w.Do(s)
	}
	changes := trigger.New(trigger.Options{Host: capture.NewHost(db), ReadOnly: true})
	defer changes.Close()
	run, err := changes.Next(t.Context(), look.At, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if len(run.Changes) < 200 || !run.Complete {
		t.Fatalf("got %d changes, complete %v", len(run.Changes), run.Complete)
	}
	want := renderCut(t, tables, run.Changes, func(rest int) (int, bool) { return rest, true })
	for limit := range 40 {
		got := renderCut(t, tables, run.Changes, func(rest int) (int, bool) { return min(limit+1, rest), limit+1 >= rest })
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("cut into reads of %d (-want +got):\n%s", limit+1, diff)
		}
	}
}

// renderCut renders changes in runs of the sizes that cut gives.
func renderCut(t *testing.T, tables claudeslack.Tables, changes []claudeslack.Change, cut func(rest int) (n int, complete bool)) []seen {
	t.Helper()
	ws := claudeslack.NewWorkspace(new(event.Roster))
	ws.Seed(tables)
	var out []seen
	grow := 0
	for len(changes) > 0 {
		n, complete := cut(len(changes))
		if n = n + grow; n >= len(changes) {
			n, complete = len(changes), true
		}
		events, consumed := ws.Render(changes[:n], complete)
		for i := range events {
			out = append(out, seenOf(&events[i]))
		}
		if grow = 0; consumed == 0 {
			grow = n // held back altogether: read more
		}
		changes = changes[consumed:]
		ws = restored(t, ws) // a restart between any two reads changes nothing
	}
	return out
}

// restored is the workspace as it comes out of storage.
func restored(t *testing.T, ws *claudeslack.Workspace) *claudeslack.Workspace {
	t.Helper()
	again := claudeslack.NewWorkspace(ws.Roster())
	entries := ws.AllEntries()
	for _, e := range entries {
		if err := again.Restore(e); err != nil {
			t.Fatal(err)
		}
	}
	return again
}

// TestRule3_TrimKeepsFence: carried changes are trimmed below the one at the
// checkpoint, and only after they are durable.
func TestRule3_TrimKeepsFence(t *testing.T) {
	db, w := newWorld(t)
	var synced, trims atomic.Int64
	e := startCarrier(t, db, func(o *engine.Options) {
		o.Store = &observed{Store: o.Store, synced: &synced}
		o.Changes = &trimWatch{Log: o.Changes.(*trigger.Log), synced: &synced, trims: &trims, t: t}
	})
	all := e.operator(t, event.Cursor{})
	w.Exec(says("m", 20)...)
	contents(t, all, "m19")
	for trims.Load() < 20 { // every two seconds at most
		w.Exec(`PRAGMA user_version`)
	}
	e.stop()
	host := capture.NewHost(db)
	defer host.Close()
	log := trigger.New(trigger.Options{Host: host, ReadOnly: true})
	look, err := log.Look(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	look.Close()
	if look.At.ID != 20 || look.At.Fence == "" {
		t.Errorf("got %+v, want the newest change, 20, to be there still", look.At)
	}
	if _, err := log.Next(t.Context(), claudeslack.Checkpoint{Log: look.At.Log, ID: 10}, 10); !isTrimmed(err) {
		t.Errorf("got %v, want the changes below to be trimmed", err)
	}
}

func isTrimmed(err error) bool {
	var gone *capture.TrimmedError
	return errors.As(err, &gone)
}

// observed counts what is done to a store.
type observed struct {
	engine.Store
	synced *atomic.Int64
}

func (o *observed) Sync(ctx context.Context) error {
	cp, err := o.Checkpoint(ctx)
	if err != nil {
		return err
	}
	if err := o.Store.Sync(ctx); err != nil {
		return err
	}
	o.synced.Store(cp.ID)
	return nil
}

// trimWatch notes what is trimmed, and fails the test if it was not made
// durable.
type trimWatch struct {
	*trigger.Log
	t      *testing.T
	synced *atomic.Int64
	trims  *atomic.Int64
}

func (w *trimWatch) Trim(ctx context.Context, file string, below claudeslack.Checkpoint) (int, error) {
	if below.ID > w.synced.Load() {
		w.t.Errorf("trim below %d, but only %d is durable", below.ID, w.synced.Load())
	}
	defer w.trims.Store(below.ID)
	return w.Log.Trim(ctx, file, below)
}

// TestRule3_ReusedChangeIDs: after a power loss at the host, or a restored
// backup, ids are given again to other changes. The fence notices, and what
// was written then is not skipped.
func TestRule3_ReusedChangeIDs(t *testing.T) {
	db, w := newWorld(t)
	e := startCarrier(t, db)
	w.Exec(say("before"))
	contents(t, e.operator(t, event.Cursor{}), "before")
	e.stop()
	backup, err := os.ReadFile(db)
	if err != nil {
		t.Fatal(err)
	}
	e = startCarrier(t, db)
	w.Exec(says("lost", 5)...)
	all := e.operator(t, event.Cursor{})
	contents(t, all, "lost4")
	cursor := all.Cursor()
	e.stop()
	if err := os.WriteFile(db, backup, 0o600); err != nil {
		t.Fatal(err)
	}
	w.Exec(says("instead", 5)...)
	e = startCarrier(t, db)
	_, err = e.Subscribe(t.Context(), event.Request{Operator: true, After: cursor})
	var gap *event.GapError
	if !errors.As(err, &gap) || gap.Reason != event.GapEpoch {
		t.Errorf("resume: got %v, want a gap of another epoch", err)
	}
	if diff := cmp.Diff(append([]string{"before"}, numbered("instead", 5)...), e.messages(t)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestRule4_TwoEngines: two engines on one file append every event once; the
// second goes on when the first ends.
func TestRule4_TwoEngines(t *testing.T) {
	db, w := newWorld(t)
	first := startCarrier(t, db)
	second := startCarrier(t, db)
	a, b := first.operator(t, event.Cursor{}), second.operator(t, event.Cursor{})
	for i := range 50 {
		w.Exec(say(fmt.Sprint("m", i)))
	}
	want := numbered("m", 50)
	if diff := cmp.Diff(want, contents(t, a, "m49")); diff != "" {
		t.Errorf("first engine (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, contents(t, b, "m49")); diff != "" {
		t.Errorf("second engine (-want +got):\n%s", diff)
	}
	if a.Cursor() != b.Cursor() {
		t.Errorf("got cursors %s and %s, want the same", a.Cursor(), b.Cursor())
	}
	// Which of them learns at the next append that the other was quicker.
	for first.Condition().Carries == second.Condition().Carries {
		w.Exec(say("more"))
	}
	carrier, other := first, second
	if second.Condition().Carries {
		carrier, other = second, first
	}
	s := other.operator(t, other.Window().Latest())
	carrier.stop()
	w.Exec(say("after"))
	contents(t, s, "after")
	if !other.Condition().Carries {
		t.Error("want the engine that is left to carry")
	}
}

// TestRule4_OtherEventFile: an engine with another event file neither trims
// nor carries until it is told to take over.
func TestRule4_OtherEventFile(t *testing.T) {
	db, w := newWorld(t)
	startCarrier(t, db).stop()
	w.Exec(says("m", 3)...)
	log := trigger.New(trigger.Options{Host: capture.NewHost(db)})
	defer log.Close()
	other := filepath.Join(t.TempDir(), "other-events")
	if err := log.Claim(t.Context(), "other", other, false); !errors.Is(err, trigger.ErrNotCarrier) {
		t.Errorf("got %v, want ErrNotCarrier", err)
	}
	look, err := log.Look(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	look.Close()
	if n, err := log.Trim(t.Context(), "other", look.At); n != 0 || err != nil {
		t.Errorf("trim: got %d, %v, want nothing trimmed", n, err)
	}
	if err := log.Claim(t.Context(), "other", other, true); err != nil {
		t.Errorf("take over: %v", err)
	}
	for _, not := range []claudeslack.Checkpoint{
		{Log: "another", ID: look.At.ID, Fence: look.At.Fence}, {Log: look.At.Log, ID: look.At.ID, Fence: "another"}, {Log: look.At.Log, ID: look.At.ID + 1, Fence: look.At.Fence},
	} {
		if n, err := log.Trim(t.Context(), "other", not); n != 0 || err != nil {
			t.Errorf("trim below %+v: got %d, %v, want nothing trimmed of a log that is another one", not, n, err)
		}
	}
	if n, err := log.Trim(t.Context(), "other", look.At); n == 0 || int64(n) != look.At.ID-1 || err != nil {
		t.Errorf("trim after taking over: got %d, %v, want the changes before %d", n, err, look.At.ID)
	}
}

// failing fails every few appends, after which nothing of them is stored.
type failing struct {
	engine.Store
	every int64
	n     atomic.Int64
}

var errFull = errors.New("disk full")

func (f *failing) Append(ctx context.Context, b *backend.Batch) error {
	if f.n.Add(1)%f.every == 0 {
		return errFull
	}
	return f.Store.Append(ctx, b)
}

// TestRule6_FailingAppends: a log that fails now and then ends up the same as
// one that never fails.
func TestRule6_FailingAppends(t *testing.T) {
	var logs [][]seen
	for _, every := range []int64{1 << 40, 2, 3} {
		db, traffic := hosttest.Traffic(t, "v4.1")
		e := startCarrier(t, db, func(o *engine.Options) {
			o.Store = &failing{Store: o.Store, every: every}
			o.Limit = 7
		})
		all := e.operator(t, event.Cursor{})
		w := hosttest.StartWriter(t, db)
		for _, x := range traffic[:150] {
			w.Do(hosttest.Step{SQL: x.SQL, Errors: true})
		}
		w.Exec(`INSERT INTO projects(id,path) VALUES('end','/end')`, `INSERT INTO agents(name,project_id) VALUES('end','end')`)
		var log []seen
		for len(log) == 0 || log[len(log)-1].Entity != "end:end" {
			for _, ev := range collect(t, all, 1) {
				log = append(log, seenOf(ev))
			}
		}
		logs = append(logs, log)
	}
	for _, log := range logs[1:] {
		if diff := cmp.Diff(logs[0], log); diff != "" {
			t.Errorf("(-never failing +failing):\n%s", diff)
		}
	}
}

// TestRule7_SnapshotContinues: a snapshot and the stream behind its cursor
// hold every message exactly once, under a writer that never rests.
func TestRule7_SnapshotContinues(t *testing.T) {
	db, w := newWorld(t)
	e := startCarrier(t, db)
	alice := event.Agent{Name: "alice", Project: "p"}
	const total = 300
	w.Start(hosttest.Step{SQL: says("m", total)})
	for range 10 {
		snapshot, err := e.Snapshot(t.Context(), alice)
		if err != nil {
			t.Fatal(err)
		}
		s, err := e.Subscribe(t.Context(), event.Request{Agent: alice, After: snapshot.Cursor, Follow: true})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, m := range snapshot.RecentMessages {
			got = append(got, contentOf(&event.Event{Payload: m}))
		}
		if len(got) == 0 || got[len(got)-1] != fmt.Sprint("m", total-1) {
			got = append(got, contents(t, s, fmt.Sprint("m", total-1))...)
		}
		s.Close()
		want := numbered("m", total)
		if diff := cmp.Diff(want[total-len(got):], got); diff != "" {
			t.Fatalf("snapshot at %s and its stream (-want +got):\n%s", snapshot.Cursor, diff)
		}
	}
}

// TestRule8_Reinstall: change ids start over with new triggers, and an event
// file may be restored alone. Either way: a new epoch, and nothing missing.
func TestRule8_Reinstall(t *testing.T) {
	t.Run("uninstalled and installed again", func(t *testing.T) {
		db, w := newWorld(t)
		e := startCarrier(t, db)
		w.Exec(says("a", 3)...)
		all := e.operator(t, event.Cursor{})
		contents(t, all, "a2")
		e.stop()
		if _, err := trigger.Uninstall(t.Context(), db, claudeslack.Checkpoint{}, false); err == nil {
			t.Error("got no error, want the uncarried changes to be named")
		}
		if _, err := trigger.Uninstall(t.Context(), db, claudeslack.Checkpoint{}, true); err != nil {
			t.Fatal(err)
		}
		w.Exec(says("b", 3)...)
		e = startCarrier(t, db)
		_, err := e.Subscribe(t.Context(), event.Request{Operator: true, After: all.Cursor()})
		if _, ok := errors.AsType[*event.GapError](err); !ok {
			t.Errorf("resume: got %v, want a gap", err)
		}
		if diff := cmp.Diff(append(numbered("a", 3), numbered("b", 3)...), e.messages(t)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
	t.Run("event file restored alone", func(t *testing.T) {
		db, w := newWorld(t)
		e := startCarrier(t, db)
		w.Exec(says("a", 3)...)
		contents(t, e.operator(t, event.Cursor{}), "a2")
		e.stop()
		old, err := os.ReadFile(eventFile(db))
		if err != nil {
			t.Fatal(err)
		}
		var synced, trims atomic.Int64
		e = startCarrier(t, db, func(o *engine.Options) {
			o.Changes = &trimWatch{Log: o.Changes.(*trigger.Log), synced: &synced, trims: &trims, t: t}
			o.Store = &observed{Store: o.Store, synced: &synced}
		})
		w.Exec(says("b", 3)...)
		contents(t, e.operator(t, event.Cursor{}), "b2")
		for trims.Load() == 0 {
			w.Exec(`PRAGMA user_version`)
		}
		e.stop()
		if err := os.WriteFile(eventFile(db), old, 0o600); err != nil {
			t.Fatal(err)
		}
		w.Exec(say("c"))
		e = startCarrier(t, db)
		want := append(append(numbered("a", 3), numbered("b", 3)...), "c")
		if diff := cmp.Diff(want, e.messages(t)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// TestRule9_InstallBoundary: installing under hammering writers shows every
// message exactly once, backfilled or captured.
func TestRule9_InstallBoundary(t *testing.T) {
	db, w := newWorld(t)
	w.Exec(say("start"))
	others := []*hosttest.Writer{hosttest.StartWriter(t, db), hosttest.StartWriter(t, db), hosttest.StartWriter(t, db)}
	for i, o := range others {
		o.Exec(`PRAGMA user_version`) // it is up
		o.Start(hosttest.Step{SQL: says(fmt.Sprint("w", i, "-"), 150)})
	}
	e := startCarrier(t, db)
	all := e.operator(t, event.Cursor{})
	for _, o := range others {
		o.Wait()
	}
	w.Exec(say("end"))
	got := contents(t, all, "end")
	seen := make(map[string]int)
	for _, m := range got {
		seen[m]++
	}
	for i := range others {
		for k, m := range numbered(fmt.Sprint("w", i, "-"), 150) {
			if seen[m] != 1 {
				t.Fatalf("writer %d: message %d came %d times", i, k, seen[m])
			}
		}
	}
	if len(got) != 3*150+2 {
		t.Errorf("got %d messages, want %d", len(got), 3*150+2)
	}
}

// TestRule9_KilledBetweenFiles: triggers are there, but no event file.
func TestRule9_KilledBetweenFiles(t *testing.T) {
	db, w := newWorld(t)
	w.Exec(say("before"))
	look, err := trigger.Install(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	look.Close()
	w.Exec(says("between", 3)...)
	e := startCarrier(t, db)
	w.Exec(say("after"))
	contents(t, e.operator(t, event.Cursor{}), "after")
	want := append(append([]string{"before"}, numbered("between", 3)...), "after")
	if diff := cmp.Diff(want, e.messages(t)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestRule10_ManyRowsOfOneKey: a global agent has a row for every message it
// sent. Removing one of them removes nobody.
func TestRule10_ManyRowsOfOneKey(t *testing.T) {
	db := hosttest.NewDatabase(t)
	w := hosttest.StartWriter(t, db)
	w.Exec(world...)
	e := startCarrier(t, db)
	all := e.operator(t, e.Window().Latest())
	register := `INSERT OR REPLACE INTO agents(name,project_id,status) VALUES('gina',NULL,'online')`
	join := `INSERT OR REPLACE INTO channel_members(channel_id,agent_name,agent_project_id) VALUES('global:general','gina',NULL)`
	w.Exec(register, register, register, join, join)
	w.Exec(`DELETE FROM agents WHERE rowid=(SELECT min(rowid) FROM agents WHERE name='gina')`,
		`DELETE FROM channel_members WHERE rowid=(SELECT max(rowid) FROM channel_members WHERE agent_name='gina')`)
	w.Exec(`VACUUM`)
	w.Exec(`UPDATE agents SET status='busy' WHERE name='gina'`, say("hello"))
	var got []seen
	for len(got) == 0 || got[len(got)-1].Type != string(event.MessageNew) {
		for _, ev := range collect(t, all, 1) {
			got = append(got, seenOf(ev))
		}
	}
	everyone := []string{"alice:p", "bob:p", "gina:"}
	want := []seen{
		{"agent.registered", "gina:", everyone},
		{"channel.member.joined", "global:general/gina:", everyone},
		{"agent.status.changed", "gina:", everyone},
		{"message.new", "1", everyone},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// attach opens a read-only attachment in this process, as a direct tail does.
func attach(t testing.TB, db string) *running {
	t.Helper()
	base, err := sqlite.Open(t.Context(), sqlite.Options{Path: eventFile(db), Database: sqlite.Identity{Path: db}, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	return start(t, engine.Options{
		Changes: trigger.New(trigger.Options{Host: capture.NewHost(db), ReadOnly: true}),
		Store:   memory.New(memory.Options{}), Base: base,
	})
}

// TestRule12_AttachmentAndServer: an attachment shows what nobody has carried;
// when an engine starts, carries and trims, nothing is lost and nothing comes
// again.
func TestRule12_AttachmentAndServer(t *testing.T) {
	db, w := newWorld(t)
	e := startCarrier(t, db)
	w.Exec(says("carried", 3)...)
	contents(t, e.operator(t, event.Cursor{}), "carried2")
	e.stop()
	w.Exec(says("uncarried", 3)...)
	a := attach(t, db)
	s := a.operator(t, event.Cursor{})
	want := append(numbered("carried", 3), numbered("uncarried", 3)...)
	if diff := cmp.Diff(want, contents(t, s, "uncarried2")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var synced, trims atomic.Int64
	e = startCarrier(t, db, func(o *engine.Options) {
		o.Changes = &trimWatch{Log: o.Changes.(*trigger.Log), synced: &synced, trims: &trims, t: t}
		o.Store = &observed{Store: o.Store, synced: &synced}
	})
	for i := 0; trims.Load() == 0 || i < 200; i++ {
		w.Exec(say(fmt.Sprint("both", i)))
		want = append(want, fmt.Sprint("both", i))
	}
	all := e.operator(t, event.Cursor{})
	w.Exec(say("end"))
	contents(t, all, "end")
	want = append(want, "end")
	if diff := cmp.Diff(want[6:], contents(t, s, "end")); diff != "" {
		t.Errorf("attachment beside a server (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, a.messages(t)); diff != "" {
		t.Errorf("attachment from the beginning (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, e.messages(t)); diff != "" {
		t.Errorf("server (-want +got):\n%s", diff)
	}
}

// TestRule12_TrimmedBehindAttachment: an attachment that was stopped for long
// finds its changes trimmed, and takes the events from the event file.
func TestRule12_TrimmedBehindAttachment(t *testing.T) {
	db, w := newWorld(t)
	startCarrier(t, db).stop()
	gate := make(chan struct{})
	base, err := sqlite.Open(t.Context(), sqlite.Options{Path: eventFile(db), Database: sqlite.Identity{Path: db}, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	a := start(t, engine.Options{
		Changes: &gated{Changes: trigger.New(trigger.Options{Host: capture.NewHost(db), ReadOnly: true}), gate: gate},
		Store:   memory.New(memory.Options{}), Base: base,
	})
	s := a.operator(t, event.Cursor{})
	var synced, trims atomic.Int64
	e := startCarrier(t, db, func(o *engine.Options) {
		o.Changes = &trimWatch{Log: o.Changes.(*trigger.Log), synced: &synced, trims: &trims, t: t}
		o.Store = &observed{Store: o.Store, synced: &synced}
	})
	w.Exec(slices.Concat(says("m", 20), []string{`INSERT INTO agents(name,project_id) VALUES('carol','p')`})...)
	contents(t, e.operator(t, event.Cursor{}), "m19")
	for trims.Load() == 0 {
		w.Exec(`PRAGMA user_version`)
	}
	close(gate)
	w.Exec(`INSERT INTO channel_members(channel_id,agent_name,agent_project_id) VALUES('global:general','carol','p')`, say("end"))
	if diff := cmp.Diff(append(numbered("m", 20), "end"), contents(t, s, "end")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	last := a.everything(t)
	if got := last[len(last)-1]; !got.VisibleTo(event.Agent{Name: "carol", Project: "p"}) {
		t.Errorf("got audience %v, want carol in it: the state was taken over too", got.Audience.Agents())
	}
}

// gated lets Next through when the gate is open.
type gated struct {
	capture.Changes
	gate chan struct{}
}

func (g *gated) Next(ctx context.Context, after claudeslack.Checkpoint, limit int) (capture.Run, error) {
	select {
	case <-g.gate:
		return g.Changes.Next(ctx, after, limit)
	case <-ctx.Done():
		return capture.Run{}, ctx.Err()
	}
}
