package server_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/eventtest"
	"cslack-stream/internal/server"
)

var everyRoute = []string{
	"/api/stream?view=operator", "/api/state?view=operator", "/api/agents", "/api/channels?view=operator",
	"/health", "/health/live", "/health/ready", "/nope",
}

func TestHardening_Host(t *testing.T) {
	r := start(t, server.Options{Directory: people()})
	for _, host := range []string{
		"localhost", "localhost:8787", "LOCALHOST:1", "localhost.", "app.localhost", "a.b.localhost:80",
		"127.0.0.1", "127.0.0.1:8787", "127.8.9.10:1", "[::1]", "[::1]:8787", "[::ffff:127.0.0.1]:1",
	} {
		if resp := r.request("GET", "/health", "Host", host); resp.StatusCode != http.StatusOK {
			t.Errorf("host %q: got %d, want 200", host, resp.StatusCode)
		}
	}
	for _, host := range []string{
		"evil.example", "evil.example:8787", "localhost.evil.example", "127.0.0.1.evil.example", "notlocalhost",
		".localhost", "a..localhost", "10.0.0.1", "0.0.0.0", "[::]", "127.1", "2130706433", "0x7f.0.0.1", "::1",
		"localhost:99999", "localhost:x", "[localhost]", "[127.0.0.1]", "[fe80::1%25lo]", "localhost%00.evil",
	} {
		for _, path := range everyRoute {
			resp, body := r.getError("GET", path, "Host", host)
			if resp.StatusCode != http.StatusMisdirectedRequest && resp.StatusCode != http.StatusBadRequest {
				t.Errorf("host %q at %s: got %d, want 421", host, path, resp.StatusCode)
			}
			if body.Error.Code != "forbidden" {
				t.Errorf("host %q at %s: got code %q, want forbidden", host, path, body.Error.Code)
			}
		}
	}
}

func TestHardening_Origin(t *testing.T) {
	r := start(t, server.Options{Directory: people(), Origins: []string{"https://Dash.example/"}})
	for _, origin := range []string{
		"http://localhost", "http://localhost:5173", "https://localhost", "http://127.0.0.1:3000", "http://[::1]:3000",
		"http://app.localhost:80", "https://dash.example",
	} {
		resp := r.request("GET", "/health", "Origin", origin)
		if resp.StatusCode != http.StatusOK || resp.Header.Get("Access-Control-Allow-Origin") != origin {
			t.Errorf("origin %q: got %d, allowed %q, want 200 and the origin", origin, resp.StatusCode, resp.Header.Get("Access-Control-Allow-Origin"))
		}
	}
	for _, origin := range []string{
		"https://evil.example", "http://localhost.evil.example", "http://evil.example:80#localhost", "null", "", "localhost",
		"file://localhost", "http://user@localhost", "http://localhost/path", "http://localhost@evil.example",
		"https://dash.example.evil", "http://dash.example", "https://x.dash.example", "ws://localhost", "http://",
		"http://localhost http://evil.example", "chrome-extension://localhost",
	} {
		for _, path := range everyRoute {
			resp, body := r.getError("GET", path, "Origin", origin)
			if resp.StatusCode != http.StatusForbidden || body.Error.Code != "forbidden" {
				t.Errorf("origin %q at %s: got %d %s, want 403 forbidden", origin, path, resp.StatusCode, body.Error.Code)
			}
			if got := resp.Header.Get("Access-Control-Allow-Origin"); got != "" {
				t.Errorf("origin %q: got it allowed as %q", origin, got)
			}
		}
	}
	if resp := r.request("GET", "/health", "Origin", "http://localhost", "Origin", "https://evil.example"); resp.StatusCode != http.StatusForbidden {
		t.Errorf("two origins: got %d, want 403", resp.StatusCode)
	}
}

func TestHardening_CrossSiteSubresources(t *testing.T) {
	r := start(t, server.Options{})
	for _, tt := range []struct {
		site, mode string
		want       int
	}{
		{"cross-site", "no-cors", 403},
		{"cross-site", "", 403},
		{"cross-site", "websocket", 403},
		{"cross-site", "navigate", 200},
		{"same-site", "no-cors", 200},
		{"same-origin", "cors", 200},
		{"none", "navigate", 200},
	} {
		if resp := r.request("GET", "/health", "Sec-Fetch-Site", tt.site, "Sec-Fetch-Mode", tt.mode); resp.StatusCode != tt.want {
			t.Errorf("%s %s: got %d, want %d", tt.site, tt.mode, resp.StatusCode, tt.want)
		}
	}
}

// Whatever is sent in a parameter, the answer is one JSON error or a stream
// whose frames are all whole.
func TestHardening_ControlCharactersInParameters(t *testing.T) {
	r := start(t, server.Options{})
	r.src.Append(message(1), eventtest.Alice)
	for _, value := range []string{"a\r\nX-Evil: 1\r\n\r\n", "a\n\ndata: evil\n\n", "a\x00b", "\u2028", "\xff\xfe", "<script>", strings.Repeat("é", 5000)} {
		for _, name := range []string{"agent", "project", "types", "channels", "since", "last_event_id", "view", "follow", "also", "audience", "token"} {
			q := url.Values{"agent": {"alice"}, "project": {"p1"}, "follow": {"false"}}
			q.Set(name, value)
			resp := r.request("GET", "/api/stream?"+q.Encode())
			body, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			if resp.Header.Get("X-Evil") != "" || bytes.Contains(body, []byte("\ndata: evil")) {
				t.Errorf("%s=%q: got it injected", name, value)
			}
			switch resp.StatusCode {
			case http.StatusOK:
				if !strings.HasSuffix(string(body), "data: {\"type\":\"stream.live\"}\n\n") {
					t.Errorf("%s=%q: got a stream that ends with %q", name, value, body[max(0, len(body)-60):])
				}
			case http.StatusBadRequest:
				var e errorBody
				if err := json.Unmarshal(body, &e); err != nil || e.Error.Code != "bad_request" {
					t.Errorf("%s=%q: got %s, want one JSON error", name, value, body)
				}
				if len(body) > 2000 {
					t.Errorf("%s: got an error of %d bytes, want what was sent shortened", name, len(body))
				}
			default:
				t.Errorf("%s=%q: got %d, want 200 or 400", name, value, resp.StatusCode)
			}
		}
	}
}

func TestHardening_HostileEvents(t *testing.T) {
	r := start(t, server.Options{})
	evil := "x\r\n\r\nid: test1-999\ndata: {\"type\":\"evil\"}\n\n\x00\u2028"
	e := eventtest.Message(1, evil, event.Agent{Name: evil, Project: evil}, evil)
	e.EntityID, e.Project, e.Agent = evil, evil, event.Agent{Name: evil, Project: "p"}
	r.src.Append(e, eventtest.Alice)
	o := r.open(alice + "&last_event_id=test1-0")
	if got := o.types(3); got != "- message.new stream.live" {
		t.Errorf("got %s, want one event", got)
	}
	if got := o.LastID(); got != "test1-1" {
		t.Errorf("got last id %q, want test1-1", got)
	}
}

// brokenSource gives events that no log should hold.
type brokenSource struct{ *eventtest.Source }

type brokenStream struct{ event.Stream }

func (s brokenSource) Subscribe(ctx context.Context, req event.Request) (event.Stream, error) {
	st, err := s.Source.Subscribe(ctx, req)
	return brokenStream{st}, err
}

func (s brokenStream) Next(ctx context.Context) ([]*event.Event, error) {
	events, err := s.Stream.Next(ctx)
	for i, e := range events {
		c := *e
		c.Wire = []byte("{\"type\":\r\n\r\n\"message.new\"}\n")
		c.Cursor.Epoch = "e\nid: evil"
		events[i] = &c
	}
	return events, err
}

func TestHardening_BrokenWireCannotEndAFrame(t *testing.T) {
	src := brokenSource{eventtest.NewSource()}
	src.Append(message(1), eventtest.Alice)
	r := start(t, server.Options{Source: src})
	o := r.open(alice + "&last_event_id=test1-0")
	if got := o.types(3); got != "- message.new stream.live" {
		t.Errorf("got %s, want one event", got)
	}
	if got := o.LastID(); got != "test1-1" {
		t.Errorf("got last id %q, want that of stream.live", got)
	}
}

// dial opens a socket and sends a request by hand.
func dial(t *testing.T, addr, request string) *net.TCPConn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	return conn.(*net.TCPConn)
}

func status(t *testing.T, conn net.Conn) int {
	t.Helper()
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("read answer: %v", err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

func TestHardening_RawRequests(t *testing.T) {
	r := start(t, server.Options{})
	for _, tt := range []struct {
		name, request string
		want          int
	}{
		{"no host", "GET /health HTTP/1.1\r\n\r\n", 400},
		{"no host, HTTP/1.0", "GET /health HTTP/1.0\r\n\r\n", 421},
		{"two hosts", "GET /health HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\n\r\n", 400},
		{"host in the request line wins", "GET http://evil.example/health HTTP/1.1\r\nHost: localhost\r\n\r\n", 421},
		{"NUL in a header", "GET " + alice + " HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: a\x00b\r\n\r\n", 400},
		{"huge header", "GET /health HTTP/1.1\r\nHost: localhost\r\nX: " + strings.Repeat("x", 200<<10) + "\r\n\r\n", 431},
		{"huge query", "GET /health?" + strings.Repeat("x", 200<<10) + " HTTP/1.1\r\nHost: localhost\r\n\r\n", 431},
		{"options *", "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
		{"connect", "CONNECT evil:443 HTTP/1.1\r\nHost: evil:443\r\n\r\n", 421},
		{"GET with a body", "GET /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello", 400},
		{"body sent to a GET route", "POST " + alice + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello", 405},
	} {
		t.Run(tt.name, func(t *testing.T) {
			conn, err := net.Dial("tcp", r.addr)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			// The server may answer and close before it has read all of it.
			go func() { _, _ = io.WriteString(conn, tt.request) }()
			if got := status(t, conn); got != tt.want {
				t.Errorf("got %d, want %d", got, tt.want)
			}
		})
	}
	if resp := r.request("GET", "/health"); resp.StatusCode != http.StatusOK {
		t.Errorf("afterwards: got %d, want 200", resp.StatusCode)
	}
}

func TestHardening_SlowHeaderIsCut(t *testing.T) {
	r := start(t, server.Options{HeaderTimeout: 100 * time.Millisecond})
	conn := dial(t, r.addr, "GET /health HTTP/1.1\r\nHost: local")
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	if _, err := io.Copy(io.Discard, conn); err != nil {
		t.Errorf("got %v, want the connection closed by the server", err)
	}
}

func TestHardening_SlowBodyIsCut(t *testing.T) {
	r := start(t, server.Options{HeaderTimeout: 100 * time.Millisecond})
	for _, request := range []string{"POST /health", "GET /health", "GET " + alice} {
		conn := dial(t, r.addr, request+" HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nhello")
		_ = conn.SetReadDeadline(time.Now().Add(patience))
		if _, err := io.Copy(io.Discard, conn); err != nil {
			t.Errorf("%s: got %v, want the connection closed by the server", request, err)
		}
	}
}

// Taking a snapshot may take longer than a request may take to arrive.
func TestHardening_TimeoutsSpareSlowAnswers(t *testing.T) {
	src := &slowSource{Source: eventtest.NewSource(), wait: 300 * time.Millisecond}
	r := start(t, server.Options{Source: src, HeaderTimeout: 50 * time.Millisecond})
	var snap event.Snapshot
	r.getJSON("/api/state?view=operator", &snap)
	r.open(alice).skip(event.StreamLive)
}

// slowSource takes its time for snapshots.
type slowSource struct {
	*eventtest.Source
	wait time.Duration
}

func (s *slowSource) Snapshot(ctx context.Context, a event.Agent) (event.Snapshot, error) {
	select {
	case <-ctx.Done():
		return event.Snapshot{}, ctx.Err()
	case <-time.After(s.wait):
		return s.Source.Snapshot(ctx, a)
	}
}

// A stream outlives the time that a request has to be read and answered.
func TestHardening_TimeoutsSpareStreams(t *testing.T) {
	r := start(t, server.Options{HeaderTimeout: 50 * time.Millisecond, Heartbeat: 30 * time.Millisecond, WriteTimeout: 2 * time.Second})
	o := r.open(alice)
	o.skip(event.StreamLive)
	for range 10 {
		if f := o.next(); f.Type != "" {
			t.Fatalf("got %s, want a heartbeat", f.Type)
		}
	}
}

// A reader that never reads is cut, and others do not notice it.
func TestHardening_ReaderThatNeverReads(t *testing.T) {
	r := start(t, server.Options{WriteTimeout: 2 * time.Second})
	stuck := dial(t, r.addr, "GET /api/stream?view=operator HTTP/1.1\r\nHost: localhost\r\n\r\n")
	healthy := r.open("/api/stream?view=operator")
	healthy.skip(event.StreamLive)
	eventually(t, "both streams are open", func() bool { return r.src.Streams() == 2 })

	const n = 400
	text := strings.Repeat("x", 50_000)
	go func() {
		for i := range int64(n) {
			r.src.Append(eventtest.Message(i+1, "global:general", eventtest.Bob, text))
		}
	}()
	for i := range int64(n) {
		if f := healthy.skip(event.MessageNew); f.ID.Offset != i+1 {
			t.Fatalf("got event %d, want %d", f.ID.Offset, i+1)
		}
	}
	eventually(t, "the stream that is not read is cut", func() bool { return r.src.Streams() == 1 })
	e := r.src.Append(message(n+1), eventtest.Alice)
	if f := healthy.skip(event.MessageNew); f.ID != e.Cursor {
		t.Errorf("afterwards: got %v, want %v", f.ID, e.Cursor)
	}
	// What it did get, it got whole, and can resume behind.
	_ = stuck.SetReadDeadline(time.Now().Add(patience))
	if _, err := io.Copy(io.Discard, stuck); err != nil && !strings.Contains(err.Error(), "reset") {
		t.Errorf("got %v, want the connection closed", err)
	}
}

// A reader that does not read must not hold up stopping either.
func TestHardening_StopDoesNotWaitForStuckReaders(t *testing.T) {
	r := start(t, server.Options{WriteTimeout: time.Minute})
	for range 3 {
		conn := dial(t, r.addr, "GET /api/stream?view=operator&last_event_id=test1-0 HTTP/1.1\r\nHost: localhost\r\n\r\n")
		_ = conn.SetReadBuffer(4 << 10)
	}
	text := strings.Repeat("x", 50_000)
	for i := range int64(400) {
		r.src.Append(eventtest.Message(i+1, "global:general", eventtest.Bob, text))
	}
	eventually(t, "the streams are open", func() bool { return r.src.Streams() == 3 })
	began := time.Now()
	if err := r.stop(); err != nil {
		t.Errorf("Run: %v", err)
	}
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("stopping took %v, want less than 3s", took)
	}
	if got := r.src.Streams(); got != 0 {
		t.Errorf("got %d open streams, want 0", got)
	}
}
