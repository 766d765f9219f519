package query_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/tui/line"
	"cslack-stream/internal/tui/query"
)

var (
	now   = time.Date(2024, 11, 23, 14, 30, 0, 0, time.UTC)
	alice = event.Agent{Name: "alice", Project: "p-web"}
	view  = line.View{Agent: alice, Names: line.NewNames([]event.AgentInfo{
		info("alice", "p-web", "webapp"), info("bob", "p-web", "webapp"), info("alice", "p-api", "api"), info("dave", "p-api", "api"),
	})}
)

func info(name, id, project string) event.AgentInfo {
	return event.AgentInfo{Name: name, ProjectID: &id, ProjectName: &project}
}

// sent is a message.new; change adjusts it.
func sent(from, project, channel, content string, change ...func(*event.Event, *event.Message)) *line.Record {
	m := event.Message{
		ID: 977, ChannelID: channel, ChannelName: "dev", ChannelKind: event.KindChannel, SenderID: from, SenderProjectID: &project, Content: content,
	}
	e := &event.Event{
		Cursor: event.Cursor{Epoch: "e1", Offset: 7}, Type: event.MessageNew, EntityType: "message", EntityID: "977",
		Channel: channel, CreatedAt: now.Add(-5 * time.Minute),
	}
	if strings.HasPrefix(channel, "dm:") {
		m.ChannelKind, m.ChannelMembers = event.KindDirect, []string{"alice:p-web", "bob:p-web"}
	}
	for _, c := range change {
		c(e, &m)
	}
	e.Payload, _ = json.Marshal(m)
	return view.Record(e)
}

func joined(name string) *line.Record {
	m := event.Member{ChannelID: "p:dev", ChannelName: "dev", AgentName: name}
	e := &event.Event{Type: event.MemberJoined, EntityType: "member", Channel: "p:dev", CreatedAt: now}
	e.Payload, _ = json.Marshal(m)
	return view.Record(e)
}

func TestQuery_Matches(t *testing.T) {
	review := sent("bob", "p-web", "p:dev", "@alice please Review src/worker.py:45-80, see http://x/y", func(e *event.Event, m *event.Message) {
		thread := "4831"
		m.ThreadID, m.Confidence = &thread, json.RawMessage(`0.9`)
		m.Metadata = json.RawMessage(`{"priority":"high","refs":["a.py","b.py"],"n":{"deep":3},"ok":true}`)
	})
	direct := sent("bob", "p-web", "dm:x", "ping")
	mine := sent("alice", "p-web", "p:dev", "done, @bob")
	edited := sent("bob", "p-web", "p:dev", "new text", func(e *event.Event, m *event.Message) { e.Type, m.IsEdited = event.MessageEdited, true })
	note := sent("alice", "p-web", "notes:alice:p-web", "keep WAL", func(e *event.Event, m *event.Message) { e.Type, m.ChannelKind = event.NoteCreated, event.KindNotes })
	erin := joined("erin")
	waiting := sent("bob", "p-web", "p:dev", "x")
	waiting.Waiting = true

	tests := []struct {
		query string
		r     *line.Record
		want  bool
	}{
		{"", review, true},
		{"   ", review, true},
		{"review", review, true},
		{"Review", review, true},
		{"REVIEW", review, false},
		{"please review", review, true},
		{"please nothing", review, false},
		{`"review src"`, review, true},
		{`"src review"`, review, false},
		{`"a \"quoted\" thing"`, review, false},
		{"bob", review, true},
		{"#dev", review, true},
		{"worker.py:45", review, true},
		{"http://x", review, true},
		{"std::string", review, false},
		{"-review", review, false},
		{"-nothing", review, true},
		{"-", review, true},
		{`/rev.ew/`, review, true},
		{`/REV/`, review, false},
		{`/src\/worker/`, review, true},
		{`/work \D/`, review, false},
		{`/please \S/`, review, true},
		{`-/\d{2}-\d{2}/`, review, false},
		{"from:bob", review, true},
		{"from:BOB,carol", review, true},
		{"from:@bob@webapp", review, true},
		{"from:bob@api", review, false},
		{"from:bob:p-web", review, true},
		{"from:carol", review, false},
		{"-from:bob", review, false},
		{"from:erin", erin, true},
		{"in:#dev", review, true},
		{"in:dev,ops", review, true},
		{"in:p:dev", review, true},
		{"in:#devs", review, false},
		{"in:@bob", direct, true},
		{"in:@carol", direct, false},
		{"in:~notes", note, true},
		{"to:@alice", review, true},
		{"to:alice@webapp", review, true},
		{"to:alice@api", review, true}, // a bare mention means anybody of that name
		{"to:bob", review, false},
		{"to:alice", direct, true},
		{"to:bob", direct, false},
		{"to:bob", mine, true},
		{"to:alice", erin, false},
		{"type:message.new", review, true},
		{"type:message.*", edited, true},
		{"type:dm.*,note.*", review, false},
		{"-type:channel.member.joined", erin, false},
		{"is:dm", direct, true},
		{"is:dm", review, false},
		{"is:mention", review, true},
		{"is:mention", mine, false},
		{"is:sent", mine, true},
		{"is:sent", review, false},
		{"is:note", note, true},
		{"is:edited", edited, true},
		{"is:edited", review, false},
		{"is:deleted", edited, false},
		{"is:system", erin, true},
		{"is:system", review, false},
		{"is:waiting", waiting, true},
		{"is:waiting", review, false},
		{"IS:DM,sent", direct, true},
		{"thread:4831", review, true},
		{"thread:#977", review, true},
		{"thread:1", review, false},
		{"meta.priority:high", review, true},
		{"meta.priority:HIGH,low", review, true},
		{"meta.priority:low", review, false},
		{"meta.refs:b.py", review, true},
		{"meta.refs:*", review, true},
		{"meta.refs.1:b.py", review, true},
		{"meta.refs.7:b.py", review, false},
		{"meta.n.deep:3", review, true},
		{"meta.n.deep:>2", review, true},
		{"meta.n.deep:>3", review, false},
		{"meta.ok:true", review, true},
		{"meta.nope:*", review, false},
		{"meta.nope:*", direct, false},
		{"conf:>0.8", review, true},
		{"conf:>=0.9", review, true},
		{"conf:0.9", review, true},
		{"conf:<0.9", review, false},
		{"conf:>0.1", direct, false},
		{"since:10m", review, true},
		{"since:1m", review, false},
		{"before:14:26", review, true},
		{"before:14:00", review, false},
		{`since:"2024-11-23 14:00"`, review, true},
		{"from:bob in:#dev type:message.* -is:edited review", review, true},
	}
	for _, tt := range tests {
		q, err := query.Parse(tt.query, query.Options{Now: now, Location: time.UTC})
		if err != nil {
			t.Errorf("%s: got %v", tt.query, err)
			continue
		}
		if got := q.Match(tt.r); got != tt.want {
			t.Errorf("%s on %q: got %v, want %v", tt.query, tt.r.Line(), got, tt.want)
		}
	}
}

func TestParse_SaysWhatIsWrongAndWhere(t *testing.T) {
	tests := []struct {
		query    string
		position int
		message  string
	}{
		{"frm:bob", 1, "unknown field frm, did you mean from?"},
		{"日本 -frm:bob", 5, "unknown field frm, did you mean from?"},
		{"xyzzy:1", 1, "unknown field xyzzy, want one of before conf from"},
		{"meta:high", 1, "unknown field meta, did you mean meta.KEY?"},
		{"meta.:high", 1, "unknown field meta."},
		{"meta.a..b:x", 1, "empty key"},
		{`a "b`, 3, `missing the closing "`},
		{"/api/login", 1, `missing the closing / of the regular expression; to look for the text, quote it: "/api/login"`},
		{"x /(/", 3, "bad regular expression"},
		{"from:", 6, "from: needs a value, as in from:bob"},
		{"from:a,", 8, "from: needs a value"},
		{`from:"a"b`, 9, "missing a space"},
		{"is:dn", 4, "unknown state is:dn, did you mean is:dm?"},
		{"is:purple", 4, "want one of deleted dm"},
		{"type:mesage.new", 6, "unknown event type mesage.new, did you mean message.new"},
		{"conf:high", 6, "conf: wants a number"},
		{"conf:nan", 6, "conf: wants a number"},
		{"since:banana", 7, `unknown time "banana": want how long ago`},
		{"before:+5m", 8, "in the future"},
		{"since:1h,2h", 10, "since: takes one time"},
	}
	for _, tt := range tests {
		_, err := query.Parse(tt.query, query.Options{Now: now, Location: time.UTC})
		var got *query.SyntaxError
		if !errors.As(err, &got) {
			t.Errorf("%s: got %v, want a syntax error", tt.query, err)
			continue
		}
		if got.Position != tt.position || !strings.Contains(got.Message, tt.message) {
			t.Errorf("%s: got %q at %d, want %q at %d", tt.query, got.Message, got.Position, tt.message, tt.position)
		}
	}
}

func TestQuery_NeedsWaitingOnlyIfItAsks(t *testing.T) {
	for s, want := range map[string]bool{"is:waiting": true, "-is:dm,Waiting": true, "waiting": false, "": false} {
		q, err := query.Parse(s, query.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := q.NeedsWaiting(); got != want {
			t.Errorf("%q: got %v, want %v", s, got, want)
		}
	}
}

func TestQuery_OperatorSeesAnyMention(t *testing.T) {
	r := sent("bob", "p-web", "p:dev", "cc @carol")
	r = line.View{Names: view.Names}.Record(r.Event)
	q, err := query.Parse("is:mention", query.Options{})
	if err != nil || !q.Match(r) {
		t.Errorf("got no match and %v, want a match", err)
	}
}

func TestQuery_EvilRegexpDoesNotHang(t *testing.T) {
	q, err := query.Parse(`/(a*)*(a|aa)+$/`, query.Options{})
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	q.Match(sent("bob", "p-web", "p:dev", strings.Repeat("a", 50_000)+"b"))
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("got %v for 50,000 characters, want well below 5s", d)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"from:bob,carol in:#dev", `"a phrase" -/re\/x/ word`, "meta.a.b:>3 conf:<=1", `since:"2024-11-23 14:00" before:14:30`,
		"is:dm,sent thread:#1", "type:message.* to:@bob", "frm:x", "-", `"`, "/", "meta.:x", "日本:x",
	} {
		f.Add(s, "some text @alice\n日本")
	}
	f.Fuzz(func(t *testing.T, s, content string) {
		q, err := query.Parse(s, query.Options{Now: now, Location: time.UTC})
		if err != nil {
			var e *query.SyntaxError
			if !errors.As(err, &e) {
				t.Fatalf("Parse(%q): got %T, want *query.SyntaxError", s, err)
			}
			if e.Position < 1 || e.Position > len([]rune(s))+1 {
				t.Fatalf("Parse(%q): got position %d", s, e.Position)
			}
			if strings.ContainsAny(e.Message, "\n\x1b\u202e") {
				t.Fatalf("Parse(%q): got %q, want one safe line", s, e.Message)
			}
			return
		}
		if again, err := query.Parse(q.String(), query.Options{Now: now, Location: time.UTC}); err != nil || again.NeedsWaiting() != q.NeedsWaiting() {
			t.Fatalf("Parse(%q) of its own String: %v", s, err)
		}
		for _, r := range []*line.Record{sent("bob", "p-web", "p:dev", content), sent("bob", "p", "dm:x", content), joined("erin")} {
			q.Match(r)
		}
	})
}
