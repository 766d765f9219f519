package client_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/server/client"
)

// script is a server of canned answers, one for each connection; the last is
// repeated. It runs without sockets, so that time can be made up.
type script struct {
	mu      sync.Mutex
	answers []answer
	resumed []string    // the Last-Event-ID of each request
	at      []time.Time // when each came
}

type answer struct {
	status int // 200 if 0
	header string
	err    error // instead of an answer
	// body is sent first; then the connection ends as end says, or stays open
	// if that is nil.
	body string
	end  error
}

func (s *script) RoundTrip(req *http.Request) (*http.Response, error) {
	s.mu.Lock()
	n := min(len(s.resumed), len(s.answers)-1)
	s.resumed = append(s.resumed, req.Header.Get("Last-Event-ID"))
	s.at = append(s.at, time.Now())
	a := s.answers[n]
	s.mu.Unlock()
	if a.err != nil {
		return nil, a.err
	}
	resp := &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Request: req}
	if a.status != 0 {
		resp.StatusCode = a.status
	}
	resp.Header.Set("Content-Type", "text/event-stream")
	if name, value, ok := strings.Cut(a.header, ": "); ok {
		resp.Header.Set(name, value)
	}
	pr, pw := io.Pipe()
	stop := context.AfterFunc(req.Context(), func() { pw.CloseWithError(req.Context().Err()) })
	go func() {
		_, _ = io.WriteString(pw, a.body)
		if a.end != nil || resp.StatusCode != http.StatusOK {
			stop()
			pw.CloseWithError(a.end)
		}
	}()
	resp.Body = pr
	return resp, nil
}

func (s *script) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.resumed...)
}

// pauses are the times between the requests.
func (s *script) pauses() []time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []time.Duration
	for i := 1; i < len(s.at); i++ {
		out = append(out, s.at[i].Sub(s.at[i-1]))
	}
	return out
}

// frames writes events of the given offsets.
func frames(offsets ...int64) string {
	var out strings.Builder
	for _, n := range offsets {
		e := message(n)
		e.Cursor = event.Cursor{Epoch: "e", Offset: n}
		if err := e.Encode(); err != nil {
			panic(err)
		}
		fmt.Fprintf(&out, "id: e-%d\ndata: %s\n\n", n, e.Wire)
	}
	return out.String()
}

// open subscribes to a script, in a bubble of made up time.
func (s *script) open(t *testing.T, opts client.Options) event.Stream {
	t.Helper()
	opts.URL, opts.Transport = "http://localhost", s
	st, err := dial(t, opts).Subscribe(context.Background(), event.Request{Operator: true, Follow: true})
	if err != nil {
		t.Fatalf("Subscribe: %v", err)
	}
	t.Cleanup(func() { _ = st.Close() })
	return st
}

// offsets reads until n events came. In a bubble, waiting in vain is noticed.
func offsets(t *testing.T, st event.Stream, n int) []int64 {
	t.Helper()
	var out []int64
	for len(out) < n {
		events, err := st.Next(context.Background())
		if err != nil {
			t.Fatalf("Next after %d of %d events: %v", len(out), n, err)
		}
		for _, e := range events {
			out = append(out, e.Cursor.Offset)
		}
	}
	return out
}

func wantOffsets(t *testing.T, got []int64, want ...int64) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("offsets differ (-want +got):\n%s", diff)
	}
}

func wantRequests(t *testing.T, s *script, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, s.requests()); diff != "" {
		t.Errorf("cursors of the requests differ (-want +got):\n%s", diff)
	}
}
