package poll

import (
	"fmt"
	"testing"
	"time"

	"cslack-stream/internal/engine/capture"
	"cslack-stream/internal/engine/claudeslack/hosttest"
)

// workplace is a database with 100 agents, 50 channels, 1250 members and
// 100,000 messages; and with as many more rows of global agents as the host
// makes for that many of their messages.
func workplace(b *testing.B, duplicates int) *fixture {
	b.Helper()
	f := &fixture{t: b, db: connect(b, hosttest.NewDatabase(b))}
	var path string
	if err := f.db.QueryRowContext(b.Context(), `SELECT file FROM pragma_database_list WHERE name='main'`).Scan(&path); err != nil {
		b.Fatal(err)
	}
	f.exec(`PRAGMA foreign_keys=0`, `PRAGMA synchronous=OFF`, "BEGIN", project("p1"))
	for i := range 100 {
		f.exec(agent(fmt.Sprint("agent", i), "p1", "online"))
	}
	for i := range duplicates {
		f.exec(agent(fmt.Sprint("global", i%5), "", "online"))
	}
	for i := range 50 {
		f.exec(channel(fmt.Sprint("channel", i), "open"))
		for k := range 25 {
			f.run(`INSERT INTO channel_members(channel_id,agent_name,agent_project_id) VALUES(?,?,'p1')`, fmt.Sprint("channel", i), fmt.Sprint("agent", (i+4*k)%100))
		}
	}
	f.run(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<100000)
INSERT INTO messages(channel_id,sender_id,sender_project_id,content,timestamp,metadata)
SELECT 'channel'||(i%50),'agent'||(i%100),'p1','message '||i||' is about as long as what one agent writes to others on an ordinary day',1764000000.5,'{"priority":"normal","n":'||i||'}' FROM n`)
	f.exec("COMMIT", `INSERT INTO sessions(id) VALUES('s')`)
	f.Poller = New(Options{Host: capture.NewHost(path)})
	b.Cleanup(func() { f.Close() })
	f.at = f.look()
	f.scanAll()
	return f
}

// one looks once through the host's connection, as Next does.
func (f *fixture) one(b *testing.B) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.scan.dirty = false
	if _, err := f.view(b.Context(), false); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkLook measures what following one commit costs. A call of a tool
// changes nothing that matters and is by far the most frequent: it should cost
// a fraction of BenchmarkFullRead.
func BenchmarkLook(b *testing.B) {
	for _, bb := range []struct {
		name, sql  string
		duplicates int
	}{
		{"nothing committed", "", 0},
		{"call of a tool", `INSERT INTO tool_calls(session_id,tool_name,tool_inputs_hash) VALUES('s','t','h')`, 0},
		{"call of a tool, 20000 rows of global agents", `INSERT INTO tool_calls(session_id,tool_name,tool_inputs_hash) VALUES('s','t','h')`, 20_000},
		{"re-registration", `INSERT OR REPLACE INTO agents(name,project_id,status) VALUES('agent1','p1','online')`, 0},
		{"message", message("channel1", "hello"), 0},
		{"edit", `UPDATE messages SET content=content||'.' WHERE id=99999`, 0},
		{"join", `INSERT INTO channel_members(channel_id,agent_name) VALUES('channel1','a'||random())`, 0},
	} {
		b.Run(bb.name, func(b *testing.B) {
			f := workplace(b, bb.duplicates)
			b.ReportAllocs()
			for b.Loop() {
				if bb.sql != "" {
					b.StopTimer()
					f.exec(bb.sql)
					f.pendingOf(b)
					b.StartTimer()
				}
				f.one(b)
			}
		})
	}
}

// pendingOf forgets what was found.
func (f *fixture) pendingOf(b *testing.B) {
	b.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.queue.changes = nil
}

func BenchmarkScan(b *testing.B) {
	f := workplace(b, 0)
	began := time.Now()
	for b.Loop() {
		f.scanAll()
	}
	b.ReportMetric(float64(time.Since(began).Microseconds())/float64(b.N)/float64(len(f.image.messages.traces)), "µs/message")
}

func BenchmarkFirstLook(b *testing.B) {
	f := workplace(b, 0)
	for b.Loop() {
		f.image = nil
		f.look()
	}
}

// BenchmarkFullRead is what a look would cost that reads everything: compare
// with BenchmarkLook.
func BenchmarkFullRead(b *testing.B) {
	f := workplace(b, 0)
	for b.Loop() {
		f.image.digests, f.image.window, f.due = digests{}, "", true
		f.one(b)
	}
}
