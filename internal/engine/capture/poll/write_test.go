package poll

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"modernc.org/sqlite"

	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/event"
)

// write makes a write of the poller's own process.
func (f *fixture) write(rows []claudeslack.Row, fail error, statements ...string) error {
	f.t.Helper()
	return f.Write(f.t.Context(), f.db, func() ([]claudeslack.Row, error) {
		f.exec(statements...)
		return rows, fail
	})
}

// TestPoller_WriteHasItsPlace is pipeline rule 13.
func TestPoller_WriteHasItsPlace(t *testing.T) {
	f := watch(t, basics...)
	f.exec(message("general", "foreign"), agent("zoe", "", "online"))
	if err := f.write(nil, nil, message("general", "own"), agent("ann", "", "online")); err != nil {
		t.Fatal(err)
	}
	f.exec(message("general", "later"))
	changes := f.expect(
		"agent zoe: online public", "message 1 general: foreign",
		"agent ann: online public", "message 2 general: own",
		"message 3 general: later",
	)
	var counts []int64
	for _, c := range changes {
		counts = append(counts, c.Count)
	}
	if want := []int64{1, 2, 1, 2, 1}; len(counts) != 5 || counts[2] != 1 || counts[4] != 1 {
		t.Errorf("got counts %v, want %v", counts, want)
	}
}

// TestPoller_WriteSeesWhatCameInBetween: only the first write of a connection
// has to look; later ones know whether anybody has committed.
func TestPoller_WriteSeesWhatCameInBetween(t *testing.T) {
	f := watch(t, basics...)
	other := connect(t, f.host.Path())
	var want []string
	for n, foreign := range []bool{false, true, false, true} {
		if foreign {
			if _, err := other.ExecContext(t.Context(), message("general", "foreign")); err != nil {
				t.Fatal(err)
			}
			want = append(want, fmt.Sprintf("message %d general: foreign", len(want)+1))
		}
		own := event.Message{ID: int64(len(want) + 1), ChannelID: "general", Content: fmt.Sprint("own ", n)}
		want = append(want, fmt.Sprintf("message %d general: %s", own.ID, own.Content))
		if err := f.write([]claudeslack.Row{claudeslack.MessageInserted{Message: own}}, nil, message("general", own.Content)); err != nil {
			t.Fatal(err)
		}
	}
	f.expect(want...)
}

// TestPoller_WriteTellsWhatAHookSaw: rows of a hook are handed over as they
// are, with the values in between that a look does not see.
func TestPoller_WriteTellsWhatAHookSaw(t *testing.T) {
	f := watch(t, append(basics, message("general", "a"))...)
	edit := func(from, to string) claudeslack.Row {
		return claudeslack.MessageUpdated{Message: event.Message{ID: 1, Content: to}, OldContent: from}
	}
	rows := []claudeslack.Row{edit("a", "b"), edit("b", "a")}
	if err := f.write(rows, nil, `UPDATE messages SET content='b'`, `UPDATE messages SET content='a'`); err != nil {
		t.Fatal(err)
	}
	f.expect("edited 1 a : b ", "edited 1 b : a ")
}

func TestPoller_WriteThatFails(t *testing.T) {
	f := watch(t, basics...)
	f.exec(message("general", "foreign"))
	fail := errors.New("no")
	if err := f.write(nil, fail, message("general", "own")); !errors.Is(err, fail) {
		t.Errorf("got %v, want %v", err, fail)
	}
	f.expect("message 1 general: foreign")
	f.exec(message("general", "later"))
	f.expect("message 2 general: later")
}

func TestPoller_WriteBeforeTheFirstLook(t *testing.T) {
	f := watch(t, basics...)
	f.image = nil
	if err := f.write(nil, nil, message("general", "own")); err != nil {
		t.Fatal(err)
	}
	f.at = f.look()
	f.expect()
}

// TestPoller_WriteWaitsWithoutTheWriteLock: a look that takes its time holds up
// writes of this process, not those of others.
func TestPoller_WriteWaitsWithoutTheWriteLock(t *testing.T) {
	f := watch(t, basics...)
	other := connect(t, f.host.Path())
	gaveBack := make(chan struct{}, lockTries)
	err := f.db.Raw(func(driver any) error {
		driver.(sqlite.HookRegisterer).RegisterRollbackHook(func() { gaveBack <- struct{}{} })
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	f.mu.Lock() // a look is at work
	wrote := make(chan error, 1)
	go func() { wrote <- f.write(nil, nil, message("general", "own")) }()
	select {
	case <-gaveBack:
	case <-time.After(20 * time.Second):
		t.Error("got a write that keeps the write lock while it waits for a look, want it given back")
	}
	if _, err := other.ExecContext(t.Context(), message("general", "foreign")); err != nil {
		t.Errorf("write of another connection: %v", err)
	}
	f.mu.Unlock()
	if err := <-wrote; err != nil {
		t.Fatal(err)
	}
	f.expect("message 1 general: foreign", "message 2 general: own")
}
