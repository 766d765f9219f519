//go:build unix

package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"cslack-stream/internal/engine/claudeslack/hosttest"
	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/server"
)

// replacement is a way in which another database takes the place of the one
// that is open.
type replacement struct {
	name string
	// do replaces the database; backup is an older state of it.
	do func(t *testing.T, sc *scene, backup string)
	// kept are the messages that are in it then.
	kept []string
}

var replacements = []replacement{
	{"copied over", func(t *testing.T, sc *scene, backup string) { shell(t, "cp", backup, sc.db) }, numbered("kept", 3)},
	{"renamed over", func(t *testing.T, sc *scene, backup string) { shell(t, "mv", backup, sc.db) }, numbered("kept", 3)},
	{"restored in place", func(t *testing.T, sc *scene, backup string) {
		if _, err := exec.LookPath("python3"); err != nil {
			t.Skip("python3, whose sqlite3 can restore a backup, is not at hand")
		}
		shell(t, "python3", "-c", "import sqlite3,sys; sqlite3.connect(sys.argv[1]).backup(sqlite3.connect(sys.argv[2]))", backup, sc.db)
	}, numbered("kept", 3)},
	{"deleted and created again", func(t *testing.T, sc *scene, _ string) {
		other := hosttest.NewDatabase(t)
		hosttest.StartWriter(t, other).Exec(e2eWorld...)
		shell(t, "rm", sc.db, sc.db+"-wal", sc.db+"-shm")
		shell(t, "cp", other, sc.db)
	}, nil},
}

// shell runs a program as a user does.
func shell(t *testing.T, name string, args ...string) {
	t.Helper()
	if name == "rm" {
		args = append([]string{"-f"}, args...)
	}
	if out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v: %s", name, args, err, out)
	}
}

// walIsEmpty reports whether the write-ahead log holds nothing.
func (sc *scene) walIsEmpty() bool {
	info, err := os.Stat(sc.db + "-wal")
	return err != nil || info.Size() == 0
}

// contents are the messages in the database.
func (sc *scene) contents() []string {
	sc.t.Helper()
	return sc.query(`SELECT content FROM messages ORDER BY id`)
}

// TestServe_DatabaseReplaced: an older backup is copied over the database
// while serve has it open, or another file takes its place. The file stays
// whole, a new epoch begins with what is in it, and nothing of the history
// that is gone comes back.
func TestServe_DatabaseReplaced(t *testing.T) {
	t.Parallel()
	for _, r := range replacements {
		for _, wait := range []bool{false, true} {
			name := r.name + ", writing at once"
			if wait {
				name = r.name + ", writing later"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				testReplaced(t, r, wait)
			})
		}
	}
}

func testReplaced(t *testing.T, r replacement, wait bool) {
	sc, w := newWorldScene(t)
	s := sc.serve()
	f := s.open(operatorQuery, s.beginning())
	w.Exec(sayEach("kept", 3)...)
	f.untilText("kept2")
	s.stop()
	backup := sc.db + ".backup"
	shell(t, "cp", sc.db, backup)
	s = sc.serve()
	f = s.open(operatorQuery, s.health().Latest.String())
	w.Exec(sayEach("overwritten", 5)...)
	past := f.untilText("overwritten4")
	cursor := past[len(past)-1].ID
	eventually(t, "an empty -wal", sc.walIsEmpty)

	r.do(t, sc, backup)
	var frames []frame
	if wait {
		frames = f.untilType(event.StreamGap)
	}
	hosttest.StartWriter(t, sc.db).Exec(sayEach("new", 3)...)
	sc.checkIntegrity()
	want := slices.Concat(r.kept, numbered("new", 3))
	compare(t, "the table", want, sc.contents())

	// The stream that is open: a gap, the state, and what comes then.
	if !wait {
		frames = f.untilType(event.StreamGap)
	}
	for _, text := range texts(frames) {
		t.Errorf("got %s before the gap", text)
	}
	var gap struct{ Reason event.GapReason }
	if err := json.Unmarshal(frames[len(frames)-1].Data, &gap); err != nil || gap.Reason != event.GapEpoch {
		t.Errorf("got %s, want a gap of another epoch", frames[len(frames)-1].raw)
	}
	said := recent(t, f.untilType(event.StreamInitial))
	if len(said) == 0 || said[len(said)-1] != "new2" {
		said = append(said, texts(f.untilText("new2"))...)
	}
	compare(t, "the stream that was open", want, said)

	// Readers that come now.
	resumed := s.open(operatorQuery, cursor)
	if got := resumed.until("a first frame", func(frame) bool { return true }); got[0].Type != string(event.StreamGap) {
		t.Errorf("got %s for the old cursor, want a gap", clipped(got[0].raw))
	}
	resumed.untilType(event.StreamInitial)
	compare(t, "a fresh reader", want, texts(s.everything(operatorQuery, s.beginning())))

	// The server has written to the old file now and then: emptied its log,
	// trimmed. It must do that to the new one, and to nothing else.
	w = hosttest.StartWriter(t, sc.db)
	w.Exec(sayEach("later", 3)...)
	want = append(want, numbered("later", 3)...)
	resumed.untilText("later2")
	eventually(t, "an empty -wal", sc.walIsEmpty)
	compare(t, "the table after a checkpoint", want, sc.contents())
	sc.checkIntegrity()
	w.Exec(say("last"))
	resumed.untilText("last")
	compare(t, "a fresh reader later", append(want, "last"), texts(s.everything(operatorQuery, s.beginning())))
	if got := strings.Count(s.child.err.String(), "beginning a new epoch"); got != 1 {
		t.Errorf("got %d new epochs, want 1", got)
	}
	s.stop()
	compare(t, "the table in the end", append(want, "last"), sc.contents())
	sc.checkIntegrity()
}

// recent are the messages of a state.
func recent(t *testing.T, frames []frame) (out []string) {
	t.Helper()
	var state struct {
		Recent []struct{ Content string } `json:"recent_messages"`
	}
	if err := json.Unmarshal(frames[len(frames)-1].Data, &state); err != nil {
		t.Fatal(err)
	}
	for _, m := range state.Recent {
		out = append(out, m.Content)
	}
	return out
}

// TestServe_DatabaseGone: without its database serve goes on, says what is
// wrong, and makes no file; with the next database all is well again.
func TestServe_DatabaseGone(t *testing.T) {
	t.Parallel()
	sc, w := newWorldScene(t)
	s := sc.serve()
	f := s.open(operatorQuery, s.beginning())
	w.Exec(say("before"))
	f.untilText("before")
	shell(t, "rm", sc.db, sc.db+"-wal", sc.db+"-shm")
	var h server.Health
	eventually(t, "a degraded server", func() bool {
		h = s.health()
		return h.Status == server.StatusDegraded
	})
	if len(h.Problems) != 1 || !strings.Contains(h.Problems[0], sc.db) {
		t.Errorf("got problems %q, want one that names the database", h.Problems)
	}
	if _, err := os.Stat(sc.db); err == nil {
		t.Fatal("got a new file at the database's path, which would keep Claude-Slack from making its own")
	}
	replacements[len(replacements)-1].do(t, sc, "")
	f.untilType(event.StreamInitial)
	eventually(t, "a healthy server", func() bool { return s.health().Status == server.StatusHealthy })
	hosttest.StartWriter(t, sc.db).Exec(say("after"))
	f.untilText("after")
	compare(t, "the new database", []string{"after"}, sc.contents())
}
