package server_test

import (
	"bufio"
	"bytes"
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"testing"
	"time"

	"cslack-stream/internal/engine/event/eventtest"
	"cslack-stream/internal/server"
)

const (
	benchReaders = 100
	benchEvents  = 3000
)

// counter is a ResponseWriter that counts the events it gets.
type counter struct {
	header http.Header
	left   int
	done   func()
}

var frameStart = []byte("data: {\"type\":\"message.new\"")

func (c *counter) Header() http.Header { return c.header }
func (c *counter) WriteHeader(int)     {}
func (c *counter) Flush()              {}

func (c *counter) Write(b []byte) (int, error) {
	// Batches end with a frame, so none is cut.
	if c.left > 0 {
		if c.left -= bytes.Count(b, frameStart); c.left == 0 {
			c.done()
		}
	}
	return len(b), nil
}

// BenchmarkStream_FanOut delivers 3,000 events to 100 streams in memory: what
// the server itself costs. On two cores: two to three million deliveries a
// second, and 0.2 to 0.4 allocations each, most of them of the fake source.
func BenchmarkStream_FanOut(b *testing.B) {
	bench(b, func(s *server.Server, src *eventtest.Source) func() {
		var got, ended sync.WaitGroup
		ctx, cancel := context.WithCancel(context.Background())
		for range benchReaders {
			got.Add(1)
			w := &counter{header: make(http.Header), left: benchEvents, done: got.Done}
			req := httptest.NewRequestWithContext(ctx, "GET", "/api/stream?agent=alice&project=p1&since=1s", nil)
			req.Host = "localhost"
			ended.Go(func() { s.ServeHTTP(w, req) })
		}
		return func() { got.Wait(); cancel(); ended.Wait() }
	})
}

// BenchmarkStream_FanOutTCP is the same over loopback sockets, readers
// included: about a million deliveries a second.
func BenchmarkStream_FanOutTCP(b *testing.B) {
	bench(b, func(s *server.Server, src *eventtest.Source) func() {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			b.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		var got, ended sync.WaitGroup
		ended.Go(func() { _ = s.Run(ctx, ln) })
		for range benchReaders {
			got.Go(func() { readRaw(b, ln.Addr().String()) })
		}
		return func() { got.Wait(); cancel(); ended.Wait() }
	})
}

func readRaw(b *testing.B, addr string) {
	b.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		b.Error(err)
		return
	}
	defer conn.Close()
	_, _ = conn.Write([]byte("GET /api/stream?agent=alice&project=p1&since=1s HTTP/1.1\r\nHost: localhost\r\n\r\n"))
	in := bufio.NewReaderSize(conn, 64<<10)
	for n := 0; n < benchEvents; {
		line, err := in.ReadSlice('\n')
		if err != nil {
			b.Error(err)
			return
		}
		if bytes.HasPrefix(line, frameStart) {
			n++
		}
	}
}

func bench(b *testing.B, connect func(*server.Server, *eventtest.Source) (wait func())) {
	b.Helper()
	e := message(1)
	e.CreatedAt = time.Now().Add(time.Hour)
	var before, after runtime.MemStats
	var mallocs uint64
	for b.Loop() {
		b.StopTimer()
		src := eventtest.NewSource()
		wait := connect(server.New(server.Options{Source: src}), src)
		for src.Streams() < benchReaders {
			runtime.Gosched()
		}
		runtime.ReadMemStats(&before)
		b.StartTimer()
		for range benchEvents {
			src.Append(e, eventtest.Alice)
		}
		wait()
		b.StopTimer()
		runtime.ReadMemStats(&after)
		mallocs += after.Mallocs - before.Mallocs
		b.StartTimer()
	}
	deliveries := float64(b.N) * benchReaders * benchEvents
	b.ReportMetric(deliveries/b.Elapsed().Seconds(), "deliveries/s")
	b.ReportMetric(float64(mallocs)/deliveries, "allocs/delivery")
}
