package sqlite_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cslack-stream/internal/engine/backend"
	"cslack-stream/internal/engine/backend/sqlite"
	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/sqlitedb"
)

const day = 24 * time.Hour

// archived is an event file, written at a time that the test sets.
type archived struct {
	*testing.T
	path   string
	now    time.Time
	log    *sqlite.Log
	roster *event.Roster
}

func newArchived(t *testing.T, keep backend.Archiving) *archived {
	a := &archived{T: t, path: filepath.Join(t.TempDir(), "events.db"), now: time.Date(2026, 1, 2, 15, 0, 0, 0, time.UTC), roster: new(event.Roster)}
	a.log = open(t, sqlite.Options{Path: a.path, Archiving: keep, Now: func() time.Time { return a.now }})
	return a
}

// append appends an event of each type; change 0 is a backfilled one.
func (a *archived) append(change int64, types ...event.Type) {
	a.Helper()
	var set event.Bitmap
	set.Add(a.roster.Add(event.Agent{Name: "alice"}))
	b := new(backend.Batch)
	for _, t := range types {
		b.Events = append(b.Events, event.Event{Type: t, Payload: []byte("{}"), CreatedAt: a.now, Change: change, Audience: a.roster.Intern(set)})
	}
	if err := a.log.Append(a.Context(), b); err != nil {
		a.Fatal(err)
	}
}

// expire lets time pass, and retention do what is to be done.
func (a *archived) expire(after time.Duration) {
	a.Helper()
	a.now = a.now.Add(after)
	for n := 1; n > 0; {
		var err error
		if n, err = a.log.Expire(a.Context(), a.now, 2); err != nil {
			a.Fatal(err)
		}
	}
}

// offsets are those that a reader gets who begins behind offset after and asks
// for types; -1 stands for a gap.
func (a *archived) offsets(archive bool, after int64, types ...string) (out []int64) {
	a.Helper()
	log := open(a.T, sqlite.Options{Path: a.path, ReadOnly: true, Archive: archive})
	b, err := log.Bounds(a.Context())
	if err != nil {
		a.Fatal(err)
	}
	filter := event.Filter{Types: types}
	events, err := log.Read(a.Context(), event.Cursor{Epoch: b.Epoch, Offset: after}, filter, 100)
	if gap, ok := errors.AsType[*event.GapError](err); ok && gap.Reason == event.GapTrimmed {
		return []int64{-1}
	}
	if err != nil {
		a.Fatal(err)
	}
	for _, e := range events {
		if !filter.Match(e) {
			continue
		}
		if got := e.Audience.Agents(); len(got) != 1 || got[0].Name != "alice" {
			a.Errorf("got event %d for %v, want alice", e.Cursor.Offset, got)
		}
		out = append(out, e.Cursor.Offset)
	}
	return out
}

// TestLog_Archive: what expires is moved, is a gap for readers of the stream,
// and in its place for readers of the archive, for whom it was.
func TestLog_Archive(t *testing.T) {
	a := newArchived(t, backend.Archiving{Enabled: true})
	a.append(1, event.MessageNew, event.DMReceived, event.MessageNew)
	a.append(2, event.DMReceived, event.MessageNew)
	a.expire(8 * day)
	a.append(3, event.MessageNew)
	for _, tt := range []struct {
		archive bool
		after   int64
		types   []string
		want    []int64
	}{
		{archive: true, want: []int64{1, 2, 3, 4, 5, 6}},
		{archive: true, after: 3, want: []int64{4, 5, 6}},
		{want: []int64{6}},
		{after: 1, want: []int64{-1}},
		{after: 1, types: []string{"dm.*"}, want: []int64{2, 4}},
	} {
		if diff := cmp.Diff(tt.want, a.offsets(tt.archive, tt.after, tt.types...)); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", tt, diff)
		}
	}
}

// TestLog_ArchiveKeepsAudiences: an audience that archived events alone have is
// known as long as they are there, also to others.
func TestLog_ArchiveKeepsAudiences(t *testing.T) {
	a := newArchived(t, backend.Archiving{Enabled: true})
	a.append(1, event.MessageNew)
	var none []event.Event
	for range 1100 { // audiences are noted as used for a while ahead
		none = append(none, event.Event{Type: event.DMReceived, Payload: []byte("{}"), CreatedAt: a.now})
	}
	if err := a.log.Append(t.Context(), &backend.Batch{Events: none}); err != nil {
		t.Fatal(err)
	}
	a.expire(31 * day)
	if got := a.offsets(true, 0, "message.new"); !slices.Equal(got, []int64{1}) {
		t.Errorf("got %d archived for alice, want the first", got)
	}
	exec(t, a.path, `DELETE FROM event_archive`)
	a.append(2, event.MessageNew)
	a.append(3, event.MessageNew)
	a.expire(8 * day)
	if got := a.offsets(true, 0); !slices.Equal(got, []int64{1102, 1103}) {
		t.Errorf("got %d archived for alice later, want the last two", got)
	}
}

// TestLog_ArchiveAfter: captured events are archived at that age though they
// have not expired; backfilled ones, whose age tells nothing, when they do.
func TestLog_ArchiveAfter(t *testing.T) {
	a := newArchived(t, backend.Archiving{Enabled: true, After: 3 * day})
	a.append(0, event.MessageNew)
	a.append(1, event.DMReceived, event.MessageNew)
	for _, step := range []struct {
		after time.Duration
		live  []int64
	}{{2 * day, []int64{1, 2, 3}}, {2 * day, []int64{1}}, {4 * day, nil}} {
		a.expire(step.after)
		if diff := cmp.Diff(step.live, a.ids("event_stream")); diff != "" {
			t.Errorf("%s later (-want +got):\n%s", step.after, diff)
		}
	}
	if diff := cmp.Diff([]int64{1, 2, 3}, a.offsets(true, 0)); diff != "" {
		t.Errorf("with the archive (-want +got):\n%s", diff)
	}
}

// ids are those in a table.
func (a *archived) ids(table string) (out []int64) {
	a.Helper()
	db, c, err := sqlitedb.Conn(a.Context(), a.path, sqlitedb.ReadOnly)
	if err != nil {
		a.Fatal(err)
	}
	defer db.Close()
	defer c.Close()
	rows, err := c.QueryContext(a.Context(), `SELECT id FROM `+table+` ORDER BY id`)
	if err != nil {
		a.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			a.Fatal(err)
		}
		out = append(out, id)
	}
	if err := rows.Err(); err != nil {
		a.Fatal(err)
	}
	return out
}

// TestLog_ArchiveLacksWhatWasRemoved is pipeline rule 5 for the archive: what
// was removed while archiving was off, or from the archive, is a gap there.
func TestLog_ArchiveLacksWhatWasRemoved(t *testing.T) {
	a := newArchived(t, backend.Archiving{})
	a.append(1, event.MessageNew, event.DMReceived, event.MessageNew)
	a.expire(8 * day)
	a.log.SetArchiving(backend.Archiving{Enabled: true})
	a.append(2, event.MessageNew, event.MessageNew)
	a.expire(40 * day)
	if diff := cmp.Diff([]int64{2, 4, 5}, a.ids("event_archive")); diff != "" {
		t.Fatalf("archive (-want +got):\n%s", diff)
	}
	check := func(after int64, types []string, want ...int64) {
		t.Helper()
		if diff := cmp.Diff(want, a.offsets(true, after, types...)); diff != "" {
			t.Errorf("after %d (-want +got):\n%s", after, diff)
		}
	}
	dms := []string{"dm.*"}
	check(0, nil, 4, 5)
	check(1, nil, -1)
	check(1, dms, 2)
	exec(t, a.path, `DELETE FROM event_archive WHERE id<=4`)
	check(1, dms, -1)
	check(0, nil, 5)
}

// TestLog_CleanupByHandLeavesMarks: the design document's own statements leave
// the marks that a cursor is told a gap by, and nothing is lost that they copy.
func TestLog_CleanupByHandLeavesMarks(t *testing.T) {
	a := newArchived(t, backend.Archiving{Enabled: true})
	a.append(1, event.MessageNew, event.DMReceived, event.MessageNew)
	exec(t, a.path, `UPDATE event_stream SET created_at=datetime('now','-31 days') WHERE id<=2`)
	exec(t, a.path, `INSERT INTO event_archive SELECT * FROM event_stream WHERE created_at < datetime('now', '-30 days') AND processed = TRUE`)
	a.expire(8 * day) // what was copied is moved as well
	if got, want := a.ids("event_archive"), []int64{1, 2, 3}; !slices.Equal(got, want) {
		t.Errorf("got %d archived, want %d", got, want)
	}
	exec(t, a.path, `DELETE FROM event_stream WHERE created_at < datetime('now', '-30 days') AND processed = TRUE`)
	if got := a.offsets(false, 1, "dm.*"); !slices.Equal(got, []int64{-1}) {
		t.Errorf("got %d after a cursor of what was removed by hand, want a gap", got)
	}
	if got, want := a.offsets(true, 0), []int64{1, 2, 3}; !slices.Equal(got, want) {
		t.Errorf("got %d with the archive, want %d", got, want)
	}
}

// TestLog_ResetKeepsTheArchive: a new epoch begins without an archive; the old
// one is in a file of its own, for the same agents.
func TestLog_ResetKeepsTheArchive(t *testing.T) {
	a := newArchived(t, backend.Archiving{Enabled: true})
	a.append(1, event.MessageNew, event.DMReceived)
	a.expire(8 * day)
	b, err := a.log.Bounds(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	reset := func(ctx context.Context) {
		t.Helper()
		at, err := a.log.Checkpoint(context.WithoutCancel(ctx))
		if err != nil {
			t.Fatal(err)
		}
		err = a.log.Reset(ctx, at, claudeslack.Checkpoint{}, func(*event.Roster, func(*backend.Batch) error) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
	}
	reset(t.Context())
	if got := a.ids("event_archive"); len(got) > 0 {
		t.Errorf("got %d archived in the new epoch, want none", got)
	}
	past := &archived{T: t, path: sqlite.PastPath(a.path, b.Epoch)}
	if diff := cmp.Diff([]int64{1, 2}, past.offsets(true, 0)); diff != "" {
		t.Errorf("the past (-want +got):\n%s", diff)
	}
	reset(t.Context()) // nothing is archived: nothing is kept
	if files, _ := filepath.Glob(filepath.Join(filepath.Dir(a.path), "*-*.db")); len(files) != 1 {
		t.Errorf("got files %q, want one past", files)
	}
}

// TestOpen_OlderLayout: a file of version 1 is read as it is, and upgraded in
// place.
func TestOpen_OlderLayout(t *testing.T) {
	a := newArchived(t, backend.Archiving{})
	a.append(1, event.MessageNew, event.MessageNew)
	a.expire(8 * day)
	a.append(2, event.MessageNew)
	if err := a.log.Close(); err != nil {
		t.Fatal(err)
	}
	exec(t, a.path, `DROP TRIGGER event_stream_mark; DROP TRIGGER event_archive_mark; DROP INDEX idx_event_archive_created; ALTER TABLE meta DROP COLUMN lost_dm;
ALTER TABLE meta DROP COLUMN lost_rest; UPDATE meta SET version=1`)
	check := func() {
		t.Helper()
		for _, archive := range []bool{false, true} {
			if got := a.offsets(archive, 1); !slices.Equal(got, []int64{-1}) {
				t.Errorf("got %d behind what is lost, want a gap", got)
			}
			if got := a.offsets(archive, 0); !slices.Equal(got, []int64{3}) {
				t.Errorf("got %d, want the last", got)
			}
		}
	}
	check()
	a.log = open(t, sqlite.Options{Path: a.path, Archiving: backend.Archiving{Enabled: true}, Now: func() time.Time { return a.now }})
	check()
	a.expire(8 * day)
	if got := a.offsets(true, 0); !slices.Equal(got, []int64{3}) {
		t.Errorf("got %d archived after the upgrade, want the last", got)
	}
}

// TestLog_ResetsAtOnceKeepTheArchive: when two engines come to begin a new
// epoch at once, one of them keeps the old one, whole, and the other leaves
// that alone.
func TestLog_ResetsAtOnceKeepTheArchive(t *testing.T) {
	for range 5 {
		a := newArchived(t, backend.Archiving{Enabled: true})
		a.append(1, event.MessageNew, event.DMReceived)
		a.expire(8 * day)
		exec(t, a.path, `UPDATE event_archive SET payload='{"x":"'||hex(zeroblob(4000000))||'"}' WHERE id=2`)
		b, err := a.log.Bounds(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		logs := []*sqlite.Log{a.log, open(t, sqlite.Options{Path: a.path})}
		errs := make(chan error, len(logs))
		for _, log := range logs {
			go func() {
				errs <- log.Reset(t.Context(), claudeslack.Checkpoint{}, claudeslack.Checkpoint{Log: "another"},
					func(*event.Roster, func(*backend.Batch) error) error { return nil })
			}()
		}
		first, second := <-errs, <-errs
		if first != nil || !errors.Is(second, backend.ErrConflict) {
			t.Errorf("got %v and %v, want none and %v", first, second, backend.ErrConflict)
		}
		past := &archived{T: t, path: sqlite.PastPath(a.path, b.Epoch)}
		if diff := cmp.Diff([]int64{1, 2}, past.offsets(true, 0)); diff != "" {
			t.Errorf("the past (-want +got):\n%s", diff)
		}
		if left, _ := filepath.Glob(filepath.Join(filepath.Dir(a.path), "*.new")); len(left) > 0 {
			t.Errorf("left behind: %q", left)
		}
	}
}
