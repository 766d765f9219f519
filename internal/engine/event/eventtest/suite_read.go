package eventtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"cslack-stream/internal/engine/event"
)

func messages(from, n int64) []event.Event {
	out := make([]event.Event, n)
	for i := range out {
		id := from + int64(i)
		out[i] = Message(id, "global:general", Bob, fmt.Sprintf("message %d", id))
	}
	return out
}

func testOrder(t *testing.T, s *suite) {
	want := s.append([]event.Agent{Alice}, messages(1, 600)...)
	got := s.all(event.Request{Agent: Alice})
	s.same("all events", got, want)
	for i := 1; i < len(got); i++ {
		if got[i].Cursor.Epoch != got[i-1].Cursor.Epoch || got[i].Cursor.Offset <= got[i-1].Cursor.Offset {
			t.Fatalf("got %v behind %v, want a greater offset of the same epoch", got[i].Cursor, got[i-1].Cursor)
		}
	}
}

// Readers that start at different moments of a busy log read all the same
// events in the same order, whether they catch up or follow.
func testOrderUnderAppend(t *testing.T, s *suite) {
	const n, readers = 300, 4
	var want []*event.Event
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { want = s.append([]event.Agent{Alice}, messages(1, n)...) })
	got := make([][]*event.Event, readers)
	var reading sync.WaitGroup
	for i := range readers {
		st := s.subscribe(event.Request{Agent: Alice, Follow: true})
		reading.Go(func() { got[i] = readErr(st, n) })
	}
	reading.Wait()
	wg.Wait()
	for i := range got {
		s.same(fmt.Sprintf("reader %d", i), got[i], want)
	}
}

// readErr is ReadN for other goroutines than the test's: it returns what it
// has at the first error.
func readErr(st event.Stream, n int) []*event.Event {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var out []*event.Event
	for len(out) < n {
		events, err := st.Next(ctx)
		if err != nil {
			return out
		}
		out = append(out, events...)
	}
	return out
}

func testContent(t *testing.T, s *suite) {
	in := []event.Event{
		Message(1, "global:general", Bob, "line\nbreak \u2028 <b>&amp;</b> \x00 🙂"),
		Status(Bob, "away"), DM(2, Bob, Alice, "hi"), ChannelCreated("p1:dev"),
	}
	in[3].Backfilled = true
	in[3].Project = "p1"
	in[1].CreatedAt = Day.Add(123 * time.Millisecond)
	appended := s.append([]event.Agent{Alice}, in...)
	got := s.all(event.Request{Agent: Alice})
	s.same("all events", got, appended)
	given := cmpopts.IgnoreFields(event.Event{}, "Cursor", "Audience", "Wire", "ExpiresAt", "Change", "Backfilled", "Payload")
	for i, e := range got {
		if diff := cmp.Diff(&in[i], e, given); diff != "" {
			t.Errorf("event %d differs (-want +got):\n%s", i, diff)
		}
		if want := appended[i].Wire; want != nil && !bytes.Equal(e.Wire, want) {
			t.Errorf("event %d: got wire %s, want %s", i, e.Wire, want)
		}
		again, err := event.Decode(e.Wire)
		if err != nil {
			t.Fatalf("event %d: decode wire: %v", i, err)
		}
		ignored := cmpopts.IgnoreFields(event.Event{}, "Audience", "Wire", "ExpiresAt", "Change", "Payload")
		if diff := cmp.Diff(again, e, ignored); diff != "" {
			t.Errorf("event %d is not its wire form (-wire +got):\n%s", i, diff)
		}
		if bytes.ContainsAny(e.Wire, "\r\n") {
			t.Errorf("event %d: wire has a line break: %q", i, e.Wire)
		}
	}
}

func testEmpty(t *testing.T, s *suite) {
	st := s.subscribe(event.Request{Agent: Alice})
	for range 2 {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		events, err := st.Next(ctx)
		cancel()
		if !errors.Is(err, io.EOF) || len(events) > 0 {
			t.Fatalf("Next of an empty log: got %d events and %v, want EOF", len(events), err)
		}
	}
}

func testNoFollow(t *testing.T, s *suite) {
	want := s.append([]event.Agent{Alice}, messages(1, 20)...)
	st := s.subscribe(event.Request{Agent: Alice})
	s.append([]event.Agent{Alice}, messages(21, 5)...)
	s.same("a stream that does not follow", ReadAll(t, st), want)
	ctx, cancel := brief()
	defer cancel()
	if _, err := st.Next(ctx); !errors.Is(err, io.EOF) {
		t.Errorf("Next behind the end: got %v, want EOF again", err)
	}
}

func testIndependent(t *testing.T, s *suite) {
	want := s.append([]event.Agent{Alice}, messages(1, 10)...)
	idle := s.subscribe(event.Request{Agent: Alice, Follow: true})
	a := s.subscribe(event.Request{Agent: Alice, Follow: true})
	s.same("a reader beside an idle one", ReadN(t, a, 10), want)
	if err := a.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	s.same("the idle reader", ReadN(t, idle, 10), want)
}

func testResume(t *testing.T, s *suite) {
	var all, visible []*event.Event
	for i, e := range messages(1, 12) {
		to := []event.Agent{Alice, Bob}
		if i%3 == 1 {
			to = []event.Agent{Bob} // hidden from alice, but a cursor all the same
		}
		got := s.append(to, e)
		all = append(all, got...)
		if len(to) == 2 {
			visible = append(visible, got...)
		}
	}
	before := event.Cursor{Epoch: all[0].Cursor.Epoch}
	s.same("after epoch-0", s.all(event.Request{Agent: Alice, After: before}), visible)
	for _, e := range all {
		want := slices.DeleteFunc(slices.Clone(visible), func(v *event.Event) bool { return v.Cursor.Offset <= e.Cursor.Offset })
		s.same("after "+e.Cursor.String(), s.all(event.Request{Agent: Alice, After: e.Cursor}), want)
	}
}

// A reader that takes its stream's Cursor after every Next and resumes there
// reads everything once.
func testResumeOwn(t *testing.T, s *suite) {
	want := s.append([]event.Agent{Alice}, messages(1, 30)...)
	var got []*event.Event
	at := event.Cursor{}
	for range 5 {
		st := s.subscribe(event.Request{Agent: Alice, After: at, Follow: true})
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		if len(got) < len(want) {
			events, err := st.Next(ctx)
			if err != nil {
				t.Fatalf("Next: %v", err)
			}
			got = append(got, events...)
		}
		cancel()
		at = st.Cursor()
		_ = st.Close()
	}
	got = append(got, s.all(event.Request{Agent: Alice, After: at})...)
	s.same("in pieces", got, want)
}

func testTime(t *testing.T, s *suite) {
	// The clock goes back at c: order is that of the log all the same, and
	// every event is tested by itself.
	minutes := []time.Duration{0, 10, 20, 5, 15, 30}
	var all []*event.Event
	for i, m := range minutes {
		e := Message(int64(i+1), "global:general", Bob, "x")
		e.CreatedAt = Day.Add(m * time.Minute)
		all = append(all, s.append([]event.Agent{Alice}, e)...)
	}
	pick := func(is ...int) (out []*event.Event) {
		for _, i := range is {
			out = append(out, all[i])
		}
		return out
	}
	at := func(m time.Duration) time.Time { return Day.Add(m * time.Minute) }
	tests := []struct {
		name string
		req  event.Request
		want []*event.Event
	}{
		{"since is inclusive", event.Request{Since: at(10)}, pick(1, 2, 4, 5)},
		{"until is exclusive", event.Request{Until: at(15)}, pick(0, 1, 3)},
		{"both", event.Request{Since: at(5), Until: at(20)}, pick(1, 3, 4)},
		{"since behind all", event.Request{Since: at(99)}, nil},
		{"after and since", event.Request{After: all[1].Cursor, Since: at(10)}, pick(2, 4, 5)},
		{"after and until", event.Request{After: all[1].Cursor, Until: at(16)}, pick(3, 4)},
	}
	for _, tt := range tests {
		tt.req.Agent = Alice
		s.same(tt.name, s.all(tt.req), tt.want)
	}
}
