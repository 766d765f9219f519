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
		if err != io.EOF || len(events) > 0 {
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
	if _, err := st.Next(ctx); err != io.EOF {
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

func testWakes(t *testing.T, s *suite) {
	st := s.subscribe(event.Request{Agent: Alice, Follow: true})
	for i := range int64(3) {
		ctx, cancel := brief()
		events, err := st.Next(ctx)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("Next with nothing to read: got %d events and %v, want DeadlineExceeded", len(events), err)
		}
		var wg sync.WaitGroup
		var want []*event.Event
		wg.Go(func() { want = s.append([]event.Agent{Alice}, messages(i+1, 1)...) })
		got := ReadN(t, st, 1)
		wg.Wait()
		s.same("after waking", got, want)
	}
}

func testContext(t *testing.T, s *suite) {
	st := s.subscribe(event.Request{Agent: Alice, Follow: true})
	want := s.append([]event.Agent{Alice}, messages(1, 5)...)
	done, cancel := context.WithCancel(context.Background())
	cancel()
	var got []*event.Event
	for range 3 {
		events, err := st.Next(done)
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Fatalf("Next with a context that is done: got %v, want Canceled", err)
		}
		got = append(got, events...)
	}
	if missing := len(want) - len(got); missing > 0 {
		got = append(got, ReadN(t, st, missing)...)
	}
	s.same("after a context ended", got, want)
}

func testSubscribeContext(t *testing.T, s *suite) {
	ctx, cancel := context.WithCancel(context.Background())
	st, err := s.Source.Subscribe(ctx, event.Request{Agent: Alice, Follow: true})
	if err != nil {
		t.Fatalf("Subscribe: %v", err)
	}
	defer st.Close()
	cancel()
	want := s.append([]event.Agent{Alice}, messages(1, 3)...)
	s.same("after the context of Subscribe ended", ReadN(t, st, 3), want)
}

func testCursorMoves(t *testing.T, s *suite) {
	s.append([]event.Agent{Alice}, messages(1, 1)...)
	st := s.subscribe(event.Request{Agent: Alice, Follow: true})
	ReadN(t, st, 1)
	hidden := s.append([]event.Agent{Bob}, messages(2, 5)...)
	last := hidden[4].Cursor
	deadline := time.Now().Add(patience)
	for st.Cursor() != last {
		ctx, cancel := brief()
		events, err := st.Next(ctx)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("Next: got %d events and %v, want DeadlineExceeded", len(events), err)
		}
		if time.Now().After(deadline) {
			t.Fatalf("got cursor %v behind hidden events, want %v", st.Cursor(), last)
		}
	}
	want := s.append([]event.Agent{Alice}, messages(7, 1)...)
	s.same("from the moved cursor", s.all(event.Request{Agent: Alice, After: last}), want)
}

// Whatever a source fetches ahead, its cursor must not pass what Next has not
// returned: a reader that stops now and resumes there would lose it.
func testCursorStays(t *testing.T, s *suite) {
	all := s.append([]event.Agent{Alice}, messages(1, 700)...)
	st := s.subscribe(event.Request{Agent: Alice, Follow: true})
	first := all[0].Cursor.Offset
	read := 0
	for read < len(all) {
		if at := st.Cursor(); read == 0 && at.Offset >= first || read > 0 && at != all[read-1].Cursor {
			t.Fatalf("after %d events: got cursor %v, want one that resumes with the next event", read, at)
		}
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		events, err := st.Next(ctx)
		cancel()
		if err != nil {
			t.Fatalf("Next: %v", err)
		}
		read += len(events)
	}
}

func testLive(t *testing.T, s *suite) {
	s.append([]event.Agent{Alice}, messages(1, 600)...)
	st := s.subscribe(event.Request{Agent: Alice, Follow: true})
	if st.Live() {
		t.Error("got live before anything was read, want not live")
	}
	ReadN(t, st, 600)
	deadline := time.Now().Add(patience)
	for !st.Live() && time.Now().Before(deadline) {
		ctx, cancel := brief()
		_, _ = st.Next(ctx)
		cancel()
	}
	if !st.Live() {
		t.Error("got not live after everything was read, want live")
	}
	s.append([]event.Agent{Alice}, messages(601, 1)...)
	if !st.Live() {
		t.Error("got not live with a new event, want live: a stream stays live")
	}
}

func testClose(t *testing.T, s *suite) {
	s.append([]event.Agent{Alice}, messages(1, 3)...)
	st := s.subscribe(event.Request{Agent: Alice, Follow: true})
	for i := range 2 {
		if err := st.Close(); err != nil {
			t.Errorf("Close number %d: %v", i+1, err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if _, err := st.Next(ctx); !errors.Is(err, event.ErrClosed) {
		t.Errorf("Next after Close: got %v, want ErrClosed", err)
	}
}
