package sqlite_test

import (
	"path/filepath"
	"testing"
	"time"

	"cslack-stream/internal/engine/backend"
	"cslack-stream/internal/engine/backend/sqlite"
	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/sqlitedb"
)

// audiences appends events that one agent alone may see.
type audiences struct {
	*testing.T
	path   string
	log    *sqlite.Log
	roster *event.Roster
}

func newAudiences(t *testing.T) *audiences {
	a := &audiences{T: t, path: filepath.Join(t.TempDir(), "events.db")}
	a.log = open(t, sqlite.Options{Path: a.path})
	a.load()
	return a
}

// load goes on with what is stored, as after a restart.
func (a *audiences) load() {
	a.Helper()
	state, err := a.log.Load(a.Context())
	if err != nil {
		a.Fatal(err)
	}
	a.roster = state.Workspace.Roster()
}

func (a *audiences) events(name string, n int) (out []event.Event) {
	var set event.Bitmap
	set.Add(a.roster.Add(event.Agent{Name: name}))
	for range n {
		out = append(out, event.Event{Type: event.MessageNew, Payload: []byte(`{}`), Audience: a.roster.Intern(set)})
	}
	return out
}

func (a *audiences) append(name string, n int) {
	a.Helper()
	if err := a.log.Append(a.Context(), &backend.Batch{Events: a.events(name, n)}); err != nil {
		a.Fatal(err)
	}
}

func (a *audiences) expire(n int) {
	a.Helper()
	if got, err := a.log.Expire(a.Context(), time.Now().Add(365*24*time.Hour), n); err != nil || got != n {
		a.Fatalf("expired %d, %v, want %d", got, err, n)
	}
}

// last is for whom the last event is, as another process reads it.
func (a *audiences) last(reader *sqlite.Log) string {
	a.Helper()
	b, err := reader.Bounds(a.Context())
	if err != nil {
		a.Fatal(err)
	}
	events, err := reader.Before(a.Context(), b.Latest(), 1)
	if err != nil || len(events) != 1 || len(events[0].Audience.Agents()) != 1 {
		a.Fatalf("got %d events, %v, want one for one agent", len(events), err)
	}
	return events[0].Audience.Agents()[0].Name
}

// TestLog_AudiencesAreDropped is pipeline rule 14: what no event uses is
// dropped, is stored again when it is used again, and its id never means
// somebody else.
func TestLog_AudiencesAreDropped(t *testing.T) {
	a := newAudiences(t)
	reader := open(t, sqlite.Options{Path: a.path, ReadOnly: true})
	a.append("carol", 1)
	if got := a.last(reader); got != "carol" {
		t.Errorf("got an event for %s, want carol", got)
	}
	// The file notes audiences as used for a while ahead.
	a.append("bob", 1)
	a.append("bob", 1500)
	a.expire(1501)
	db, c, err := sqlitedb.Conn(t.Context(), a.path, sqlitedb.ReadOnly)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	defer c.Close()
	var n int
	if err := c.QueryRowContext(t.Context(), `SELECT count(*) FROM audience`).Scan(&n); err != nil || n != 1 {
		t.Errorf("got %d audiences, %v, want that of bob alone", n, err)
	}
	if got := a.last(open(t, sqlite.Options{Path: a.path, ReadOnly: true})); got != "bob" {
		t.Errorf("got an event for %s, want bob", got)
	}
	a.append("carol", 1) // the same audience as long ago
	if got := a.last(open(t, sqlite.Options{Path: a.path, ReadOnly: true})); got != "carol" {
		t.Errorf("got an event for %s, want carol", got)
	}
}

// TestLog_AudienceIDsAreNotGivenAgain: a reader in another process still knows
// what the ids of dropped audiences meant.
func TestLog_AudienceIDsAreNotGivenAgain(t *testing.T) {
	a := newAudiences(t)
	reader := open(t, sqlite.Options{Path: a.path, ReadOnly: true})
	a.append("carol", 1100)
	a.last(reader)
	a.expire(1100)
	a.expireSlack()
	a.load()
	a.append("dave", 1)
	if got := a.last(reader); got != "dave" {
		t.Errorf("got an event for %s, want dave", got)
	}
}

// TestLog_AudienceIDsOfAnotherEpoch: they begin anew.
func TestLog_AudienceIDsOfAnotherEpoch(t *testing.T) {
	a := newAudiences(t)
	reader := open(t, sqlite.Options{Path: a.path, ReadOnly: true})
	a.append("carol", 1)
	a.last(reader)
	at, err := a.log.Checkpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	err = a.log.Reset(t.Context(), at, claudeslack.Checkpoint{}, func(roster *event.Roster, add func(*backend.Batch) error) error {
		a.roster = roster
		return add(&backend.Batch{Events: a.events("erin", 1)})
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := a.last(reader); got != "erin" {
		t.Errorf("got an event for %s in a new epoch, want erin", got)
	}
}

// expireSlack lets the log pass the offsets up to which an audience was noted
// as used.
func (a *audiences) expireSlack() {
	a.Helper()
	var none []event.Event
	for range 1100 {
		none = append(none, event.Event{Type: event.MessageNew, Payload: []byte(`{}`)})
	}
	if err := a.log.Append(a.Context(), &backend.Batch{Events: none}); err != nil {
		a.Fatal(err)
	}
	a.expire(1100)
}
