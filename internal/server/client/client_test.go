package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/eventtest"
	"cslack-stream/internal/server"
	"cslack-stream/internal/server/client"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 20 * time.Second

// serve runs a server until the test ends, on addr or a free port, and
// returns its address and what stops it earlier.
func serve(t *testing.T, opts server.Options, addr string) (string, func()) {
	t.Helper()
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- server.New(opts).Run(ctx, ln) }()
	stop := sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(stop)
	return ln.Addr().String(), stop
}

func dial(t *testing.T, opts client.Options) *client.Source {
	t.Helper()
	src, err := client.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = src.Close() })
	return src
}

func subscribe(t *testing.T, src event.Source, req event.Request) event.Stream {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	st, err := src.Subscribe(ctx, req)
	if err != nil {
		t.Fatalf("Subscribe: %v", err)
	}
	t.Cleanup(func() { _ = st.Close() })
	return st
}

func message(id int64) event.Event {
	return eventtest.Message(id, "global:general", eventtest.Bob, fmt.Sprintf("message %d", id))
}

// The whole contract of sources, through a real server and real sockets.
func TestSource_Conformance(t *testing.T) {
	eventtest.TestSource(t, func(t *testing.T) eventtest.Harness {
		t.Helper()
		log := eventtest.NewSource()
		addr, _ := serve(t, server.Options{Source: log, Heartbeat: 20 * time.Millisecond}, "")
		return eventtest.Harness{
			Source: dial(t, client.Options{URL: "http://" + addr}),
			Append: func(_ testing.TB, e event.Event, to ...event.Agent) *event.Event {
				return log.Append(e, to...)
			},
			Trim:       func(_ testing.TB, through event.Cursor) { log.Trim(through) },
			NewEpoch:   func(testing.TB) { log.NewEpoch() },
			ReadsAhead: true,
		}
	})
}

func TestNew_RefusesAddresses(t *testing.T) {
	for _, addr := range []string{
		"", "127.0.0.1:8787", "localhost", "ftp://localhost", "http://", "file:///tmp", "http://u:p@localhost",
		"http://localhost?agent=a", "http://localhost#x", "http://[::1", "unix:/tmp/x",
	} {
		_, err := client.New(client.Options{URL: addr})
		if err == nil || !strings.Contains(err.Error(), "http://127.0.0.1:8787") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: got %v, want one line with an example", addr, err)
		}
	}
	for _, addr := range []string{"http://localhost:1", "https://host/prefix/"} {
		if _, err := client.New(client.Options{URL: addr}); err != nil {
			t.Errorf("%q: got %v, want nil", addr, err)
		}
	}
}

type people struct{}

func (people) Agents(context.Context) ([]event.AgentInfo, error) {
	return []event.AgentInfo{eventtest.Info(eventtest.Alice), eventtest.Info(eventtest.Gina)}, nil
}

func (people) Channels(_ context.Context, a event.Agent) ([]event.Channel, error) {
	return []event.Channel{{ID: "of " + a.String()}}, nil
}

func TestSource_ListsAndHealth(t *testing.T) {
	status := server.StatusFailed
	addr, _ := serve(t, server.Options{
		Source: eventtest.NewSource(), Directory: people{},
		Health: func(context.Context) server.Health { return server.Health{Status: status, Backend: "sqlite"} },
	}, "")
	src := dial(t, client.Options{URL: "http://" + addr + "/"})
	ctx := context.Background()
	agents, err := src.Agents(ctx)
	if err != nil || len(agents) != 2 || agents[0].Key() != eventtest.Alice || agents[1].Key() != eventtest.Gina {
		t.Errorf("Agents: got %v, %v, want alice and gina", agents, err)
	}
	for _, a := range []event.Agent{eventtest.Alice, eventtest.Gina, {}} {
		channels, err := src.Channels(ctx, a)
		if err != nil || len(channels) != 1 || channels[0].ID != "of "+a.String() {
			t.Errorf("Channels of %v: got %v, %v", a, channels, err)
		}
	}
	h, err := src.Health(ctx)
	if err != nil || h.Status != status || h.Backend != "sqlite" {
		t.Errorf("Health: got %+v, %v, want failed and no error", h, err)
	}
}

func TestSource_ErrorsSayWhatToDo(t *testing.T) {
	addr, _ := serve(t, server.Options{Source: eventtest.NewSource(), Directory: people{}}, "")
	src := dial(t, client.Options{URL: "http://" + addr})
	ctx := context.Background()
	wrong := event.Agent{Name: "alcie", Project: "p1"}
	_, err1 := src.Snapshot(ctx, wrong)
	_, err2 := src.Subscribe(ctx, event.Request{Agent: wrong, Follow: true})
	_, err3 := src.Channels(ctx, wrong)
	for _, err := range []error{err1, err2, err3} {
		if !errors.Is(err, event.ErrNotFound) || !strings.Contains(err.Error(), `did you mean "alice"`) {
			t.Errorf("unknown agent: got %v, want ErrNotFound with the nearest name", err)
		}
	}
	_, err := src.Subscribe(ctx, event.Request{Agent: eventtest.Alice, Filter: event.Filter{Types: []string{"nosuch"}}})
	var status *client.StatusError
	if !errors.As(err, &status) || status.Code != "bad_request" || !strings.Contains(err.Error(), "nosuch") {
		t.Errorf("unknown type: got %v, want a StatusError that names it", err)
	}
}

func TestSource_NoServer(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().String()
	_ = ln.Close()
	src := dial(t, client.Options{URL: "http://" + addr})
	_, err1 := src.Subscribe(context.Background(), event.Request{Operator: true, Follow: true})
	_, err2 := src.Snapshot(context.Background(), event.Agent{})
	for _, err := range []error{err1, err2} {
		if !errors.Is(err, event.ErrUnavailable) || !strings.Contains(err.Error(), addr) ||
			!strings.Contains(err.Error(), "cslack-stream serve") || strings.Contains(err.Error(), "/api/") {
			t.Errorf("got %v, want ErrUnavailable with address and remedy", err)
		}
	}
}

func TestSource_ContextEndsWaiting(t *testing.T) {
	// A listener that accepts and says nothing.
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	src := dial(t, client.Options{URL: "http://" + ln.Addr().String()})
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if _, err := src.Subscribe(ctx, event.Request{Operator: true}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Subscribe: got %v, want DeadlineExceeded", err)
	}
	if _, err := src.Snapshot(ctx, event.Agent{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Snapshot: got %v, want DeadlineExceeded", err)
	}
}

// states collects what OnState is told.
type states struct {
	mu  sync.Mutex
	got []client.State
}

func (s *states) add(st client.State) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got = append(s.got, st)
}

func (s *states) phases() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for i, st := range s.got {
		// How often an attempt failed is a matter of time.
		if i == 0 || st.Phase != s.got[i-1].Phase {
			out = append(out, string(st.Phase))
		}
	}
	return strings.Join(out, " ")
}

func TestStream_SurvivesRestartOfTheServer(t *testing.T) {
	t.Parallel() // it waits for the server's retry
	log := eventtest.NewSource()
	addr, stop := serve(t, server.Options{Source: log}, "")
	var seen states
	src := dial(t, client.Options{URL: "http://" + addr, OnState: seen.add})
	st := subscribe(t, src, event.Request{Agent: eventtest.Alice, Follow: true})
	want := []*event.Event{log.Append(message(1), eventtest.Alice)}
	got := eventtest.ReadN(t, st, 1)
	stop()
	want = append(want, log.Append(message(2), eventtest.Alice))
	log.Append(message(3), eventtest.Bob)
	want = append(want, log.Append(message(4), eventtest.Alice))
	serve(t, server.Options{Source: log}, addr)
	got = append(got, eventtest.ReadN(t, st, 2)...)
	for i := range want {
		if got[i].Cursor != want[i].Cursor {
			t.Errorf("event %d: got %v, want %v", i, got[i].Cursor, want[i].Cursor)
		}
	}
	if got := seen.phases(); got != "connected lost reconnected" {
		t.Errorf("got phases %q, want connected lost reconnected", got)
	}
	lost := seen.got[1]
	if lost.Err == nil || lost.Attempt != 1 || lost.Retry.IsZero() || !strings.Contains(lost.Err.Error(), "shutdown") {
		t.Errorf("got %+v, want why it was lost and when it is tried again", lost)
	}
}

func TestStream_RestartWithAnotherLogIsAGap(t *testing.T) {
	t.Parallel() // it waits for the server's retry
	log := eventtest.NewSource()
	addr, stop := serve(t, server.Options{Source: log}, "")
	src := dial(t, client.Options{URL: "http://" + addr})
	e := log.Append(message(1), eventtest.Alice)
	st := subscribe(t, src, event.Request{Agent: eventtest.Alice, Follow: true})
	eventtest.ReadN(t, st, 1)
	stop()
	log.NewEpoch()
	serve(t, server.Options{Source: log}, addr)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, err := st.Next(ctx)
	var gap *event.GapError
	if !errors.As(err, &gap) || gap.Reason != event.GapEpoch || gap.Requested != e.Cursor || gap.Oldest.Epoch != "test2" {
		t.Errorf("got %v, want a gap behind %v to epoch test2", err, e.Cursor)
	}
	if n := log.Streams(); n > 0 {
		// The connection of a stream that has ended is closed without Close.
		deadline := time.After(patience)
		for log.Streams() > 0 {
			select {
			case <-deadline:
				t.Fatalf("got %d streams at the server, want 0", log.Streams())
			case <-time.After(time.Millisecond):
			}
		}
	}
}

func TestStream_AgentRemovedWhileReadingIsFinal(t *testing.T) {
	t.Parallel() // it waits for the server's retry
	log := eventtest.NewSource()
	addr, stop := serve(t, server.Options{Source: log}, "")
	src := dial(t, client.Options{URL: "http://" + addr})
	st := subscribe(t, src, event.Request{Agent: eventtest.Bob, Follow: true})
	stop()
	serve(t, server.Options{Source: log, Directory: people{}}, addr) // which bob is not in
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if _, err := st.Next(ctx); !errors.Is(err, event.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
}

func TestSource_CloseEndsStreams(t *testing.T) {
	log := eventtest.NewSource()
	addr, _ := serve(t, server.Options{Source: log}, "")
	src := dial(t, client.Options{URL: "http://" + addr})
	var streams []event.Stream
	for range 3 {
		streams = append(streams, subscribe(t, src, event.Request{Operator: true, Follow: true}))
	}
	if err := src.Close(); err != nil {
		t.Fatal(err)
	}
	for _, st := range streams {
		if _, err := st.Next(context.Background()); !errors.Is(err, event.ErrClosed) {
			t.Errorf("Next: got %v, want ErrClosed", err)
		}
	}
	if _, err := src.Subscribe(context.Background(), event.Request{Operator: true}); !errors.Is(err, event.ErrClosed) {
		t.Errorf("Subscribe: got %v, want ErrClosed", err)
	}
}

// A reader that takes its time holds a bounded number of events, and gets all
// of them in the end.
func TestStream_SlowReaderIsBounded(t *testing.T) {
	log := eventtest.NewSource()
	addr, _ := serve(t, server.Options{Source: log}, "")
	src := dial(t, client.Options{URL: "http://" + addr})
	const n = 1500
	text := strings.Repeat("x", 10_000)
	for i := range int64(n) {
		log.Append(eventtest.Message(i+1, "global:general", eventtest.Bob, text), eventtest.Alice)
	}
	st := subscribe(t, src, event.Request{Agent: eventtest.Alice, Follow: true})
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	last := int64(0)
	for last < n {
		events, err := st.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if len(events) > 1024 {
			t.Errorf("got %d events queued, want at most 1024", len(events))
		}
		for _, e := range events {
			if e.Cursor.Offset != last+1 {
				t.Fatalf("got %v behind %d", e.Cursor, last)
			}
			last++
		}
	}
}

// A message of the longest kind that the host allows, at its worst: every
// character an escape of twelve bytes.
func TestStream_LongestMessage(t *testing.T) {
	log := eventtest.NewSource()
	addr, _ := serve(t, server.Options{Source: log}, "")
	src := dial(t, client.Options{URL: "http://" + addr})
	e := log.Append(eventtest.Message(1, "global:general", eventtest.Bob, strings.Repeat("\x01", 150_000)), eventtest.Alice)
	st := subscribe(t, src, event.Request{Agent: eventtest.Alice, Follow: true})
	got := eventtest.ReadN(t, st, 1)
	if diff := cmp.Diff(string(e.Wire), string(got[0].Wire)); diff != "" {
		t.Error("the event arrived changed")
	}
}

func TestSource_SendsToken(t *testing.T) {
	var got []string
	rt := roundTripper(func(req *http.Request) (*http.Response, error) {
		got = append(got, req.Header.Get("Authorization"))
		return &http.Response{StatusCode: http.StatusUnauthorized, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(""))}, nil
	})
	src := dial(t, client.Options{URL: "http://localhost", Token: "cst_1", Transport: rt})
	_, err1 := src.Snapshot(context.Background(), event.Agent{})
	_, err2 := src.Subscribe(context.Background(), event.Request{Operator: true})
	for _, err := range []error{err1, err2} {
		if !errors.Is(err, event.ErrForbidden) {
			t.Errorf("got %v, want ErrForbidden", err)
		}
	}
	if diff := cmp.Diff([]string{"Bearer cst_1", "Bearer cst_1"}, got); diff != "" {
		t.Errorf("Authorization differs (-want +got):\n%s", diff)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
