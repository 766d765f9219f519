package event_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cslack-stream/internal/engine/event"
)

func FuzzParseCursor(f *testing.F) {
	for _, s := range []string{"", "9f2c51aa-1042", "a-0", "-1", "a--1", "a-01", "a-9223372036854775808", "a\n-1", strings.Repeat("a", 65) + "-1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := event.ParseCursor(s)
		if err != nil {
			if len(err.Error()) > 300 || strings.ContainsAny(err.Error(), "\n\r\x1b") {
				t.Errorf("error is not one short clean line: %q", err)
			}
			return
		}
		if c.String() != s || c.Offset < 0 {
			t.Errorf("got %+v, which is %q, from %q", c, c, s)
		}
	})
}

func FuzzParseAgent(f *testing.F) {
	for _, s := range []string{"alice:p", "gina:", "a:b:c", ":p", "x", "é \x00:p"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := event.ParseAgent(s)
		if err == nil && (a.String() != s || a.Name == "" || strings.Contains(a.Project, ":")) {
			t.Errorf("got %+v from %q", a, s)
		}
	})
}

func TestEvent_RoundTrip(t *testing.T) {
	e := &event.Event{
		Cursor: event.Cursor{Epoch: "ab", Offset: 7}, Type: event.DMReceived, EntityType: "message", EntityID: "3",
		Agent: event.Agent{Name: "a:b"}, Channel: "dm:x", Project: "p", Backfilled: true,
		Payload: []byte("{\"content\":\"two\\nlines \\u2028 <b>\", \"x\" :\n1}"), CreatedAt: time.UnixMilli(1700000000123).UTC(),
	}
	if err := e.Encode(); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(string(e.Wire), "\n\r") {
		t.Errorf("wire form has more than one line: %s", e.Wire)
	}
	got, err := event.Decode(e.Wire)
	if err != nil {
		t.Fatal(err)
	}
	again := *got
	if err := again.Encode(); err != nil || string(again.Wire) != string(e.Wire) {
		t.Errorf("got %s, %v, want %s", again.Wire, err, e.Wire)
	}
	if got.Agent != e.Agent || !got.CreatedAt.Equal(e.CreatedAt) || got.Cursor != e.Cursor || !got.Backfilled {
		t.Errorf("got %+v, want %+v", got, e)
	}
	e.Payload = []byte("{broken")
	if err := e.Encode(); err == nil {
		t.Error("got no error for a payload that is not JSON")
	}
}

func TestFilter_Narrows(t *testing.T) {
	e := &event.Event{Type: event.MessageNew, Channel: "c"}
	for _, tt := range []struct {
		f    event.Filter
		want bool
	}{
		{event.Filter{}, true},
		{event.Filter{Types: []string{"message.*"}}, true},
		{event.Filter{Types: []string{"message"}}, false},
		{event.Filter{Types: []string{"dm.*", "message.new"}}, true},
		{event.Filter{Channels: []string{"c"}}, true},
		{event.Filter{Channels: []string{"C"}}, false},
		{event.Filter{Types: []string{"message.*"}, Channels: []string{"other"}}, false},
	} {
		if got := tt.f.Match(e); got != tt.want {
			t.Errorf("%+v: got %v, want %v", tt.f, got, tt.want)
		}
	}
}

func TestCheckTypePattern_Names(t *testing.T) {
	for pattern, ok := range map[string]bool{
		"message.new": true, "message.*": true, "*": true, "channel.member.*": true,
		"message": false, "mess*": false, "message.nwe": false, "": false, "stream.gap": false, "x.*": false,
	} {
		if err := event.CheckTypePattern(pattern); (err == nil) != ok {
			t.Errorf("%q: got %v", pattern, err)
		}
	}
}

func TestRoster_InternsOneAudienceOfASet(t *testing.T) {
	var r event.Roster
	var a, b event.Bitmap
	for i := range 200 {
		n := r.Add(event.Agent{Name: strings.Repeat("x", i+1)})
		if i%3 == 0 {
			a.Add(n)
		}
	}
	for n := range 200 {
		if n%3 == 0 {
			b.Add(n)
		}
	}
	b = append(b, 0, 0) // zeros at the end are no difference
	one, two := r.Intern(a), r.Intern(b)
	if one != two {
		t.Error("got two audiences of one set")
	}
	a.Add(1)
	if one.Has(1) || r.Intern(a) == one {
		t.Error("an audience changed with the set that it was made of")
	}
	if got := len(one.Agents()); got != 67 {
		t.Errorf("got %d agents, want 67", got)
	}
	if got := event.ParseBitmap(one.Set().Bytes()); !slices.Equal(got, one.Set()) {
		t.Errorf("got %v, want %v", got, one.Set())
	}
	if !one.Includes(event.Agent{Name: "x"}) || one.Includes(event.Agent{Name: "nobody"}) || (*event.Audience)(nil).Includes(event.Agent{Name: "x"}) {
		t.Error("Includes is wrong")
	}
}

func TestRoster_RestoresWhatWasStored(t *testing.T) {
	var r event.Roster
	r.Add(event.Agent{Name: "a"})
	a, err := r.Restore(41, []byte{1})
	if err != nil || a.ID != 41 || !a.Has(0) {
		t.Fatalf("got %+v, %v", a, err)
	}
	var set event.Bitmap
	set.Add(0)
	if got := r.Intern(set); got != a {
		t.Errorf("got %+v, want the restored one", got)
	}
	if got := r.Intern(nil); got.ID != 42 {
		t.Errorf("got id %d, want 42: ids are not given twice", got.ID)
	}
	if _, err := r.Restore(43, []byte{2}); err == nil {
		t.Error("got no error for a number that nobody has")
	}
	r.Reserve(100)
	r.Add(event.Agent{Name: "b"})
	set.Add(1)
	if got := r.Intern(set); got.ID != 101 {
		t.Errorf("got id %d, want 101", got.ID)
	}
	if diff := cmp.Diff([]event.Agent{{Name: "a"}, {Name: "b"}}, r.Agents()); diff != "" {
		t.Error(diff)
	}
}
