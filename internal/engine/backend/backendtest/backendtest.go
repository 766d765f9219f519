// Package backendtest is the conformance suite of event logs: what
// engine.Log and engine.Store promise, run by every implementation.
package backendtest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cslack-stream/internal/engine"
	"cslack-stream/internal/engine/backend"
	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/event"
)

// Harness is an implementation under test.
type Harness struct {
	// Store is empty and new.
	Store engine.Store
	// Reopen closes the store and opens it again; nil if it does not outlive
	// that.
	Reopen func(t *testing.T) engine.Store
	// Now is the time that the store's clock shows at first.
	Now time.Time
}

// Run runs the suite; open makes a new store for every test.
func Run(t *testing.T, open func(t *testing.T) Harness) {
	tests := []struct {
		name string
		test func(t *testing.T, s *suite)
	}{
		{"gives rising offsets and reads them from every cursor", testRead},
		{"stores events as they are", testFields},
		{"keeps an addressee with colons", testAddressee},
		{"refuses an append that does not follow", testConflict},
		{"keeps the state with the events", testState},
		{"says gap for cursors that are not its own", testForeignCursors},
		{"says gap by retention class", testTrimmed},
		{"never gives an offset again", testOffsets},
		{"seeks by time though clocks go back", testSeek},
		{"finds the cursor at a change", testCursorAt},
		{"reads backwards", testBefore},
		{"finds the events about an entity", testAbout},
		{"begins a new epoch on reset", testReset},
		{"drops audiences that nothing uses", testAudiences},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := open(t)
			h.Now = h.Now.Truncate(time.Millisecond) // as logs keep times
			s := &suite{Harness: h, roster: new(event.Roster)}
			s.load(t)
			tt.test(t, s)
		})
	}
}

// suite appends to one store.
type suite struct {
	Harness
	roster *event.Roster
	at     claudeslack.Checkpoint
}

func (s *suite) load(t *testing.T) backend.State {
	t.Helper()
	state, err := s.Store.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.at, s.roster = state.Checkpoint, state.Workspace.Roster()
	return state
}

// message is an event that alice and bob may see.
func (s *suite) message(n int, at time.Time) event.Event {
	var set event.Bitmap
	set.Add(s.roster.Add(event.Agent{Name: "alice", Project: "p"}))
	set.Add(s.roster.Add(event.Agent{Name: "bob"}))
	return event.Event{
		Type: event.MessageNew, EntityType: "message", EntityID: fmt.Sprint(n), Channel: "global:general", Project: "p",
		Payload: fmt.Appendf(nil, `{"id":%d}`, n), CreatedAt: at.UTC().Truncate(time.Millisecond), Audience: s.roster.Intern(set),
	}
}

func (s *suite) direct(n int, at time.Time) event.Event {
	e := s.message(n, at)
	e.Type, e.Agent = event.DMReceived, event.Agent{Name: "bob"}
	return e
}

// append appends events as one change each.
func (s *suite) append(t *testing.T, events ...event.Event) []event.Event {
	t.Helper()
	b := &backend.Batch{From: s.at, To: claudeslack.Checkpoint{Log: "log", ID: s.at.ID + int64(len(events)), Fence: "f"}, Events: events}
	for i := range b.Events {
		b.Events[i].Change = s.at.ID + int64(i) + 1
	}
	if err := s.Store.Append(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	s.at = b.To
	return b.Events
}

func (s *suite) read(t *testing.T, after event.Cursor, f event.Filter) []string {
	t.Helper()
	var ids []string
	for {
		events, err := s.Store.Read(t.Context(), after, f, 3)
		if err != nil {
			t.Fatal(err)
		}
		if len(events) == 0 {
			return ids
		}
		for _, e := range events {
			if e.Cursor.Epoch == after.Epoch && e.Cursor.Offset <= after.Offset {
				t.Fatalf("got %s after %s, want a larger offset", e.Cursor, after)
			}
			after = e.Cursor
			ids = append(ids, e.EntityID)
		}
	}
}

func (s *suite) gap(t *testing.T, after event.Cursor, f event.Filter) event.GapReason {
	t.Helper()
	_, err := s.Store.Read(t.Context(), after, f, 10)
	_, rerr := s.Store.Resolve(t.Context(), after, f)
	var gap, again *event.GapError
	if !errors.As(err, &gap) || !errors.As(rerr, &again) {
		t.Fatalf("read after %s: got %v and %v, want a gap", after, err, rerr)
	}
	return gap.Reason
}

func testRead(t *testing.T, s *suite) {
	var want []string
	var cursors []event.Cursor
	for i := range 10 {
		e := s.append(t, s.message(i, s.Now))
		want = append(want, fmt.Sprint(i))
		cursors = append(cursors, e[0].Cursor)
	}
	if diff := cmp.Diff(want, s.read(t, event.Cursor{}, event.Filter{})); diff != "" {
		t.Errorf("from the beginning (-want +got):\n%s", diff)
	}
	for i, c := range cursors {
		if diff := cmp.Diff(want[i+1:], append([]string{}, s.read(t, c, event.Filter{})...)); diff != "" {
			t.Errorf("after %s (-want +got):\n%s", c, diff)
		}
	}
	b, err := s.Store.Bounds(t.Context())
	if err != nil || b.Latest() != cursors[9] {
		t.Errorf("latest: got %v, %v, want %v", b.Latest(), err, cursors[9])
	}
	zero := event.Cursor{Epoch: b.Epoch}
	if got := s.read(t, zero, event.Filter{}); len(got) != 10 {
		t.Errorf("after offset 0: got %d events, want all 10", len(got))
	}
}

func testFields(t *testing.T, s *suite) {
	given := s.append(t, s.direct(1, s.Now))[0]
	events, err := s.Store.Read(t.Context(), event.Cursor{}, event.Filter{}, 10)
	if err != nil || len(events) != 1 {
		t.Fatalf("got %d events, %v, want 1", len(events), err)
	}
	got := events[0]
	if string(got.Wire) != string(given.Wire) || len(got.Wire) == 0 {
		t.Errorf("wire form: got %s, want %s", got.Wire, given.Wire)
	}
	if diff := cmp.Diff(given.Audience.Agents(), got.Audience.Agents()); diff != "" {
		t.Errorf("audience (-want +got):\n%s", diff)
	}
	if !got.VisibleTo(event.Agent{Name: "bob"}) || got.VisibleTo(event.Agent{Name: "bob", Project: "p"}) {
		t.Error("want the event to be for the global bob alone")
	}
	if got.Change != 1 || !got.CreatedAt.Equal(given.CreatedAt) || got.Agent != given.Agent {
		t.Errorf("got %+v, want %+v", got, given)
	}
}

// testAddressee: an addressee is read as it was written, colons and all.
func testAddressee(t *testing.T, s *suite) {
	to := event.Agent{Name: "x:y", Project: "a:b"}
	var set event.Bitmap
	set.Add(s.roster.Add(to))
	e := s.direct(1, s.Now)
	e.Agent, e.Audience = to, s.roster.Intern(set)
	s.append(t, e)
	events, err := s.Store.Read(t.Context(), event.Cursor{}, event.Filter{}, 10)
	if err != nil || len(events) != 1 || events[0].Agent != to {
		t.Fatalf("got %+v, %v, want one event for %v", events, err, to)
	}
	if events[0].VisibleTo(event.Agent{Name: "x:y:a", Project: "b"}) {
		t.Error("want nobody of a like name to see it")
	}
}

func testConflict(t *testing.T, s *suite) {
	s.append(t, s.message(1, s.Now))
	stale := &backend.Batch{From: claudeslack.Checkpoint{}, To: claudeslack.Checkpoint{Log: "log", ID: 9}, Events: []event.Event{s.message(2, s.Now)}}
	if err := s.Store.Append(t.Context(), stale); !errors.Is(err, backend.ErrConflict) {
		t.Errorf("got %v, want ErrConflict", err)
	}
	if got := s.read(t, event.Cursor{}, event.Filter{}); len(got) != 1 {
		t.Errorf("got %d events, want the refused one not to be there", len(got))
	}
	s.load(t)
	s.append(t, s.message(3, s.Now))
}

func testState(t *testing.T, s *suite) {
	ws := s.load(t).Workspace
	ws.Seed(claudeslack.Tables{
		Agents:   []event.AgentStatus{{Name: "a\"[1]"}, {Name: "bob"}},
		Channels: []event.Channel{{ID: "c:1", Name: "one", Kind: event.KindChannel}},
		Members:  []event.Member{{ChannelID: "c:1", AgentName: "bob"}},
		Links:    []event.Link{{ProjectA: "x", ProjectB: "y", Enabled: true}},
	})
	want := ws.AllEntries()
	b := &backend.Batch{From: s.at, To: claudeslack.Checkpoint{Log: "log", ID: 7, Fence: "f"}, Entries: want}
	if err := s.Store.Append(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	if s.Reopen != nil {
		s.Store = s.Reopen(t)
	}
	state := s.load(t)
	if diff := cmp.Diff(want, state.Workspace.AllEntries()); diff != "" {
		t.Errorf("state (-want +got):\n%s", diff)
	}
	if state.Checkpoint != b.To {
		t.Errorf("checkpoint: got %+v, want %+v", state.Checkpoint, b.To)
	}
	gone := &backend.Batch{From: b.To, To: claudeslack.Checkpoint{Log: "log", ID: 8}, Entries: []claudeslack.Entry{{Kind: want[0].Kind, Key: want[0].Key}}}
	if err := s.Store.Append(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	if got := s.load(t).Workspace.AllEntries(); len(got) != len(want)-1 {
		t.Errorf("got %d entries after removing one of %d", len(got), len(want))
	}
}

func testForeignCursors(t *testing.T, s *suite) {
	e := s.append(t, s.message(1, s.Now))[0]
	future := event.Cursor{Epoch: e.Cursor.Epoch, Offset: e.Cursor.Offset + 1}
	if got := s.gap(t, future, event.Filter{}); got != event.GapFuture {
		t.Errorf("got %s, want %s", got, event.GapFuture)
	}
	if got := s.gap(t, event.Cursor{Epoch: "other", Offset: 1}, event.Filter{}); got != event.GapEpoch {
		t.Errorf("got %s, want %s", got, event.GapEpoch)
	}
}

// expire removes what is expired at t, if the store expires at all.
func (s *suite) expire(t *testing.T, at time.Time) bool {
	t.Helper()
	total := 0
	for {
		n, err := s.Store.Expire(t.Context(), at, 2)
		if err != nil {
			t.Fatal(err)
		}
		if total += n; n == 0 {
			return total > 0
		}
	}
}

// testTrimmed: direct messages live longer. When the rest is gone, a cursor
// from before must not resume with the direct messages alone.
func testTrimmed(t *testing.T, s *suite) {
	first := s.append(t, s.direct(0, s.Now))[0].Cursor
	s.append(t, s.message(1, s.Now), s.direct(2, s.Now), s.message(3, s.Now))
	last := s.append(t, s.direct(4, s.Now))[0].Cursor
	if !s.expire(t, s.Now.Add(8*24*time.Hour)) {
		t.Skip("this log does not expire by time")
	}
	if got := s.gap(t, first, event.Filter{}); got != event.GapTrimmed {
		t.Errorf("got %s, want %s", got, event.GapTrimmed)
	}
	direct := event.Filter{Types: []string{"dm.*"}}
	if diff := cmp.Diff([]string{"2", "4"}, s.read(t, first, direct)); diff != "" {
		t.Errorf("direct messages alone have no gap (-want +got):\n%s", diff)
	}
	b, err := s.Store.Bounds(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"4"}, s.read(t, b.Earliest(event.Filter{}), event.Filter{})); diff != "" {
		t.Errorf("from the earliest cursor (-want +got):\n%s", diff)
	}
	if got := s.read(t, last, event.Filter{}); len(got) != 0 {
		t.Errorf("after the last: got %v, want nothing", got)
	}
	s.expire(t, s.Now.Add(365*24*time.Hour))
	if got := s.gap(t, first, direct); got != event.GapTrimmed {
		t.Errorf("direct messages that are gone too: got %s, want %s", got, event.GapTrimmed)
	}
}

func testOffsets(t *testing.T, s *suite) {
	last := s.append(t, s.message(1, s.Now), s.message(2, s.Now))[1].Cursor
	if !s.expire(t, s.Now.Add(365*24*time.Hour)) {
		t.Skip("this log does not expire by time")
	}
	if s.Reopen != nil {
		s.Store = s.Reopen(t)
		s.load(t)
	}
	b, err := s.Store.Bounds(t.Context())
	if err != nil || b.Latest() != last {
		t.Errorf("latest of an empty log: got %v, %v, want %v", b.Latest(), err, last)
	}
	if next := s.append(t, s.message(3, s.Now))[0].Cursor; next.Offset <= last.Offset {
		t.Errorf("got offset %d after %d", next.Offset, last.Offset)
	}
}

func testSeek(t *testing.T, s *suite) {
	at := func(minute int) time.Time { return s.Now.Add(time.Duration(minute) * time.Minute) }
	for i, minute := range []int{0, 10, 20, 5, 30, 15} { // the clock is set back twice
		s.append(t, s.message(i, at(minute)))
	}
	for _, tt := range []struct {
		minute int
		want   []string
	}{
		{-1, []string{"0", "1", "2", "3", "4", "5"}},
		{10, []string{"1", "2", "3", "4", "5"}},
		{18, []string{"2", "3", "4", "5"}},
		{25, []string{"4", "5"}},
		{31, nil},
	} {
		c, err := s.Store.Seek(t.Context(), at(tt.minute))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, s.read(t, c, event.Filter{})); diff != "" {
			t.Errorf("since minute %d (-want +got):\n%s", tt.minute, diff)
		}
	}
}

func testCursorAt(t *testing.T, s *suite) {
	c, err := s.Store.CursorAt(t.Context(), 5)
	if b, berr := s.Store.Bounds(t.Context()); err != nil || berr != nil || c != b.Latest() {
		t.Errorf("in an empty log: got %v, %v, want its end", c, err)
	}
	events := s.append(t, s.message(1, s.Now), s.message(2, s.Now), s.message(3, s.Now))
	for i, e := range events {
		if got, err := s.Store.CursorAt(t.Context(), e.Change); err != nil || got != events[i].Cursor {
			t.Errorf("at change %d: got %v, %v, want %v", e.Change, got, err, events[i].Cursor)
		}
	}
	before, err := s.Store.CursorAt(t.Context(), 0)
	if err != nil || before.Offset != events[0].Cursor.Offset-1 {
		t.Errorf("before all changes: got %v, %v", before, err)
	}
}

func testBefore(t *testing.T, s *suite) {
	var last event.Cursor
	for i := range 5 {
		last = s.append(t, s.message(i, s.Now))[0].Cursor
	}
	events, err := s.Store.Before(t.Context(), event.Cursor{Epoch: last.Epoch, Offset: last.Offset - 1}, 3)
	var got []string
	for _, e := range events {
		got = append(got, e.EntityID)
	}
	if diff := cmp.Diff([]string{"3", "2", "1"}, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func testAbout(t *testing.T, s *suite) {
	for i := range 4 {
		s.append(t, s.message(i%2, s.Now))
	}
	for _, c := range []struct {
		entityType, entityID, channel string
		want                          int
	}{
		{"message", "1", "", 2},
		{"message", "1", s.message(1, s.Now).Channel, 2},
		{"message", "1", "elsewhere", 0},
		{"channel", "1", "", 0},
		{"message", "1'; DROP TABLE event_stream; --", "", 0},
	} {
		events, err := s.Store.About(t.Context(), c.entityType, c.entityID, c.channel)
		if err != nil || len(events) != c.want {
			t.Errorf("%+v: got %d, %v", c, len(events), err)
		}
		for i, e := range events {
			if e.EntityID != c.entityID || i > 0 && e.Cursor.Offset <= events[i-1].Cursor.Offset {
				t.Errorf("%+v: event %d is %s at %s", c, i, e.EntityID, e.Cursor)
			}
		}
	}
}

func testReset(t *testing.T, s *suite) {
	old := s.append(t, s.message(1, s.Now), s.message(2, s.Now))[1].Cursor
	at := claudeslack.Checkpoint{Log: "another", ID: 42, Fence: "g"}
	from := s.at
	err := s.Store.Reset(t.Context(), from, at, func(roster *event.Roster, add func(*backend.Batch) error) error {
		s.roster = roster
		return add(&backend.Batch{To: at, Events: []event.Event{s.message(7, s.Now)}})
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := s.gap(t, old, event.Filter{}); got != event.GapEpoch {
		t.Errorf("old cursor: got %s, want %s", got, event.GapEpoch)
	}
	if diff := cmp.Diff([]string{"7"}, s.read(t, event.Cursor{}, event.Filter{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if s.load(t); s.at != at {
		t.Errorf("checkpoint: got %+v, want %+v", s.at, at)
	}
	failing := errors.New("failing")
	err = s.Store.Reset(t.Context(), at, at, func(*event.Roster, func(*backend.Batch) error) error { return failing })
	if !errors.Is(err, failing) {
		t.Errorf("got %v, want %v", err, failing)
	}
	err = s.Store.Reset(t.Context(), from, from, func(*event.Roster, func(*backend.Batch) error) error { return nil })
	if !errors.Is(err, backend.ErrConflict) {
		t.Errorf("from where the log does not stand any more: got %v, want %v", err, backend.ErrConflict)
	}
	if diff := cmp.Diff([]string{"7"}, s.read(t, event.Cursor{}, event.Filter{})); diff != "" {
		t.Errorf("after what failed (-want +got):\n%s", diff)
	}
}

func testAudiences(t *testing.T, s *suite) {
	only := func(name string) *event.Audience {
		var set event.Bitmap
		set.Add(s.roster.Add(event.Agent{Name: name}))
		return s.roster.Intern(set)
	}
	e := s.message(1, s.Now)
	e.Audience = only("carol")
	s.append(t, e)
	if !s.expire(t, s.Now.Add(365*24*time.Hour)) {
		t.Skip("this log does not expire by time")
	}
	e = s.message(2, s.Now)
	e.Audience = only("dave")
	s.append(t, e)
	if s.Reopen != nil {
		s.Store = s.Reopen(t)
		s.load(t)
	}
	events, err := s.Store.Read(context.WithoutCancel(t.Context()), event.Cursor{}, event.Filter{}, 10)
	if err != nil || len(events) != 1 {
		t.Fatalf("got %d events, %v, want 1", len(events), err)
	}
	if got := events[0].Audience.Agents(); len(got) != 1 || got[0].Name != "dave" {
		t.Errorf("got audience %v, want dave", got)
	}
}
