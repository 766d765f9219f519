package engine_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

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
