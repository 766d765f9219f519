//go:build unix

package main

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"cslack-stream/internal/engine/claudeslack/hosttest"
	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/server"
)

// The tests in this file are about a host that misbehaves: for as long as it
// does, /health and the log say what is wrong and what to do, and then all is
// well again by itself.

// untilDegraded waits until the server says that it is degraded, with a
// problem that holds each of the words, and returns that.
func (s *serving) untilDegraded(words ...string) string {
	s.t.Helper()
	var h server.Health
	eventually(s.t, "a degraded server whose problem holds "+strings.Join(words, ", "), func() bool {
		h = s.health()
		for _, word := range words {
			if len(h.Problems) != 1 || !strings.Contains(h.Problems[0], word) {
				return false
			}
		}
		return h.Status == server.StatusDegraded
	})
	return h.Problems[0]
}

// untilHealthy waits until all is well.
func (s *serving) untilHealthy() {
	s.t.Helper()
	eventually(s.t, "a healthy server", func() bool {
		body, err := s.get("/health") // which may fail, until there is something to serve
		return err == nil && strings.Contains(string(body), `"status":"healthy"`)
	})
}

// said counts the lines of the server's log that hold the words.
func (s *serving) said(words string) (n int) {
	for _, line := range s.err.lines() {
		if strings.Contains(line, words) {
			n++
		}
	}
	return n
}

// saidOnce fails the test if the log does not say it once, in all.
func (s *serving) saidOnce(each ...string) {
	s.t.Helper()
	for _, words := range each {
		if n := s.said(words); n != 1 {
			s.t.Errorf("the log says %q %d times, want once:\n%s", words, n, s.err)
		}
	}
}

// TestServe_WriteLockHeld: while another process holds the write lock, for
// longer than the host waits for it, readers go on, and it is said what is
// wrong.
func TestServe_WriteLockHeld(t *testing.T) {
	t.Parallel()
	sc, w := newWorldScene(t)
	s := sc.serve()
	f := s.open(operatorQuery, s.beginning())
	w.Exec(say("before"))
	f.untilText("before")
	holder := hosttest.StartWriter(t, sc.db)
	holder.Do(hosttest.Step{Keep: true, SQL: []string{`BEGIN IMMEDIATE`, say("from who holds it")}})
	s.untilDegraded("another process has held the write lock for", "end that process")
	s.err.until(t, "that the lock is held", func(text string) bool { return strings.Contains(text, "another process has held the write lock") })
	compare(t, "a fresh reader meanwhile", []string{"before"}, texts(s.everything(operatorQuery, s.beginning())))
	holder.Do(hosttest.Step{Keep: true, SQL: []string{`COMMIT`}})
	f.untilText("from who holds it")
	s.untilHealthy()
	s.saidOnce("another process has held the write lock", "the database can be written to again")
	s.stop()
}

// TestServe_LongRead: somebody reads for long, and the write-ahead log grows.
// What is written meanwhile is streamed, and no writer waits for us: emptying
// the log would hold the write lock for as long as it copies and waits.
func TestServe_LongRead(t *testing.T) {
	t.Parallel()
	rows := "4000" // of 4 kB, each of them in a table and in the change log
	if os.Getenv("CSLACK_TEST_LONG") != "" {
		rows = "120000" // a gigabyte
	}
	sc, w := newWorldScene(t)
	s := sc.serve()
	f := s.open(operatorQuery+"&types=channel.*", s.beginning())
	w.Exec(say("before"))
	reader := hosttest.StartWriter(t, sc.db)
	reader.Do(hosttest.Step{Keep: true, SQL: []string{`BEGIN`, `SELECT count(*) FROM messages`}})
	channel := func(id string) string {
		return `INSERT INTO channels(id,channel_type,access_type,scope,name) VALUES('` + id + `','channel','open','global','` + id + `')`
	}
	w.Exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<`+rows+`)
INSERT INTO messages(channel_id,sender_id,sender_project_id,content) SELECT 'global:general','bob','p',hex(randomblob(2000)) FROM n`, channel("after"))
	f.until("the channel after", func(fr frame) bool { return strings.Contains(fr.raw, `"after"`) })
	eventually(t, "a trimmed change log", func() bool { return sc.query(`SELECT count(*) FROM cslack_change`)[0] == "1" })
	size := sc.walSize()
	// Longer than it takes to find the database idle twice.
	w.Do(hosttest.Step{Keep: true, SQL: []string{`PRAGMA busy_timeout=100`}})
	for range 100 {
		w.Do(hosttest.Step{Keep: true, SQL: []string{`BEGIN IMMEDIATE`, `ROLLBACK`, `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<30000) SELECT max(i) FROM n`}})
	}
	if sc.walSize() < size {
		t.Error("got a write-ahead log that was emptied under a reader")
	}
	w.Exec(channel("while it is read"))
	f.until("the channel while it is read", func(fr frame) bool { return strings.Contains(fr.raw, `"while it is read"`) })
	reader.Do(hosttest.Step{Keep: true, SQL: []string{`ROLLBACK`}})
	eventually(t, "an empty -wal", sc.walIsEmpty)
	s.untilHealthy()
	sc.checkIntegrity()
}

func (sc *scene) walSize() int64 {
	info, err := os.Stat(sc.db + "-wal")
	if err != nil {
		return 0
	}
	return info.Size()
}

// waits starts serve where it has something to wait for, and returns it when
// /health says what.
func (sc *scene) waits(words string) *serving {
	sc.t.Helper()
	c := sc.start(sc.serveArgs()...)
	s := &serving{child: c, client: &http.Client{Transport: new(http.Transport)}}
	sc.t.Cleanup(s.client.CloseIdleConnections)
	c.err.until(sc.t, "what it waits for", waitingAt.MatchString)
	s.url = waitingAt.FindStringSubmatch(c.err.String())[1]
	s.untilFailed(words)
	return s
}

var waitingAt = regexp.MustCompile(`waiting for .* (http://\S+)/health says so too\n`)

// untilFailed waits until the server can serve nothing, and says why.
func (s *serving) untilFailed(words string) {
	s.t.Helper()
	eventually(s.t, "a server that waits, and says "+words, func() bool {
		_, err := s.get("/health")
		return err != nil && strings.Contains(err.Error(), "503") && strings.Contains(err.Error(), words)
	})
}

// TestServe_WaitsForItsDatabase: serve is started before Claude-Slack. It
// makes no file, says what it waits for, takes an empty file and a schema in
// the making as they come, and then streams everything.
func TestServe_WaitsForItsDatabase(t *testing.T) {
	t.Parallel()
	made := hosttest.NewDatabase(t)
	sc := newScene(t, filepath.Join(t.TempDir(), "data", "claude-slack.db"))
	s := sc.waits("waiting for " + sc.db + " to be created by Claude-Slack")
	if _, err := s.get("/api/stream?" + operatorQuery); err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("got %v for a stream of nothing, want 503", err)
	}
	if _, err := os.Stat(filepath.Dir(sc.db)); err == nil {
		t.Fatal("got a directory for the database, want none made")
	}
	if err := os.Mkdir(filepath.Dir(sc.db), 0o700); err != nil {
		t.Fatal(err)
	}
	shell(t, "touch", sc.db)
	s.untilFailed("which is empty")
	w := hosttest.StartWriter(t, sc.db)
	statements, err := queryFile(t.Context(), made, `SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT GLOB 'sqlite_*' AND name NOT GLOB '*_fts_*' ORDER BY type='table' DESC, name<>'projects'`)
	if err != nil {
		t.Fatal(err)
	}
	w.Exec(statements[0])
	s.untilFailed("to finish its tables")
	w.Exec(statements[1:]...)
	s.untilHealthy()
	f := s.open(operatorQuery, s.beginning())
	w.Exec(e2eWorld...)
	w.Exec(say("first"))
	f.untilText("first")
	s.saidOnce("to be created by Claude-Slack", "which is empty", "adds the tables", "serving "+sc.db)
	s.stop()
}

// TestServe_StopsWhileItWaits: told to stop, it ends in order.
func TestServe_StopsWhileItWaits(t *testing.T) {
	t.Parallel()
	newScene(t, filepath.Join(t.TempDir(), "claude-slack.db")).waits("to be created").stop()
}

// TestServe_StartedWhileLocked: where nothing is to be installed nobody is
// waited for; where something is, serve waits.
func TestServe_StartedWhileLocked(t *testing.T) {
	t.Parallel()
	lock := hosttest.Step{Keep: true, SQL: []string{`BEGIN IMMEDIATE`}}
	unlock := hosttest.Step{Keep: true, SQL: []string{`ROLLBACK`}}
	sc, w := newWorldScene(t)
	holder := hosttest.StartWriter(t, sc.db)
	holder.Do(lock)
	s := sc.waits("end that process")
	holder.Do(unlock)
	s.untilHealthy()
	s.stop()
	w.Exec(say("while stopped"))
	holder.Do(lock)
	s = sc.serve()
	s.open(operatorQuery, s.beginning()).untilText("while stopped")
	holder.Do(unlock)
}

// events is the event file beside the database.
func (sc *scene) events() string { return eventFile(sc.db) }

// overwrite writes rubbish over all pages of a file but the first ones.
func overwrite(t *testing.T, path string, keep int) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := keep * 4096; i < len(data); i++ {
		data[i] = byte(i * 7)
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err == nil {
		_, err = f.Write(data)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestServe_EventFileDamaged: a damaged event file is kept under another name,
// and a new epoch begins with what the database says.
func TestServe_EventFileDamaged(t *testing.T) {
	t.Parallel()
	for name, keep := range map[string]int{"all of it": 0, "all but the schema": 1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sc, w := newWorldScene(t)
			s := sc.serve()
			w.Exec(sayEach("before", 3)...)
			s.open(operatorQuery, s.beginning()).untilText("before2")
			cursor := s.beginning()
			s.stop()
			overwrite(t, sc.events(), keep)
			w.Exec(say("while stopped"))

			s = sc.serve()
			want := append(numbered("before", 3), "while stopped")
			compare(t, "a fresh reader", want, texts(s.everything(operatorQuery, s.beginning())))
			old := s.open(operatorQuery, cursor)
			old.untilType(event.StreamGap)
			w.Exec(say("after"))
			old.untilText("after")
			s.untilHealthy()
			s.saidOnce("the event file is damaged; it was set aside")
			if found, _ := filepath.Glob(sc.events() + ".corrupt-*"); len(found) != 1 {
				t.Errorf("got %q set aside, want one file", found)
			}
			// It carries, as before.
			eventually(t, "a trimmed change log", func() bool { return sc.query(`SELECT count(*) FROM cslack_change`)[0] == "1" })
		})
	}
}

// TestServe_EventFileGone: somebody removes the event file of a running
// server. It goes on in a new one, with a new epoch: nobody would ever find
// what is written to a file without a name.
func TestServe_EventFileGone(t *testing.T) {
	t.Parallel()
	sc, w := newWorldScene(t)
	s := sc.serve()
	f := s.open(operatorQuery, s.beginning())
	w.Exec(say("before"))
	f.untilText("before")
	shell(t, "rm", sc.events(), sc.events()+"-wal", sc.events()+"-shm")
	w.Exec(say("behind it"))
	f.untilType(event.StreamGap)
	f.untilType(event.StreamInitial)
	w.Exec(say("after"))
	f.untilText("after")
	s.untilHealthy()
	s.saidOnce("the event file was removed or replaced")
	s.stop()
	s = sc.serve()
	compare(t, "the next server", []string{"before", "behind it", "after"}, texts(s.everything(operatorQuery, s.beginning())))
}

// TestServe_DirectoryGone: the directory of database and event file is deleted
// and made again.
func TestServe_DirectoryGone(t *testing.T) {
	t.Parallel()
	made := hosttest.NewDatabase(t)
	hosttest.StartWriter(t, made).Exec(e2eWorld...)
	sc := newScene(t, filepath.Join(t.TempDir(), "data", "claude-slack.db"))
	again := func() {
		shell(t, "mkdir", filepath.Dir(sc.db))
		shell(t, "cp", made, sc.db)
	}
	again()
	s := sc.serve()
	f := s.open(operatorQuery, s.beginning())
	hosttest.StartWriter(t, sc.db).Exec(say("before"))
	f.untilText("before")
	c := sc.start("tail", "alice", "--db", sc.db, "--direct", "--type", "message.new", "--template", "{{.Text}}")
	c.out.untilLine(t, "before")
	shell(t, "rm", "-r", filepath.Dir(sc.db))
	s.untilDegraded(sc.db, "waiting for it to be there again")
	c.err.until(t, "that the database is gone", func(text string) bool { return strings.Contains(text, "waiting for it to be there again") })
	again()
	f.untilType(event.StreamInitial)
	s.untilHealthy()
	c.err.until(t, "that it is there again", func(text string) bool { return strings.Contains(text, "capture recovered") })
	hosttest.StartWriter(t, sc.db).Exec(say("after"))
	f.untilText("after")
	c.out.untilLine(t, "after")
	s.stop()
	if _, err := os.Stat(sc.events()); err != nil {
		t.Errorf("got %v, want an event file in the new directory", err)
	}
	s.saidOnce("capture failed; trying again", "beginning a new epoch", "capture recovered")
}

// TestServe_ChangeLogEmptied: somebody deletes the rows of the change log by
// hand. What was in it may be lost: a new epoch begins, once.
func TestServe_ChangeLogEmptied(t *testing.T) {
	t.Parallel()
	sc, w := newWorldScene(t)
	s := sc.serve()
	f := s.open(operatorQuery, s.beginning())
	w.Exec(say("before"))
	f.untilText("before")
	w.Exec(`DELETE FROM cslack_change`)
	f.untilType(event.StreamGap)
	f.untilType(event.StreamInitial)
	s.untilHealthy()
	w.Exec(say("after"))
	f.untilText("after")
	s.saidOnce("beginning a new epoch")
	if n := s.said("capture failed"); n != 0 {
		t.Errorf("the log says %d times that capture failed, want never:\n%s", n, s.err)
	}
	compare(t, "a fresh reader", []string{"before", "after"}, texts(s.everything(operatorQuery, s.beginning())))
}

// TestServe_NewerTriggers: a newer build upgrades the change log while this
// one serves. It says so for as long as that is so, also when changes come,
// and goes on when the triggers are its own again.
func TestServe_NewerTriggers(t *testing.T) {
	t.Parallel()
	sc, w := newWorldScene(t)
	s := sc.serve()
	f := s.open(operatorQuery, s.beginning())
	w.Exec(say("before"))
	f.untilText("before")
	own := sc.query(`SELECT v FROM cslack_meta WHERE k='version'`)[0]
	w.Exec(`UPDATE cslack_meta SET v=99 WHERE k='version'`, `CREATE TABLE of_the_newer_build(x)`)
	s.untilDegraded("version 99 of our triggers", "use the newer build")
	w.Exec(say("meanwhile"), `CREATE TABLE another(x)`)
	eventually(t, "a change that waits", func() bool { return s.health().Lag > 0 })
	s.untilDegraded("version 99 of our triggers")
	w.Exec(`UPDATE cslack_meta SET v=` + own + ` WHERE k='version'`)
	f.untilText("meanwhile")
	s.untilHealthy()
	s.saidOnce("version 99 of our triggers", "capture recovered")
	s.stop()
	w.Exec(`UPDATE cslack_meta SET v=99 WHERE k='version'`)
	refused(t, sc.run(sc.serveArgs()...), exitFailed, "version 99", "use the newer build")
}

// TestServe_DatabaseDamaged: pages of Claude-Slack's file are damaged. Nothing
// of ours tries to mend it; what is readable is served, and once the file is
// whole again everything goes on.
func TestServe_DatabaseDamaged(t *testing.T) {
	t.Parallel()
	for name, keep := range map[string]int{"all of it": 0, "all but the schema": 8} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sc, w := newWorldScene(t)
			s := sc.serve()
			f := s.open(operatorQuery, s.beginning())
			w.Exec(say("before"))
			f.untilText("before")
			eventually(t, "an empty -wal", sc.walIsEmpty)
			backup := sc.db + ".backup"
			shell(t, "cp", sc.db, backup)
			c := sc.start("tail", "alice", "--db", sc.db, "--direct", "--type", "message.new", "--template", "{{.Text}}")
			c.out.untilLine(t, "before")
			overwrite(t, sc.db, keep)
			s.untilDegraded(sc.db, "damaged", "restore a backup")
			c.err.until(t, "that it is damaged", func(text string) bool { return strings.Contains(text, "restore a backup") })
			compare(t, "what was streamed before", []string{"before"}, texts(s.everything(operatorQuery, s.beginning())))
			shell(t, "cp", backup, sc.db)
			s.untilHealthy()
			hosttest.StartWriter(t, sc.db).Exec(say("after"))
			f.untilText("after")
			c.out.untilLine(t, "after")
			s.saidOnce("capture failed; trying again", "capture recovered")
			s.stop()
		})
	}
}
