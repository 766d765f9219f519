package server_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cslack-stream/internal/engine/event/eventtest"
	"cslack-stream/internal/server"
)

// writer is a ResponseWriter in memory.
type writer struct {
	mu      sync.Mutex
	header  http.Header
	buf     bytes.Buffer
	writes  int
	flushes int
}

func (w *writer) Header() http.Header { return w.header }

func (w *writer) WriteHeader(int) {}

func (w *writer) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.writes++
	return w.buf.Write(b)
}

func (w *writer) Flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.flushes++
}

// take returns what was written since the last call, and in how many writes.
func (w *writer) take() (string, int, int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s, n, f := w.buf.String(), w.writes, w.flushes
	w.buf.Reset()
	w.writes, w.flushes = 0, 0
	return s, n, f
}

// serve runs a stream against a writer in memory, until the function returned
// is called.
func serve(s *server.Server, path string) (*writer, func()) {
	w := &writer{header: make(http.Header)}
	ctx, cancel := context.WithCancel(context.Background())
	req := httptest.NewRequestWithContext(ctx, "GET", path, nil)
	req.Host = "localhost"
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.ServeHTTP(w, req)
	}()
	return w, func() { cancel(); <-done }
}

func TestStream_Heartbeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := eventtest.NewSource()
		w, stop := serve(server.New(server.Options{Source: src}), alice)
		defer stop()
		synctest.Wait()
		w.take()
		src.Append(message(1), eventtest.Bob) // hidden, but the place moves past it
		time.Sleep(14 * time.Second)
		synctest.Wait()
		if got, _, _ := w.take(); got != "" {
			t.Errorf("after 14s: got %q, want nothing", got)
		}
		for i := range 3 {
			time.Sleep(15 * time.Second)
			synctest.Wait()
			if got, _, _ := w.take(); got != "id: test1-1\n\n" {
				t.Errorf("heartbeat %d: got %q, want the id alone", i+1, got)
			}
		}
	})
}

// What is ready together goes out in one write and one flush, up to the limit
// of a batch.
func TestStream_Batches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := eventtest.NewSource()
		for i := range int64(100) {
			src.Append(message(i+1), eventtest.Alice)
		}
		s := server.New(server.Options{Source: src, BatchBytes: 16 << 10})
		w, stop := serve(s, alice+"&last_event_id=test1-0")
		defer stop()
		synctest.Wait()
		got, writes, flushes := w.take()
		if n := strings.Count(got, "message.new"); n != 100 {
			t.Fatalf("got %d events, want 100", n)
		}
		// The start is one batch of its own.
		if want := 2 + len(got)/(16<<10); writes != want || flushes != want {
			t.Errorf("got %d writes and %d flushes of %d bytes, want %d", writes, flushes, len(got), want)
		}
	})
}

func TestStream_HugeEventIsWrittenInSlices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := eventtest.NewSource()
		text := strings.Repeat("x", 150_000)
		e := src.Append(eventtest.Message(1, "global:general", eventtest.Bob, text), eventtest.Alice)
		w, stop := serve(server.New(server.Options{Source: src}), alice+"&last_event_id=test1-0")
		defer stop()
		synctest.Wait()
		got, writes, flushes := w.take()
		if !strings.Contains(got, "data: "+string(e.Wire)+"\n\n") {
			t.Error("the event did not arrive whole")
		}
		if writes != 1+3 || flushes != 2 {
			t.Errorf("got %d writes and %d flushes, want 4 and 2", writes, flushes)
		}
	})
}
