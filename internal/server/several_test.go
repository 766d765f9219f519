package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/eventtest"
	"cslack-stream/internal/server"
)

// body is all that a stream that does not follow gives.
func (r *running) body(path string) string {
	r.t.Helper()
	resp := r.request("GET", path)
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		r.t.Fatalf("GET %s: got status %d and %v: %s", path, resp.StatusCode, err, b)
	}
	return string(b)
}

const fromStart = "&last_event_id=test1-0&follow=false"

func TestSeveral_RawBytes(t *testing.T) {
	r := start(t, server.Options{})
	e := r.src.Append(message(1), eventtest.Carol, eventtest.Alice, eventtest.Gina, eventtest.Bob)
	d := r.src.Append(eventtest.DM(2, eventtest.Bob, eventtest.Gina, "x"), eventtest.Bob)
	m := r.src.Append(message(3), eventtest.Bob) // the same audience without an addressee
	n := r.src.Append(message(4))
	data := func(e *event.Event, audience string) string {
		wire := string(e.Wire)
		if audience != "" {
			wire = strings.TrimSuffix(wire, "}") + `,"audience":` + audience + "}"
		}
		return "id: " + e.Cursor.String() + "\ndata: " + wire + "\n\n"
	}
	const begin, live = "retry: 1000\n\nid: test1-0\n\n", "id: test1-4\ndata: {\"type\":\"stream.live\"}\n\n"
	for path, want := range map[string]string{
		// Who does not ask gets the bytes that everybody gets.
		alice + "&also=gina%3A": data(e, "") + data(d, ""),
		// Others than those asked for are nobody's business.
		alice + "&audience=true":                               data(e, `["alice:p1"]`),
		alice + "&also=gina:&audience=true":                    data(e, `["alice:p1","gina:"]`) + data(d, `["gina:"]`),
		alice + "&also=gina:&also=bob:p1&audience=1":           data(e, `["alice:p1","bob:p1","gina:"]`) + data(d, `["bob:p1","gina:"]`) + data(m, `["bob:p1"]`),
		"/api/stream?view=operator&audience=true":              data(e, `["alice:p1","bob:p1","carol:p2","gina:"]`) + data(d, `["bob:p1","gina:"]`) + data(m, `["bob:p1"]`) + data(n, `[]`),
		"/api/stream?view=operator&audience=false&also=banana": data(e, "") + data(d, "") + data(m, "") + data(n, ""),
	} {
		if diff := cmp.Diff(begin+want+live, r.body(path+fromStart)); diff != "" {
			t.Errorf("%s: bytes differ (-want +got):\n%s", path, diff)
		}
	}
}

// No name of an agent can end a frame, or make another member of the object.
func TestSeveral_HostileNames(t *testing.T) {
	r := start(t, server.Options{})
	for i, name := range []string{"x\r\n\r\nid: test1-999\ndata: {}\n\n", `x"],"id":"test1-9`, "x:y", "\x00\u2028\u2029", "</script>", strings.Repeat("é", 1000)} {
		evil := event.Agent{Name: name, Project: "p"}
		e := r.src.Append(message(int64(i)), eventtest.Alice, evil)
		q := url.Values{"also": {evil.String()}, "last_event_id": {event.Cursor{Epoch: "test1", Offset: e.Cursor.Offset - 1}.String()}}
		o := r.open(alice + "&audience=true&follow=false&" + q.Encode())
		o.next() // the heartbeat
		f, err := o.Next()
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			ID       event.Cursor
			Audience []string
		}
		if err := json.Unmarshal(f.Data, &got); err != nil {
			t.Fatalf("%q: %v in %q", name, err, f.Data)
		}
		if got.ID != e.Cursor || len(got.Audience) != 2 || got.Audience[0] != "alice:p1" && got.Audience[1] != "alice:p1" {
			t.Errorf("%q: got %+v, want id %s seen by alice and %s", name, got, e.Cursor, evil)
		}
		if next := o.next(); next.Type != event.StreamLive {
			t.Errorf("%q: got %s behind the event, want stream.live", name, next.Type)
		}
	}
}

func TestSeveral_BrokenWire(t *testing.T) {
	src := brokenSource{eventtest.NewSource()}
	src.Append(message(1), eventtest.Alice)
	r := start(t, server.Options{Source: src})
	o := r.open(alice + "&audience=true&last_event_id=test1-0")
	if got := o.types(3); got != "- message.new stream.live" {
		t.Errorf("got %s, want one event", got)
	}
}

type twoOfThem struct{}

func (twoOfThem) Agents(context.Context) ([]event.AgentInfo, error) {
	web := "web"
	bob := eventtest.Info(eventtest.Bob)
	bob.ProjectName = &web
	return []event.AgentInfo{eventtest.Info(eventtest.Alice), bob}, nil
}

func (twoOfThem) Channels(context.Context, event.Agent) ([]event.Channel, error) { return nil, nil }

func TestSeveral_EachIsResolved(t *testing.T) {
	r := start(t, server.Options{Directory: twoOfThem{}})
	r.src.Append(message(1), eventtest.Bob)
	if got := r.body(alice + "&also=bob:web&audience=true" + fromStart); !strings.Contains(got, `"audience":["bob:p1"]`) {
		t.Errorf("by the project's name: got %s, want bob's event", got)
	}
	many := strings.Repeat("&also=bob:p1", 65)
	for query, want := range map[string]struct {
		status int
		words  []string
	}{
		"&also=bob:p1&also=carl:p1": {http.StatusNotFound, []string{"also=carl:p1", `"carl"`}},
		"&also=alcie:p1":            {http.StatusNotFound, []string{"also=alcie:p1", `did you mean "alice"`}},
		"&also=bob:p9":              {http.StatusNotFound, []string{"also=bob:p9", "p1 (web)"}},
		"&also=bob":                 {http.StatusBadRequest, []string{"also=bob", "NAME:PROJECT", "NAME:"}},
		"&also=:p1":                 {http.StatusBadRequest, []string{"also=:p1", "NAME:PROJECT"}},
		"&also=":                    {http.StatusBadRequest, []string{"also=", "NAME:PROJECT"}},
		"&audience=maybe":           {http.StatusBadRequest, []string{"audience=maybe", "true or false"}},
		many:                        {http.StatusBadRequest, []string{"65 agents", "at most 64", "view=operator"}},
	} {
		resp, body := r.getError("GET", alice+query)
		if resp.StatusCode != want.status {
			t.Errorf("%.40s: got status %d, want %d", query, resp.StatusCode, want.status)
		}
		for _, word := range want.words {
			if !strings.Contains(body.Error.Message, word) {
				t.Errorf("%.40s: got %q, want it to name %q", query, body.Error.Message, word)
			}
		}
	}
}

// BenchmarkStream_Audience is one reader who asks who may see events, beside
// BenchmarkStream_FanOut: what it costs, it costs that reader alone.
func BenchmarkStream_Audience(b *testing.B) {
	for _, asks := range []bool{false, true} {
		b.Run(fmt.Sprintf("audience=%t", asks), func(b *testing.B) {
			src := eventtest.NewSource()
			for i := range benchEvents {
				src.Append(message(int64(i)), eventtest.Alice, eventtest.Bob)
			}
			s := server.New(server.Options{Source: src})
			path := fmt.Sprintf("%s&also=bob:p1&audience=%t%s", alice, asks, fromStart)
			b.ReportAllocs()
			for b.Loop() {
				w := &sizes{header: make(http.Header)}
				req := httptest.NewRequestWithContext(b.Context(), "GET", path, nil)
				req.Host = "localhost"
				s.ServeHTTP(w, req)
				if w.events != benchEvents {
					b.Fatalf("got %d events, want %d", w.events, benchEvents)
				}
			}
			b.ReportMetric(float64(b.N)*benchEvents/b.Elapsed().Seconds(), "deliveries/s")
		})
	}
}

// sizes is a ResponseWriter that counts the events it gets.
type sizes struct {
	header http.Header
	events int
}

func (s *sizes) Header() http.Header { return s.header }
func (s *sizes) WriteHeader(int)     {}
func (s *sizes) Flush()              {}

func (s *sizes) Write(b []byte) (int, error) {
	s.events += bytes.Count(b, frameStart)
	return len(b), nil
}
