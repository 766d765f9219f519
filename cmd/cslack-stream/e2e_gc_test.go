//go:build unix

package main

import (
	"context"
	"strings"
	"testing"

	"cslack-stream/internal/engine/sqlitedb"
)

// alter changes a file of the scene with another connection.
func (sc *scene) alter(path, statement string) {
	sc.t.Helper()
	db, c, err := sqlitedb.Conn(context.WithoutCancel(sc.t.Context()), path, sqlitedb.ReadWrite)
	if err != nil {
		sc.t.Fatal(err)
	}
	defer db.Close()
	defer c.Close()
	if _, err := c.ExecContext(sc.t.Context(), statement); err != nil {
		sc.t.Fatal(err)
	}
}

// capture runs a command about capture and returns what it says.
func (sc *scene) capture(want int, args ...string) string {
	sc.t.Helper()
	c := sc.run(append(append([]string{"capture"}, args...), "--db", sc.db)...)
	if got := c.exitCode(); got != want {
		sc.t.Fatalf("capture %q: got exit code %v, want %v:\n%s", args, got, want, c.err.String())
	}
	return c.out.String() + c.err.String()
}

func wantSaid(t *testing.T, said string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(said, p) {
			t.Errorf("got %q, want it to say %q", said, p)
		}
	}
}

// TestCaptureGC: it removes what is carried and what is expired, and nothing
// else; a dry run says the same and removes nothing.
func TestCaptureGC(t *testing.T) {
	t.Parallel()
	sc, w := newWorldScene(t)
	wantSaid(t, sc.capture(exitFailed, "gc"), "there is no event file", "run serve or capture install")
	sc.capture(exitDone, "install")
	w.Exec(sayEach("m", 20)...)
	changes := func() string { return sc.query(`SELECT count(*) FROM cslack_change`)[0] }
	wantSaid(t, sc.capture(exitDone, "gc", "--dry-run"), "would trim 0 carried changes: none", "20 changes stay, which are not carried yet: about 4 KiB, of 20", "would remove 0 expired events: none")
	wantSaid(t, sc.capture(exitDone, "status"), "waiting    20 changes that nobody has carried: about 4 KiB", "; run serve")
	sc.capture(exitDone, "gc")
	if got := changes(); got != "20" {
		t.Fatalf("got %s changes left, want all: none was carried", got)
	}

	sc.capture(exitDone, "install") // carries
	sc.alter(eventFile(sc.db), `UPDATE event_stream SET expires_at=datetime('now','-1 hour') WHERE payload LIKE '%"content":"m1_"%'`)
	before := sc.query(`SELECT id||op||k||at FROM cslack_change`)
	wantSaid(t, sc.capture(exitDone, "gc", "--dry-run"), "would trim 19 carried changes: about", "would remove 10 expired events: about")
	compare(t, "change log after a dry run", before, sc.query(`SELECT id||op||k||at FROM cslack_change`))
	wantSaid(t, sc.capture(exitDone, "gc"), "trimmed 19 carried changes", "removed 10 expired events")
	wantSaid(t, sc.capture(exitDone, "gc", "--dry-run"), "would trim 0 carried", "would remove 0 expired")
	if got := changes(); got != "1" {
		t.Errorf("got %s changes left, want the last, which proves the log", got)
	}
	s := sc.serve()
	f := s.open(operatorQuery, s.beginning())
	w.Exec(say("after"))
	f.untilText("after")
	wantSaid(t, sc.capture(exitDone, "status"), "waiting    no changes")
	sc.checkIntegrity()
}

// TestCaptureGC_BesideServe: two that clean up at once remove everything once,
// and a stream knows nothing of it.
func TestCaptureGC_BesideServe(t *testing.T) {
	t.Parallel()
	sc, w := newWorldScene(t)
	config := sc.config("event_streaming: {archive: {enabled: true}}\n")
	s := sc.serve("--config", config)
	f := s.open(operatorQuery, s.beginning())
	w.Exec(sayEach("m", 300)...)
	got := texts(onlyEvents(t, f.untilText("m299")))
	sc.alter(eventFile(sc.db), `UPDATE event_stream SET expires_at=datetime('now','-1 hour') WHERE payload GLOB '*"m1[0-9][0-9]"*'`)
	wantSaid(t, sc.capture(exitDone, "gc", "--config", config), "trimmed ", "archived 100 expired events")
	w.Exec(sayEach("more", 10)...)
	compare(t, "stream", append(numbered("m", 300), numbered("more", 10)...), append(got, texts(onlyEvents(t, f.untilText("more9")))...))
	s.stop()
	replayed := sc.run("replay", "--archive", "--db", sc.db, "--type", "message.new", "--template", "{{.Text}}")
	compare(t, "replay with the archive", append(numbered("m", 300), numbered("more", 10)...), replayed.out.lines())
	sc.checkIntegrity()
}

// TestCaptureGC_NotOurs: what another event file carries is left alone.
func TestCaptureGC_NotOurs(t *testing.T) {
	t.Parallel()
	sc, w := newWorldScene(t)
	sc.capture(exitDone, "install")
	w.Exec(sayEach("m", 20)...)
	sc.capture(exitDone, "install")
	for set, want := range map[string]string{
		`v='other' WHERE k='carrier'`:  "the change log is carried into another event file",
		`v='other' WHERE k='epoch'`:    "is of another change log: run serve or capture install first",
		`v='9' WHERE k='version'`:      "newer than this build knows",
		`v='nothing' WHERE k='absent'`: "",
	} {
		was := sc.query(`SELECT k||v FROM cslack_meta`)
		sc.alter(sc.db, `CREATE TABLE kept AS SELECT * FROM cslack_meta; UPDATE cslack_meta SET `+set)
		if want != "" {
			said := sc.capture(exitFailed, "gc")
			wantSaid(t, said, want)
			if n := strings.Count(said, "\n"); n != 1 {
				t.Errorf("got %d lines, want one: %q", n, said)
			}
		}
		sc.alter(sc.db, `DELETE FROM cslack_meta; INSERT INTO cslack_meta SELECT * FROM kept; DROP TABLE kept`)
		compare(t, "meta", was, sc.query(`SELECT k||v FROM cslack_meta`))
	}
	if got := sc.query(`SELECT count(*) FROM cslack_change`)[0]; got != "20" {
		t.Errorf("got %s changes left, want all", got)
	}
}

// TestDoctor_Forgotten: a change log that nobody has carried for long is
// something to do.
func TestDoctor_Forgotten(t *testing.T) {
	t.Parallel()
	sc, w := newWorldScene(t)
	sc.capture(exitDone, "install")
	w.Exec(sayEach("m", 3)...)
	doctor := func(want int) string {
		t.Helper()
		c := sc.run("doctor", "--db", sc.db)
		if got := c.exitCode(); got != want {
			t.Errorf("got exit code %v, want %v:\n%s", got, want, c.out.String())
		}
		return c.out.String()
	}
	wantSaid(t, doctor(exitDone), "3 changes wait")
	sc.alter(sc.db, `UPDATE cslack_change SET at=at-8`)
	wantSaid(t, doctor(exitFailed), "3 changes wait", "nobody carries them: run serve", "capture uninstall")
}
