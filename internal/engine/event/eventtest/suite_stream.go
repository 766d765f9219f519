package eventtest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"cslack-stream/internal/engine/event"
)

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
	defer func() { _ = st.Close() }()
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
