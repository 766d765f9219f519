package line_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/tui/line"
)

// together gives every sample an audience: in turn all, alice, bob, nobody.
func together(t *testing.T, events []*event.Event) []*event.Event {
	t.Helper()
	var roster event.Roster
	turns := [][]event.Agent{{alice, bob, gina}, {alice}, {bob, gina}, nil}
	for i, e := range events {
		var set event.Bitmap
		for _, a := range turns[i%len(turns)] {
			set.Add(roster.Add(a))
		}
		e.Audience = roster.Intern(set)
	}
	return events
}

func TestSeveral_Lines(t *testing.T) {
	events := together(t, samples(t))
	agents := []event.Agent{alice, bob}
	v := line.View{Agent: alice, Names: names(), Several: line.NewSeveral(agents, names())}
	for _, form := range []string{"terminal", "pipe", "json"} {
		golden(t, "several-"+form, printAll(t, forms[form], v, events))
	}
	pipe := printAll(t, forms["pipe"], v, events)
	for l := range strings.SplitSeq(strings.TrimSuffix(string(pipe), "\n"), "\n") {
		if n := strings.Count(l, "\t"); n != 5 {
			t.Errorf("got %d tabs in a line of a pipe, want 5: %q", n, l)
		}
	}
}

// A record is as the first agent that sees the event has it.
func TestSeveral_IsTheViewOfTheFirst(t *testing.T) {
	m := &maker{t: t}
	dm := m.add(event.DMReceived, "message", "1", "dm:x", event.Message{
		ID: 1, ChannelKind: event.KindDirect, ChannelMembers: []string{alice.String(), gina.String()}, SenderID: "gina", Content: "hi",
	})
	dm.Agent = alice // she sees it whatever the audience
	var roster event.Roster
	var set event.Bitmap
	set.Add(roster.Add(gina))
	dm.Audience = roster.Intern(set)
	for _, tt := range []struct {
		agents        []event.Agent
		agent, gutter string
		why           line.Why
		where         string
		addressed     bool
	}{
		{[]event.Agent{alice, bob}, "alice@webapp", "a·", line.WhyAddressee, "@gina", true},
		{[]event.Agent{bob, alice}, "alice@webapp", "·a", line.WhyAddressee, "@gina", true},
		{[]event.Agent{gina, alice}, "gina@global", "ga", line.WhySender, "@alice@webapp", false},
		{[]event.Agent{bob, other}, "bob@webapp", "··", line.WhyDMParty, "@alice@webapp,gina", true},
	} {
		v := line.View{Agent: tt.agents[0], Names: names(), Several: line.NewSeveral(tt.agents, names())}
		r := v.Record(dm)
		got := []any{r.Agent, r.Gutter(), r.Why, r.Where, r.Addressed}
		want := []any{tt.agent, tt.gutter, tt.why, tt.where, tt.addressed}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%v (-want +got):\n%s", tt.agents, diff)
		}
	}
}

func TestSeveral_SeenByIsLast(t *testing.T) {
	e := together(t, samples(t))
	v := line.View{Agent: alice, Names: names()}
	if got := v.Record(e[0]).JSON(); bytes.Contains(got, []byte("seen_by")) {
		t.Errorf("with one agent: got %s, want no seen_by", got)
	}
	v.Several = line.NewSeveral([]event.Agent{bob, alice, gina}, names())
	for i, want := range []string{`["bob@webapp","alice@webapp","gina@global"]`, `["alice@webapp"]`, `["bob@webapp","gina@global"]`} {
		got := string(v.Record(e[i]).JSON())
		if !strings.HasSuffix(got, `,"seen_by":`+want+"}") || !json.Valid([]byte(got)) {
			t.Errorf("event %d: got %s, want it to end with seen_by %s", i, got, want)
		}
	}
}

func TestSeveral_Legend(t *testing.T) {
	agents := func(names ...string) (out []event.Agent) {
		for _, n := range names {
			out = append(out, event.Agent{Name: n})
		}
		return out
	}
	for _, tt := range []struct {
		agents []event.Agent
		want   string
	}{
		{[]event.Agent{alice, other, bob}, "a alice@webapp, l alice@api, b bob@webapp"},
		{agents("Anna", "anna", "ana", "nan"), "a Anna@global, n anna@global, b ana@global, c nan@global"},
		{agents("9to5", "-x-", "日本", "\x1b[31m"), "9 9to5@global, x -x-@global, a 日本@global, 3 \\x1b[31m@global"},
		{agents("only"), ""},
	} {
		if got := line.NewSeveral(tt.agents, names()).Legend(); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

func TestSeveral_LettersAreEachOnesOwn(t *testing.T) {
	var agents []event.Agent
	for range line.MaxSeveral {
		agents = append(agents, event.Agent{Name: "aaa", Project: strings.Repeat("p", len(agents))})
	}
	legend := line.NewSeveral(agents, names()).Legend()
	seen := make(map[string]bool)
	for part := range strings.SplitSeq(legend, ", ") {
		letter, _, _ := strings.Cut(part, " ")
		if seen[letter] {
			t.Errorf("got %q twice in %q", letter, legend)
		}
		seen[letter] = true
	}
}

// Watched together, agents of different projects are called so that nobody is
// taken for another.
func TestSeveral_NamesAreUnambiguous(t *testing.T) {
	m := &maker{t: t}
	project := other.Project
	e := m.add(event.MessageNew, "message", "1", "p:dev", event.Message{ID: 1, ChannelName: "dev", SenderID: other.Name, SenderProjectID: &project, Content: "x"})
	for _, tt := range []struct {
		with event.Agent
		want string
	}{{other, "alice@api"}, {bob, "alice@api"}, {event.Agent{Name: "zoe", Project: other.Project}, "alice@api"}} {
		v := line.View{Agent: alice, Names: names(), Several: line.NewSeveral([]event.Agent{tt.with, alice}, names())}
		if got := v.Record(e).Who; got != tt.want {
			t.Errorf("with %v: got %q, want %q", tt.with, got, tt.want)
		}
	}
}
