//go:build unix

package main

import (
	"encoding/json"
	"net"
	"os"
	"slices"
	"strings"
	"testing"

	"cslack-stream/internal/engine/claudeslack/hosttest"
	"cslack-stream/internal/engine/event"
)

// TestServe_HostMaintenance: what an administrator does to the database
// disturbs no stream.
func TestServe_HostMaintenance(t *testing.T) {
	t.Parallel()
	sc, w := newWorldScene(t)
	s := sc.serve()
	f := s.open(operatorQuery, s.health().Latest.String())
	var want []string
	for _, statement := range []string{
		`VACUUM`, `ANALYZE`, `REINDEX`, `PRAGMA wal_checkpoint(TRUNCATE)`, `PRAGMA optimize`,
		`ALTER TABLE messages ADD COLUMN reactions JSON`, `CREATE TABLE new_in_v5(x)`, `CREATE INDEX new_index ON messages(sender_id)`, `DROP INDEX new_index`,
		`DELETE FROM tool_calls`, `PRAGMA user_version=5`,
	} {
		w.Exec(say("before "+strings.ToLower(statement)), statement, say("after "+strings.ToLower(statement)))
		want = append(want, "before "+strings.ToLower(statement), "after "+strings.ToLower(statement))
		got := f.untilText(want[len(want)-1])
		compare(t, statement, want[len(want)-2:], texts(onlyEvents(t, got)))
	}
	compare(t, "fresh reader", want, texts(s.everything(operatorQuery, s.beginning())))
	sc.checkIntegrity()
}

// TestServe_TriggersLost: a migration that makes a table anew drops its
// triggers, and what is written then is in no change log. The server notices,
// installs again, and begins a new epoch with all that is there.
func TestServe_TriggersLost(t *testing.T) {
	t.Parallel()
	sc, w := newWorldScene(t)
	s := sc.serve()
	f := s.open(operatorQuery, s.beginning())
	w.Exec(sayEach("kept", 3)...)
	f.untilText("kept2")
	w.Exec(`BEGIN`, `CREATE TABLE moved AS SELECT * FROM channel_members`, `DROP TABLE channel_members`,
		`CREATE TABLE channel_members(channel_id TEXT NOT NULL,agent_name TEXT NOT NULL,agent_project_id TEXT,invited_by TEXT DEFAULT 'self',joined_at REAL,source TEXT,
can_leave BOOLEAN,can_send BOOLEAN,can_invite BOOLEAN,can_manage BOOLEAN,is_muted BOOLEAN,notification_preference TEXT,last_read_at REAL,last_read_message_id INTEGER,
is_from_default BOOLEAN,opted_out BOOLEAN DEFAULT FALSE,opted_out_at REAL,PRIMARY KEY(channel_id,agent_name,agent_project_id))`,
		`INSERT INTO channel_members SELECT * FROM moved`, `DROP TABLE moved`, say("unseen"), `COMMIT`, say("after"))
	f.untilType(event.StreamGap)
	said := recent(t, f.untilType(event.StreamInitial))
	if !slices.Contains(said, "after") {
		said = append(said, texts(f.untilText("after"))...)
	}
	want := append(numbered("kept", 3), "unseen", "after")
	compare(t, "open stream", want, said)
	w.Exec(`DELETE FROM channel_members WHERE agent_name='alice'`)
	f.untilType(event.MemberLeft)
	compare(t, "fresh reader", want, texts(s.everything(operatorQuery, s.beginning())))
}

// TestServe_HostileContent: whatever a message holds arrives as it is, and is
// one frame.
func TestServe_HostileContent(t *testing.T) {
	t.Parallel()
	sc, w := newWorldScene(t)
	s := sc.serve()
	f := s.open("agent=alice&project=p", s.beginning())
	for sql, want := range map[string]string{
		`'\r\n\r\ndata: {"type":"message.new"}\n\nid: 9'`:                   `\r\n\r\ndata: {"type":"message.new"}\n\nid: 9`,
		`'a'||char(13,10,13,10)||'data: x'||char(10,10)||'id: 7'||char(10)`: "a\r\n\r\ndata: x\n\nid: 7\n",
		`'nul'||char(0)||'byte'`:                                            "nul\x00byte",
		`char(8232,8233,65279)||'separators'`:                               "\u2028\u2029\ufeffseparators",
		`char(27)||'[2J'||char(155)||'0m'||char(8238)||'bidi'`:              "\x1b[2J\u009b0m\u202ebidi",
		`'日本語 '||char(128104,8205,128105,8205,128103)`:                      "日本語 👨\u200d👩\u200d👧",
		`'"\\<>&'||char(127)`:                                               `"\\<>&` + "\x7f",
		`hex(zeroblob(75000))`:                                              strings.Repeat("00", 75000),
		`CAST(x'61ff62' AS TEXT)`:                                           "a\ufffdb",
		`''`:                                                                "",
	} {
		w.Exec(`INSERT INTO messages(channel_id,sender_id,sender_project_id,content) VALUES('global:general','bob','p',` + sql + `)`)
		got := f.untilType(event.MessageNew)
		if text := got[len(got)-1].text(); text != want {
			t.Errorf("%s: got %q, want %q", sql, clipped(text), clipped(want))
		}
	}
	for _, metadata := range []string{`'{"broken'`, `'[1,2]'`, `'"text"'`, `'null'`, `x'00ff'`, `5`, `'{"deleted":"yes"}'`} {
		w.Exec(`INSERT INTO messages(channel_id,sender_id,sender_project_id,content,metadata) VALUES('global:general','bob','p','with metadata',` + metadata + `)`)
		got := f.untilType(event.MessageNew)
		if raw := got[len(got)-1].raw; !json.Valid([]byte(raw)) {
			t.Errorf("%s: got %s, want JSON", metadata, raw)
		}
	}
}

// TestTail_ThroughAServerThatIsKilled: a tail that found the server by itself
// goes on when that is killed and started again.
func TestTail_ThroughAServerThatIsKilled(t *testing.T) {
	t.Parallel()
	sc, w := newWorldScene(t)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	_ = free.Close()
	start := func() *serving {
		return sc.serves(sc.start("serve", "--db", sc.db, "--listen", address))
	}
	s := start()
	w.Exec(sayEach("m", 3)...)
	c := sc.start("tail", "alice", "--db", sc.db, "--all", "--type", "message.new", "--template", "{{.Text}}")
	c.out.untilLine(t, "m2")
	c.err.until(t, "that it reads from the server", func(text string) bool { return strings.Contains(text, "live on "+s.url) })
	want := numbered("m", 3)
	for _, round := range []string{"first", "second"} {
		s.kill()
		c.err.until(t, "that the stream is lost", func(text string) bool { return strings.Count(text, "stream lost") > 0 })
		w.Do(hosttest.Step{SQL: sayEach(round, 300)})
		s = start()
		w.Exec(say(round + " end"))
		c.out.untilLine(t, round+" end")
		want = append(append(want, numbered(round, 300)...), round+" end")
	}
	compare(t, "tail", want, c.out.lines())
	s.stop()
	c.signal(os.Interrupt)
	if got := c.exitCode(); got != exitInterrupted {
		t.Errorf("got exit code %v, want %v", got, exitInterrupted)
	}
}
