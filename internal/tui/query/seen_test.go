package query_test

import (
	"errors"
	"strings"
	"testing"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/tui/line"
	"cslack-stream/internal/tui/query"
)

var (
	bob   = event.Agent{Name: "bob", Project: "p-web"}
	apis  = event.Agent{Name: "alice", Project: "p-api"}
	three = []event.Agent{alice, bob, apis}
)

func TestQuery_SeenAndOnly(t *testing.T) {
	var roster event.Roster
	seen := func(v line.View, by ...event.Agent) *line.Record {
		e := *sent("dave", "p-api", "p:dev", "x").Event
		var set event.Bitmap
		for _, a := range by {
			set.Add(roster.Add(a))
		}
		e.Audience = roster.Intern(set)
		return v.Record(&e)
	}
	several := line.View{Agent: alice, Names: view.Names, Several: line.NewSeveral(three, view.Names)}
	all, hers, bobs, none := seen(several, three...), seen(several, alice), seen(several, bob, apis), seen(several)
	for _, tt := range []struct {
		query string
		r     *line.Record
		want  bool
	}{
		{"seen:bob", all, true},
		{"seen:bob", hers, false},
		{"seen:@BOB@webapp", bobs, true},
		{"seen:alice@webapp", bobs, false},
		{"seen:alice", bobs, true}, // one of that name
		{"seen:alice@api", bobs, true},
		{"seen:alice:p-web", hers, true},
		{"seen:bob", none, false},
		{"-seen:bob", hers, true},
		{"seen:alice@webapp,bob", bobs, true},
		{"only:alice", hers, true},
		{"only:alice", all, false},
		{"only:bob", bobs, false},
		{"only:bob,alice", hers, true},
		{"only:alice", none, false},
		// With one agent there is nothing to tell apart.
		{"seen:alice", seen(view, alice), false},
		{"only:alice", seen(view, alice), false},
	} {
		q, err := query.Parse(tt.query, query.Options{Now: now})
		if err != nil {
			t.Fatalf("%s: %v", tt.query, err)
		}
		if got := q.Match(tt.r); got != tt.want {
			t.Errorf("%s of what %v see: got %v, want %v", tt.query, tt.r.Seen(), got, tt.want)
		}
	}
}

func TestQuery_CheckWatched(t *testing.T) {
	for _, tt := range []struct {
		query  string
		agents []event.Agent
		at     int // 0: no error
		words  []string
	}{
		{"seen:alice only:bob", three, 0, nil},
		{"from:carol", nil, 0, nil},
		{"x seen:alice", []event.Agent{alice}, 3, []string{"seen:", "more than one"}},
		{"-only:alice", nil, 1, []string{"only:", "more than one"}},
		{"seen:alice,carol", three, 12, []string{"seen:carol", "alice@webapp bob@webapp alice@api"}},
	} {
		q, err := query.Parse(tt.query, query.Options{Now: now})
		if err != nil {
			t.Fatalf("%s: %v", tt.query, err)
		}
		err = q.CheckWatched(tt.agents, view.Names)
		var syntax *query.SyntaxError
		if errors.As(err, &syntax) != (tt.at > 0) {
			t.Errorf("%s: got %v, want an error at %d", tt.query, err, tt.at)
			continue
		}
		if syntax == nil {
			continue
		}
		if syntax.Position != tt.at {
			t.Errorf("%s: got position %d, want %d", tt.query, syntax.Position, tt.at)
		}
		for _, word := range tt.words {
			if !strings.Contains(syntax.Message, word) {
				t.Errorf("%s: got %q, want it to name %q", tt.query, syntax.Message, word)
			}
		}
	}
	var none *query.Query
	if err := none.CheckWatched(nil, nil); err != nil {
		t.Errorf("no query: got %v, want nil", err)
	}
}
