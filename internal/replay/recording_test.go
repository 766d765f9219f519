package replay_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/eventtest"
	"cslack-stream/internal/replay"
)

// growing is a source that records everything and opens what is recorded so
// far for every stream.
type growing struct {
	dir    string
	live   *eventtest.Source
	events []*event.Event
	files  int
}

func (g *growing) Subscribe(ctx context.Context, req event.Request) (event.Stream, error) {
	var b bytes.Buffer
	w := replay.NewWriter(&b, replay.HeaderOf(event.Request{Operator: true, After: event.Cursor{Epoch: "test1"}}, nil, eventtest.Day))
	err := errors.Join(w.Events(g.events), w.Finish(g.live.Latest()))
	g.files++
	path := filepath.Join(g.dir, fmt.Sprint(g.files))
	if err = errors.Join(err, os.WriteFile(path, b.Bytes(), 0o600)); err != nil {
		return nil, err
	}
	r, err := replay.Open(path)
	if err != nil {
		return nil, err
	}
	return r.Subscribe(ctx, req)
}

func (g *growing) Snapshot(ctx context.Context, a event.Agent) (event.Snapshot, error) {
	return g.live.Snapshot(ctx, a)
}

func TestRecording_SourceConformance(t *testing.T) {
	eventtest.TestSource(t, func(t *testing.T) eventtest.Harness {
		g := &growing{dir: t.TempDir(), live: eventtest.NewSource()}
		return eventtest.Harness{
			Source: g, NoSnapshots: true, Ends: true,
			Append: func(_ testing.TB, e event.Event, to ...event.Agent) *event.Event {
				out := g.live.Append(e, to...)
				g.events = append(g.events, out)
				return out
			},
		}
	})
}

// record writes a recording of alice's view, or of everything.
func record(t *testing.T, req event.Request, events ...*event.Event) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "it.ndjson")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := replay.NewWriter(f, replay.HeaderOf(req, []event.AgentInfo{eventtest.Info(eventtest.Alice)}, eventtest.Day))
	if err := errors.Join(w.Events(events), w.Finish(event.Cursor{})); err != nil {
		t.Fatal(err)
	}
	return path
}

// three are events that alice sees; the second is bob's too.
func three() []*event.Event {
	s := eventtest.NewSource()
	return []*event.Event{
		s.Append(eventtest.Message(1, "g:dev", eventtest.Bob, `a ,"audience":["x:y"]}`), eventtest.Alice),
		s.Append(eventtest.Message(2, "g:dev", eventtest.Alice, "b"), eventtest.Alice, eventtest.Bob),
		s.Append(eventtest.Message(3, "g:dev", eventtest.Bob, "c"), eventtest.Alice),
	}
}

// read reads a stream to its end and returns what ended it, and the offsets,
// with a "gap" where there is one.
func read(t *testing.T, path string, req event.Request) (string, error) {
	t.Helper()
	r, err := replay.Open(path)
	if err != nil {
		return "", err
	}
	var got []string
	for {
		s, err := r.Subscribe(t.Context(), req)
		for err == nil {
			var events []*event.Event
			events, err = s.Next(t.Context())
			for _, e := range events {
				got = append(got, e.Cursor.String())
			}
		}
		if s != nil {
			s.Close()
		}
		var gap *event.GapError
		if !errors.As(err, &gap) {
			return strings.Join(got, " "), err
		}
		got = append(got, "gap:"+string(gap.Reason))
		req.After = gap.Oldest
	}
}

func TestRecording_WhoMayRead(t *testing.T) {
	alice, bob, all := event.Request{Agent: eventtest.Alice}, event.Request{Agent: eventtest.Bob}, event.Request{Operator: true}
	both := event.Request{Agent: eventtest.Alice, Also: []event.Agent{eventtest.Bob}}
	tests := []struct {
		recorded, asked event.Request
		want            string
		forbidden       bool
	}{
		{all, all, "test1-1 test1-2 test1-3", false},
		{all, alice, "test1-1 test1-2 test1-3", false},
		{all, bob, "test1-2", false},
		{all, both, "test1-1 test1-2 test1-3", false},
		{alice, alice, "test1-1 test1-2 test1-3", false},
		{alice, bob, "", true},
		{alice, both, "", true},
		{alice, all, "", true},
		{both, both, "test1-1 test1-2 test1-3", false},
		{both, bob, "test1-2", false},
		{both, all, "", true},
		{all, event.Request{}, "", true},
	}
	for _, tt := range tests {
		got, err := read(t, record(t, tt.recorded, three()...), tt.asked)
		if errors.Is(err, event.ErrForbidden) != tt.forbidden || got != tt.want {
			t.Errorf("recorded %+v, asked %+v: got %q and %v, want %q", tt.recorded, tt.asked, got, err, tt.want)
		}
	}
}

// TestRecording_TellsNobodyElse: an agent's recording does not say who else
// saw what.
func TestRecording_TellsNobodyElse(t *testing.T) {
	data, err := os.ReadFile(record(t, event.Request{Agent: eventtest.Alice}, three()[1]))
	if err != nil || bytes.Contains(data, []byte(`"audience"`)) {
		t.Errorf("got %s and %v, want no audience", data, err)
	}
}

func TestRecording_WithoutAudiencesIsForEverybodyOnly(t *testing.T) {
	e := *three()[0]
	e.Audience = nil
	path := record(t, event.Request{Operator: true}, &e)
	if got, err := read(t, path, event.Request{Operator: true}); got != "test1-1" || !errors.Is(err, io.EOF) {
		t.Errorf("the operator: got %q and %v, want the event and EOF", got, err)
	}
	if got, err := read(t, path, event.Request{Agent: eventtest.Alice}); got != "" || err == nil || !strings.Contains(err.Error(), ":2: ") {
		t.Errorf("alice: got %q and %v, want an error that names line 2", got, err)
	}
}

// TestRecording_GapsAndEpochs: gaps are said where they were said, and are
// passed as a live reader passes them.
func TestRecording_GapsAndEpochs(t *testing.T) {
	var b bytes.Buffer
	s := eventtest.NewSource()
	w := replay.NewWriter(&b, replay.HeaderOf(event.Request{Operator: true}, nil, eventtest.Day))
	add := func(text string) *event.Event {
		e := s.Append(eventtest.Message(1, "g:dev", eventtest.Bob, text), eventtest.Alice)
		if err := w.Events([]*event.Event{e}); err != nil {
			t.Fatal(err)
		}
		return e
	}
	gap := func(reason event.GapReason, requested, oldest event.Cursor) {
		if err := w.Gap(&event.GapError{Reason: reason, Requested: requested, Oldest: oldest, Count: 3}); err != nil {
			t.Fatal(err)
		}
	}
	one := add("one").Cursor
	s.Skip(10)
	gap(event.GapTrimmed, one, s.Latest())
	two := add("two").Cursor
	s.NewEpoch()
	gap(event.GapEpoch, two, s.Latest())
	three := add("three").Cursor
	s.Skip(5)
	if err := w.Finish(s.Latest()); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "it")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	for after, want := range map[event.Cursor]string{
		{}:                          "test1-1 gap:trimmed test1-12 gap:epoch test2-1",
		one:                         "gap:trimmed test1-12 gap:epoch test2-1",
		{Epoch: "test1", Offset: 5}: "gap:trimmed test1-12 gap:epoch test2-1",
		two:                         "gap:epoch test2-1",
		{Epoch: "test2"}:            "test2-1",
		three:                       "",
		s.Latest():                  "",
		{Epoch: "test2", Offset: 9}: "gap:future test1-1 gap:trimmed test1-12 gap:epoch test2-1",
		{Epoch: "nosuch"}:           "gap:epoch test1-1 gap:trimmed test1-12 gap:epoch test2-1",
	} {
		got, err := read(t, path, event.Request{Operator: true, After: after})
		if got != want || !errors.Is(err, io.EOF) {
			t.Errorf("after %q: got %q and %v, want %q", after, got, err, want)
		}
	}
}

// TestRecording_WrongLines: everything before a wrong line is given, then the
// line is named.
func TestRecording_WrongLines(t *testing.T) {
	data, err := os.ReadFile(record(t, event.Request{Operator: true}, three()...))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(strings.TrimSuffix(string(data), "\n"), "\n")
	head, one, two, last := lines[0], lines[1], lines[2], lines[4]
	tests := []struct {
		name, text, got, err string
		cutOff               bool
	}{
		{"whole", string(data), "test1-1 test1-2 test1-3", "EOF", false},
		{"empty", "", "", "it:1: not a recording", false},
		{"half a header", head[:20], "", "it:1: not a recording", false},
		{"foreign JSON", `{"a":1}` + "\n", "", "it:1: not a recording", false},
		{"foreign bytes", "\x00\xff\n", "", "it:1: not a recording", false},
		{"other version", strings.Replace(head, `"version":1`, `"version":2`, 1), "", "it:1: the recording has version 2, this build knows 1", false},
		{"no end", head + one + two, "test1-1 test1-2", "it:4: the recording ends here", true},
		{"half a line", head + one + two[:50], "test1-1", "it:3: the recording ends here", true},
		{"only the header", head, "", "it:2: the recording ends here", true},
		{"no line feed behind the end", strings.TrimSuffix(string(data), "\n"), "test1-1 test1-2 test1-3", "it:5: the recording ends here", true},
		{"not JSON", head + one + "{bad}\n" + two, "test1-1", "it:3: not an event", false},
		{"no object", head + "[]\n", "", "it:2: not an event", false},
		{"no cursor", head + `{"type":"message.new"}` + "\n", "", "it:2: not an event", false},
		{"repeated", head + one + one, "test1-1", "it:3: event test1-1 is not behind test1-1", false},
		{"moved", head + two + one, "test1-2", "it:3: event test1-1 is not behind test1-2", false},
		{"removed", head + one + last + "\n", "test1-1", "it:3: the recording had 3 events and has 1", false},
		{"joined", string(data) + head, "test1-1 test1-2 test1-3", "it:5: something follows", false},
		{"bad audience", head + strings.Replace(two, `"audience":["alice:p1"`, `"audience":["alice"`, 1), "", "it:2: read audience", false},
		{"too long", head + `{"type":"` + strings.Repeat("x", 17<<20) + `"}` + "\n", "", "it:2: the line is longer", false},
	}
	for _, tt := range tests {
		path := filepath.Join(t.TempDir(), "it")
		if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := read(t, path, event.Request{Operator: true})
		if got != tt.got || err == nil || !strings.Contains(err.Error(), tt.err) || errors.Is(err, replay.ErrCutOff) != tt.cutOff {
			t.Errorf("%s: got %q and %v, want %q and %s", tt.name, got, err, tt.got, tt.err)
		}
	}
}

// A recording cut at any byte gives the events that are whole, or says that it
// is none.
func TestRecording_CutAnywhere(t *testing.T) {
	data, err := os.ReadFile(record(t, event.Request{Operator: true}, three()...))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "it")
	for n := range len(data) - 1 {
		if err := os.WriteFile(path, data[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		want := max(0, min(3, bytes.Count(data[:n], []byte("\n"))-1))
		got, err := read(t, path, event.Request{Operator: true})
		if len(strings.Fields(got)) != want || !errors.Is(err, replay.ErrCutOff) && !errors.Is(err, replay.ErrForeign) {
			t.Fatalf("cut at %d: got %q and %v, want %d events", n, got, err, want)
		}
	}
}

func TestRecording_NextKeepsToItsContext(t *testing.T) {
	r, err := replay.Open(record(t, event.Request{Operator: true}, three()...))
	if err != nil {
		t.Fatal(err)
	}
	s, err := r.Subscribe(t.Context(), event.Request{Operator: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	done, cancel := context.WithCancel(t.Context())
	cancel()
	if events, err := s.Next(done); !errors.Is(err, context.Canceled) || len(events) > 0 {
		t.Errorf("got %d events and %v, want Canceled", len(events), err)
	}
	if got := eventtest.ReadAll(t, s); len(got) != 3 {
		t.Errorf("got %d events afterwards, want 3", len(got))
	}
}

func TestRecording_KnowsChannelsAndAgents(t *testing.T) {
	r, err := replay.Open(record(t, event.Request{Agent: eventtest.Alice}, three()...))
	if err != nil {
		t.Fatal(err)
	}
	channels, err := r.Channels(t.Context(), event.Agent{})
	if err != nil || len(channels) != 1 || channels[0].ID != "g:dev" || channels[0].Name != "g:dev" {
		t.Errorf("got channels %+v and %v, want g:dev", channels, err)
	}
	agents, err := r.Agents(t.Context())
	if diff := cmp.Diff([]event.AgentInfo{eventtest.Info(eventtest.Alice)}, agents); diff != "" || err != nil {
		t.Errorf("agents (-want +got), %v:\n%s", err, diff)
	}
}

// FuzzRecording: whatever a file holds, reading it ends, and never panics.
func FuzzRecording(f *testing.F) {
	f.Add([]byte(`{"type":"recording","version":1,"epoch":"e","view":[],"range":{}}` + "\n" +
		`{"type":"message.new","id":"e-1","timestamp":"2026-01-02T15:04:05.123Z","data":{},"audience":["a:b"]}` + "\n" +
		`{"type":"stream.gap","data":{"reason":"epoch","requested":"e-1","oldest":"f-0","count":null}}` + "\n" +
		`{"type":"recording.end","data":{"cursor":"f-0","events":1}}` + "\n"))
	path := filepath.Join(f.TempDir(), "it")
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := replay.Open(path)
		if err != nil {
			return
		}
		for _, req := range []event.Request{{Operator: true}, {Agent: eventtest.Alice}, {Operator: true, After: event.Cursor{Epoch: "e", Offset: 1}}} {
			s, err := r.Subscribe(t.Context(), req)
			for err == nil {
				_, err = s.Next(t.Context())
			}
			if s != nil {
				s.Close()
			}
		}
	})
}
