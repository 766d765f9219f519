package server_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/eventtest"
	"cslack-stream/internal/server"
	"cslack-stream/internal/server/sse"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 20 * time.Second

// running is a Server that serves on a port of its own until the test ends.
type running struct {
	t    *testing.T
	src  *eventtest.Source
	addr string
	// server is what runs.
	server *server.Server
	stop   func() error // ends Run and returns what it returned
}

func start(t *testing.T, opts server.Options) *running {
	t.Helper()
	r := &running{t: t}
	if opts.Source == nil {
		r.src = eventtest.NewSource()
		opts.Source = r.src
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r.addr = ln.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	r.server = server.New(opts)
	go func() { done <- r.server.Run(ctx, ln) }()
	r.stop = func() error {
		cancel()
		err := <-done
		done <- err
		return err
	}
	t.Cleanup(func() {
		if err := r.stop(); err != nil {
			t.Errorf("Run: %v", err)
		}
		http.DefaultClient.CloseIdleConnections()
	})
	return r
}

// request makes a request that ends with the test; headers are name, value.
func (r *running) request(method, path string, headers ...string) *http.Response {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	r.t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, method, "http://"+r.addr+path, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
		if headers[i] == "Host" {
			req.Host = headers[i+1]
		}
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}

// getJSON reads an answer of status 200.
func (r *running) getJSON(path string, v any) {
	r.t.Helper()
	resp := r.request("GET", path)
	if resp.StatusCode != http.StatusOK {
		r.t.Fatalf("GET %s: got status %d, want 200", path, resp.StatusCode)
	}
	if err := json.NewDecoder(resp.Body).Decode(v); err != nil {
		r.t.Fatalf("GET %s: %v", path, err)
	}
}

type errorBody struct {
	Error struct{ Code, Message string }
}

// getError reads an answer that is an error.
func (r *running) getError(method, path string, headers ...string) (*http.Response, errorBody) {
	r.t.Helper()
	resp := r.request(method, path, headers...)
	var body errorBody
	if err := json.NewDecoder(resp.Body).Decode(&body); err != nil {
		r.t.Fatalf("%s %s: got status %d and a body that is no JSON: %v", method, path, resp.StatusCode, err)
	}
	if got := resp.Header.Get("Content-Type"); got != "application/json" {
		r.t.Errorf("%s %s: got content type %q, want application/json", method, path, got)
	}
	return resp, body
}

// opened is a stream as a client reads it.
type opened struct {
	t *testing.T
	*sse.Reader
	resp *http.Response
}

func (r *running) open(path string, headers ...string) *opened {
	r.t.Helper()
	resp := r.request("GET", path, headers...)
	if resp.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(resp.Body)
		r.t.Fatalf("GET %s: got status %d, want 200: %s", path, resp.StatusCode, body)
	}
	return &opened{r.t, sse.NewReader(resp.Body, sse.ReaderOptions{Heartbeats: true}), resp}
}

// frame is what the data of every frame has.
type frame struct {
	Type      event.Type
	ID        event.Cursor
	Timestamp string
	EntityID  string `json:"entity_id"`
	Data      json.RawMessage
	State     json.RawMessage

	sseID string
}

// next reads the next frame; a heartbeat is a frame of type "".
func (o *opened) next() frame {
	o.t.Helper()
	raw, err := o.Next()
	if err != nil {
		o.t.Fatalf("read frame: %v", err)
	}
	f := frame{sseID: raw.ID}
	if raw.Data != nil {
		if err := json.Unmarshal(raw.Data, &f); err != nil {
			o.t.Fatalf("decode frame %q: %v", raw.Data, err)
		}
	}
	return f
}

// skip reads up to a frame of the type and returns it.
func (o *opened) skip(to event.Type) frame {
	o.t.Helper()
	for {
		if f := o.next(); f.Type == to {
			return f
		}
	}
}

// types reads n frames and returns their types; "-" is a heartbeat.
func (o *opened) types(n int) string {
	o.t.Helper()
	var out []string
	for range n {
		f := o.next()
		if f.Type == "" {
			f.Type = "-"
		}
		out = append(out, string(f.Type))
	}
	return strings.Join(out, " ")
}

// end reads the rest of the stream.
func (o *opened) end() []frame {
	o.t.Helper()
	var out []frame
	for {
		raw, err := o.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			o.t.Fatalf("read to the end: %v", err)
		}
		f := frame{sseID: raw.ID}
		_ = json.Unmarshal(raw.Data, &f)
		out = append(out, f)
	}
}

// eventually waits for a fact that nothing tells.
func eventually(t *testing.T, what string, fact func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
	for !fact() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// workspace is a Directory of fixed content.
type workspace struct {
	agents   []event.AgentInfo
	channels map[event.Agent][]event.Channel
	err      error
}

func (w workspace) Agents(context.Context) ([]event.AgentInfo, error) { return w.agents, w.err }

func (w workspace) Channels(_ context.Context, a event.Agent) ([]event.Channel, error) {
	return w.channels[a], w.err
}

func agentIn(name, project, projectName string) event.AgentInfo {
	a := eventtest.Info(event.Agent{Name: name, Project: project})
	if projectName != "" {
		a.ProjectName = &projectName
	}
	return a
}

func TestServer_RunRefusesOtherThanLoopback(t *testing.T) {
	ln, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	err = server.New(server.Options{Source: eventtest.NewSource()}).Run(context.Background(), ln)
	if err == nil || !strings.Contains(err.Error(), "loopback") {
		t.Errorf("got %v, want an error that asks for a loopback address", err)
	}
	if _, err := ln.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("the listener: got %v, want it closed", err)
	}
}

func TestServer_RunReportsBrokenListener(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = ln.Close()
	if err := server.New(server.Options{Source: eventtest.NewSource()}).Run(context.Background(), ln); err == nil {
		t.Error("got nil, want the error of the listener")
	}
}

func TestServer_StopSaysByeToEveryStream(t *testing.T) {
	const n = 60
	r := start(t, server.Options{Drain: 300 * time.Millisecond})
	var streams []*opened
	for range n {
		o := r.open("/api/stream?view=operator")
		o.skip(event.StreamLive)
		streams = append(streams, o)
	}
	began := time.Now()
	if err := r.stop(); err != nil {
		t.Errorf("Run: got %v, want nil", err)
	}
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("stopping took %v, want less than 3s", took)
	}
	if got := r.src.Streams(); got != 0 {
		t.Errorf("after Run: got %d open streams, want 0", got)
	}
	retries := make(map[string]bool)
	for _, o := range streams {
		rest := o.end()
		if len(rest) == 0 {
			t.Fatal("the stream ended without stream.bye")
		}
		bye := rest[len(rest)-1]
		var data struct {
			Reason string
			Retry  int64 `json:"retry_ms"`
		}
		if err := json.Unmarshal(bye.Data, &data); err != nil || bye.Type != event.StreamBye || data.Reason != "shutdown" {
			t.Fatalf("got last frame %+v, want stream.bye for shutdown", bye)
		}
		if d, _ := o.Retry(); d.Milliseconds() != data.Retry || d < time.Second || d > 3*time.Second {
			t.Errorf("got retry %v and retry_ms %d, want the same, between 1s and 3s", d, data.Retry)
		}
		retries[fmt.Sprint(data.Retry)] = true
	}
	if len(retries) < n/2 {
		t.Errorf("got %d different retries of %d streams, want them spread", len(retries), n)
	}
}

func TestServer_StopFailsReadinessFirst(t *testing.T) {
	// One stream that is slow to end keeps the server in its drain.
	src := &stuckSource{Source: eventtest.NewSource(), release: make(chan struct{})}
	r := start(t, server.Options{Source: src})
	r.open("/api/stream?view=operator").skip("")
	stopped := make(chan error, 1)
	go func() { stopped <- r.stop() }()
	eventually(t, "readiness fails while streams end", func() bool {
		resp, err := http.Get("http://" + r.addr + "/health/ready")
		if err != nil {
			return true // the listener is closed already: not ready either
		}
		defer resp.Body.Close()
		return resp.StatusCode == http.StatusServiceUnavailable
	})
	close(src.release)
	if err := <-stopped; err != nil {
		t.Errorf("Run: %v", err)
	}
}

// stuckSource has streams whose Next returns only when released.
type stuckSource struct {
	*eventtest.Source
	release chan struct{}
}

type stuckStream struct {
	event.Stream
	release chan struct{}
}

func (s *stuckSource) Subscribe(ctx context.Context, req event.Request) (event.Stream, error) {
	st, err := s.Source.Subscribe(ctx, req)
	return stuckStream{st, s.release}, err
}

func (s stuckStream) Next(ctx context.Context) ([]*event.Event, error) {
	<-s.release
	return s.Stream.Next(ctx)
}
