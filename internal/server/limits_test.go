package server_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"cslack-stream/internal/engine/event/eventtest"
	"cslack-stream/internal/server"
)

// TestServer_SetWriteTimeout: a reader that never reads is cut after the time
// that was set last, though the server runs.
func TestServer_SetWriteTimeout(t *testing.T) {
	src := eventtest.NewSource()
	s := server.New(server.Options{Source: src, WriteTimeout: time.Hour})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx, ln) }()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	}()
	s.SetWriteTimeout(200 * time.Millisecond)
	dial(t, ln.Addr().String(), "GET /api/stream?view=operator HTTP/1.1\r\nHost: localhost\r\n\r\n")
	eventually(t, "the stream is open", func() bool { return src.Streams() == 1 })
	text := strings.Repeat("x", 50_000)
	for i := range int64(400) {
		src.Append(eventtest.Message(i+1, "global:general", eventtest.Bob, text))
	}
	eventually(t, "the stream that is not read is cut", func() bool { return src.Streams() == 0 })
}
