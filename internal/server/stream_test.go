package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/eventtest"
	"cslack-stream/internal/server"
)

func message(id int64) event.Event {
	return eventtest.Message(id, "global:general", eventtest.Bob, fmt.Sprintf("message %d", id))
}

const alice = "/api/stream?agent=alice&project=p1"

func TestStream_Headers(t *testing.T) {
	r := start(t, server.Options{})
	got := r.open(alice).resp.Header
	for name, want := range map[string]string{
		"Content-Type": "text/event-stream", "Cache-Control": "no-cache, no-transform",
		"X-Accel-Buffering": "no", "X-Content-Type-Options": "nosniff",
	} {
		if got.Get(name) != want {
			t.Errorf("%s: got %q, want %q", name, got.Get(name), want)
		}
	}
}

// The first bytes, exactly: retry, initial, a heartbeat, live.
func TestStream_StartsWithState(t *testing.T) {
	r := start(t, server.Options{})
	r.src.Append(message(1), eventtest.Alice)
	r.src.Append(message(2), eventtest.Bob)
	o := r.open(alice)
	f := o.next()
	if d, _ := o.Retry(); d != time.Second {
		t.Errorf("got retry %v before the first frame, want 1s", d)
	}
	if f.Type != event.StreamInitial || f.sseID != "test1-2" || f.ID.String() != "test1-2" {
		t.Errorf("got first frame %s id %s %s, want initial test1-2", f.Type, f.sseID, f.ID)
	}
	if _, err := time.Parse(event.TimeFormat, f.Timestamp); err != nil {
		t.Errorf("timestamp: %v", err)
	}
	if !bytes.Equal(f.Data, f.State) {
		t.Errorf("got state %s, want the same as data %s", f.State, f.Data)
	}
	var snap event.Snapshot
	if err := json.Unmarshal(f.Data, &snap); err != nil {
		t.Fatal(err)
	}
	if snap.Cursor != f.ID || len(snap.RecentMessages) != 1 || snap.Agent.Key() != eventtest.Alice {
		t.Errorf("got snapshot %s, want alice's at %s with one message", f.Data, f.ID)
	}
	if !bytes.Contains(f.Data, []byte(`"channels":[]`)) || !bytes.Contains(f.Data, []byte(`"members":{}`)) {
		t.Errorf("got snapshot %s, want empty lists, not null", f.Data)
	}
	if got := o.types(2); got != "- stream.live" {
		t.Errorf("got %s behind initial, want a heartbeat and stream.live", got)
	}
}

func TestStream_RawBytes(t *testing.T) {
	r := start(t, server.Options{})
	e := r.src.Append(message(1), eventtest.Alice)
	resp := r.request("GET", alice+"&last_event_id=test1-0&follow=false")
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	want := "retry: 1000\n\nid: test1-0\n\nid: test1-1\ndata: " + string(e.Wire) + "\n\nid: test1-1\ndata: {\"type\":\"stream.live\"}\n\n"
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("bytes differ (-want +got):\n%s", diff)
	}
}

func TestStream_ContinuesStateWithoutGapOrRepeat(t *testing.T) {
	r := start(t, server.Options{})
	const n = 200
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() {
		for i := range int64(n) {
			r.src.Append(message(i+1), eventtest.Alice)
		}
	})
	for range 5 {
		o := r.open(alice)
		at := o.next().ID.Offset
		for at < n {
			f := o.next()
			if f.Type != event.MessageNew {
				continue
			}
			if f.ID.Offset != at+1 {
				t.Fatalf("got event %d behind %d, want %d", f.ID.Offset, at, at+1)
			}
			at++
		}
	}
}

func TestStream_Resume(t *testing.T) {
	r := start(t, server.Options{})
	for i := range int64(5) {
		r.src.Append(message(i+1), eventtest.Alice)
	}
	tests := []struct {
		name, query, header string
		first               string // id of the first event
	}{
		{"parameter", "&last_event_id=test1-2", "", "3"},
		{"header", "", "test1-3", "4"},
		{"header wins", "&last_event_id=test1-1", "test1-4", "5"},
		{"epoch-0", "&last_event_id=test1-0", "", "1"},
		{"cursor wins over since", "&since=2099-01-01T00:00:00Z&last_event_id=test1-1", "", "2"},
		{"empty parameter and since", "&last_event_id=&since=2020-01-01T00:00:00Z", "", "1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var headers []string
			if tt.header != "" {
				headers = []string{"Last-Event-ID", tt.header}
			}
			o := r.open(alice+tt.query, headers...)
			if f := o.next(); f.Type != "" {
				t.Fatalf("got first frame %s, want a heartbeat", f.Type)
			}
			if f := o.next(); f.EntityID != tt.first {
				t.Errorf("got first event %s %s, want %s", f.Type, f.EntityID, tt.first)
			}
		})
	}
}

func TestStream_EverythingRetainedIsNoGap(t *testing.T) {
	r := start(t, server.Options{})
	for i := range int64(5) {
		r.src.Append(message(i+1), eventtest.Alice)
	}
	r.src.Trim(event.Cursor{Epoch: "test1", Offset: 3})
	o := r.open(alice + "&last_event_id=test1-0")
	o.next()
	if f := o.next(); f.EntityID != "4" {
		t.Errorf("got first event %s %s, want 4", f.Type, f.EntityID)
	}
}

func TestStream_Gap(t *testing.T) {
	r := start(t, server.Options{})
	for i := range int64(6) {
		r.src.Append(message(i+1), eventtest.Alice)
	}
	r.src.Trim(event.Cursor{Epoch: "test1", Offset: 4})
	for cursor, want := range map[string]string{
		"test1-2":  `{"reason":"trimmed","requested":"test1-2","oldest":"test1-4","count":2}`,
		"other9-2": `{"reason":"epoch","requested":"other9-2","oldest":"test1-4","count":null}`,
		"test1-99": `{"reason":"future","requested":"test1-99","oldest":"test1-4","count":null}`,
	} {
		t.Run(cursor, func(t *testing.T) {
			o := r.open(alice, "Last-Event-ID", cursor)
			gap := o.next()
			if gap.Type != event.StreamGap || string(gap.Data) != want {
				t.Errorf("got %s %s, want stream.gap %s", gap.Type, gap.Data, want)
			}
			if gap.sseID != "" {
				t.Errorf("got id %q on the gap, want none: who is cut here must be told again", gap.sseID)
			}
			if f := o.next(); f.Type != event.StreamInitial || f.ID.Offset != r.src.Latest().Offset {
				t.Errorf("got %s %s behind the gap, want initial at %s", f.Type, f.ID, r.src.Latest())
			}
			e := r.src.Append(message(100), eventtest.Alice)
			if f := o.skip(event.MessageNew); f.ID != e.Cursor {
				t.Errorf("got %s, want the stream to go on with %s", f.ID, e.Cursor)
			}
		})
	}
}

func TestStream_GapWhileReading(t *testing.T) {
	r := start(t, server.Options{})
	r.src.Append(message(1), eventtest.Alice)
	o := r.open(alice)
	o.skip(event.StreamLive)
	r.src.NewEpoch()
	if f := o.next(); f.Type != event.StreamGap || f.sseID != "test1-1" {
		t.Fatalf("got %s with id %s, want stream.gap with the id still test1-1", f.Type, f.sseID)
	}
	if f := o.next(); f.Type != event.StreamInitial || f.ID.Epoch != "test2" {
		t.Fatalf("got %s %s, want initial of epoch test2", f.Type, f.ID)
	}
	e := r.src.Append(message(2), eventtest.Alice)
	if f := o.next(); f.Type != event.MessageNew || f.ID != e.Cursor {
		t.Errorf("got %s %s, want the event %s, and live not a second time", f.Type, f.ID, e.Cursor)
	}
}

// A log so short that it is trimmed between snapshot and subscription.
func TestStream_SnapshotTrimmedBeforeSubscribe(t *testing.T) {
	src := &trimmingSource{Source: eventtest.NewSource()}
	src.times.Store(2)
	r := start(t, server.Options{Source: src})
	src.Append(message(1), eventtest.Alice)
	if got := r.open(alice).types(3); got != "initial - stream.live" {
		t.Errorf("got %s, want initial of the snapshot that held", got)
	}
	src.times.Store(99)
	resp, body := r.getError("GET", alice)
	if resp.StatusCode != http.StatusServiceUnavailable || body.Error.Code != "unavailable" {
		t.Errorf("with a log that never holds: got %d %s, want 503 unavailable", resp.StatusCode, body.Error.Code)
	}
}

type trimmingSource struct {
	*eventtest.Source
	times atomic.Int32
}

func (s *trimmingSource) Snapshot(ctx context.Context, a event.Agent) (event.Snapshot, error) {
	snap, err := s.Source.Snapshot(ctx, a)
	if s.times.Add(-1) >= 0 {
		s.Trim(s.Append(message(99), eventtest.Alice).Cursor)
	}
	return snap, err
}

func TestStream_Since(t *testing.T) {
	r := start(t, server.Options{})
	for i, age := range []time.Duration{3 * time.Hour, 90 * time.Minute, 10 * time.Minute} {
		e := message(int64(i + 1))
		e.CreatedAt = time.Now().Add(-age).UTC().Truncate(time.Millisecond)
		r.src.Append(e, eventtest.Alice)
	}
	zoned := time.Now().Add(-2 * time.Hour).In(time.FixedZone("", 2*3600)).Format(time.RFC3339)
	for since, want := range map[string]string{
		"15m": "3", "2h": "2", "1h30m30s": "2", "7d": "1", "1w": "1", "9000w": "1",
		"1970-01-01T00:00:00Z": "1", url.QueryEscape(zoned): "2", zoned: "2",
	} {
		o := r.open(alice + "&since=" + since)
		if f := o.next(); f.Type != "" {
			t.Errorf("since=%s: got first frame %s, want a heartbeat: no initial", since, f.Type)
		}
		if f := o.next(); f.EntityID != want {
			t.Errorf("since=%s: got first event %q, want %s", since, f.EntityID, want)
		}
	}
}

func TestStream_FiltersAndOperator(t *testing.T) {
	r := start(t, server.Options{})
	r.src.Append(message(1), eventtest.Alice)
	r.src.Append(eventtest.Status(eventtest.Bob, "away"), eventtest.Alice)
	r.src.Append(eventtest.Message(3, "p1:dev", eventtest.Bob, "x"), eventtest.Alice)
	r.src.Append(eventtest.Message(4, "p2:ops", eventtest.Carol, "x"), eventtest.Carol)
	for query, want := range map[string]string{
		alice + "&types=agent.*":                            "bob:p1",
		alice + "&types=agent.*,message.new":                "1 bob:p1 3",
		alice + "&types=agent.*&types=message.new":          "1 bob:p1 3",
		alice + "&channels=p1:dev":                          "3",
		alice + "&channels=p1:dev,global:general":           "1 3",
		alice + "&channels=p2:ops":                          "",
		alice + "&unknown=1&view=":                          "1 bob:p1 3",
		"/api/stream?view=operator":                         "1 bob:p1 3 4",
		"/api/stream?view=operator&channels=p2:ops":         "4",
		"/api/stream?view=operator&agent=nobody&types=dm.*": "",
	} {
		var got []string
		for _, f := range r.open(query + "&last_event_id=test1-0&follow=false").end() {
			if f.EntityID != "" {
				got = append(got, f.EntityID)
			}
		}
		if g := strings.Join(got, " "); g != want {
			t.Errorf("%s: got %q, want %q", query, g, want)
		}
	}
}

func TestStream_LiveOnce(t *testing.T) {
	r := start(t, server.Options{})
	r.src.Append(message(1), eventtest.Alice)
	o := r.open(alice + "&last_event_id=test1-0")
	if got := o.types(3); got != "- message.new stream.live" {
		t.Errorf("got %s, want live behind what was there", got)
	}
	for i := range int64(3) {
		r.src.Append(message(i+2), eventtest.Alice)
		if f := o.next(); f.Type != event.MessageNew {
			t.Errorf("got %s, want message.new only", f.Type)
		}
	}
}

// A source may learn that it has caught up while Next waits.
func TestStream_LiveLearntLate(t *testing.T) {
	src := lateSource{eventtest.NewSource()}
	r := start(t, server.Options{Source: src})
	if got := r.open(alice).types(3); got != "initial - stream.live" {
		t.Errorf("got %s, want live though Next returned nothing", got)
	}
}

type lateSource struct{ *eventtest.Source }

type lateStream struct {
	event.Stream
	nexts int
}

func (s lateSource) Subscribe(ctx context.Context, req event.Request) (event.Stream, error) {
	st, err := s.Source.Subscribe(ctx, req)
	return &lateStream{Stream: st}, err
}

func (s *lateStream) Next(ctx context.Context) ([]*event.Event, error) {
	s.nexts++
	return s.Stream.Next(ctx)
}

func (s *lateStream) Live() bool { return s.nexts > 1 }

func TestStream_BadRequests(t *testing.T) {
	r := start(t, server.Options{})
	tests := []struct {
		query  string
		header string
		want   []string // what the message names
	}{
		{"", "", []string{"agent", "view=operator"}},
		{"agent=", "", []string{"agent", "view=operator"}},
		{"agent=a&view=god", "", []string{"view=god", "view=operator"}},
		{"agent=a&types=message.newest", "", []string{"types", "message.newest", "message.new"}},
		{"agent=a&types=message*", "", []string{"types", "message*"}},
		{"agent=a&last_event_id=banana", "", []string{"last_event_id", "banana", "EPOCH-OFFSET"}},
		{"agent=a&last_event_id=x-99999999999999999999", "", []string{"last_event_id", "range"}},
		{"agent=a", "banana", []string{"Last-Event-ID", "banana"}},
		{"agent=a&since=banana", "", []string{"since=banana", "15m"}},
		{"agent=a&since=5", "", []string{"since=5"}},
		{"agent=a&since=-5m", "", []string{"since=-5m"}},
		{"agent=a&since=99999999999h", "", []string{"since="}},
		{"agent=a&follow=maybe", "", []string{"follow=maybe", "true or false"}},
		{"agent=a&last=many", "", []string{"last=many", "last=50"}},
		{"agent=a&last=-1", "", []string{"last=-1"}},
		{"agent=a&last=99999999999", "", []string{"last="}},
		{"agent=a&last=5&before=banana", "", []string{"before", "banana", "EPOCH-OFFSET"}},
		{"agent=a&before=x-5", "", []string{"before needs last"}},
		{"agent=%zz", "", []string{"percent-encode"}},
		{"agent=a;types=b", "", []string{"percent-encode"}},
	}
	for _, tt := range tests {
		var headers []string
		if tt.header != "" {
			headers = []string{"Last-Event-ID", tt.header}
		}
		resp, body := r.getError("GET", "/api/stream?"+tt.query, headers...)
		if resp.StatusCode != http.StatusBadRequest || body.Error.Code != "bad_request" {
			t.Errorf("%s: got %d %s, want 400 bad_request", tt.query, resp.StatusCode, body.Error.Code)
		}
		for _, want := range tt.want {
			if !strings.Contains(body.Error.Message, want) {
				t.Errorf("%s: got message %q, want it to name %q", tt.query, body.Error.Message, want)
			}
		}
	}
}

func TestStream_SourceErrors(t *testing.T) {
	secret := errors.New("open /home/me/secret.db: no such table")
	for _, tt := range []struct {
		err    error
		status int
		code   string
	}{
		{event.ErrForbidden, 403, "forbidden"},
		{fmt.Errorf("look up: %w", event.ErrNotFound), 404, "not_found"},
		{event.ErrUnavailable, 503, "unavailable"},
		{event.ErrClosed, 503, "unavailable"},
		{secret, 500, "internal"},
	} {
		r := start(t, server.Options{})
		r.src.Fail(tt.err)
		for _, path := range []string{alice, alice + "&last_event_id=test1-0", "/api/state?agent=alice&project=p1"} {
			resp, body := r.getError("GET", path)
			if resp.StatusCode != tt.status || body.Error.Code != tt.code {
				t.Errorf("%v at %s: got %d %s, want %d %s", tt.err, path, resp.StatusCode, body.Error.Code, tt.status, tt.code)
			}
			if strings.Contains(body.Error.Message, "secret") {
				t.Errorf("got message %q, want the cause in the log only", body.Error.Message)
			}
			if tt.status == 503 && resp.Header.Get("Retry-After") == "" {
				t.Error("got 503 without Retry-After")
			}
		}
	}
}

// A native EventSource never comes back after an error status.
func TestStream_TellsBrowsersToRetryInBand(t *testing.T) {
	r := start(t, server.Options{})
	r.src.Fail(event.ErrUnavailable)
	o := r.open(alice, "Accept", "text/event-stream", "Sec-Fetch-Mode", "cors")
	if f := o.next(); f.Type != event.StreamBye {
		t.Errorf("got %s, want stream.bye", f.Type)
	}
	if d, ok := o.Retry(); !ok || d < time.Second {
		t.Errorf("got retry %v %v, want at least 1s", d, ok)
	}
	if rest := o.end(); len(rest) != 0 {
		t.Errorf("got %d frames behind stream.bye, want the end", len(rest))
	}
	resp := r.request("GET", "/api/stream", "Accept", "text/event-stream", "Sec-Fetch-Mode", "cors")
	if resp.StatusCode != http.StatusBadRequest {
		t.Errorf("a mistake: got %d, want 400 for browsers too", resp.StatusCode)
	}
}

// endingSource has streams whose first Next fails.
type endingSource struct {
	*eventtest.Source
	err error
}

type endingStream struct {
	event.Stream
	err error
}

func (s endingSource) Subscribe(ctx context.Context, req event.Request) (event.Stream, error) {
	st, err := s.Source.Subscribe(ctx, req)
	return endingStream{st, s.err}, err
}

func (s endingStream) Next(context.Context) ([]*event.Event, error) { return nil, s.err }

func TestStream_SaysWhyItEnds(t *testing.T) {
	for _, tt := range []struct {
		err    error
		reason string // of stream.bye; empty: none
	}{
		{event.ErrClosed, "shutdown"},
		{io.EOF, "shutdown"},
		{fmt.Errorf("look up: %w", event.ErrForbidden), "revoked"},
		{event.ErrNotFound, "revoked"},
		{errors.New("disk is on fire"), ""},
	} {
		r := start(t, server.Options{Source: endingSource{eventtest.NewSource(), tt.err}})
		frames := r.open(alice).end()
		last := frames[len(frames)-1]
		if tt.reason == "" {
			if last.Type == event.StreamBye {
				t.Errorf("%v: got stream.bye %s, want the connection to end without", tt.err, last.Data)
			}
			continue
		}
		if last.Type != event.StreamBye || !bytes.Contains(last.Data, []byte(tt.reason)) {
			t.Errorf("%v: got %s %s, want stream.bye for %s", tt.err, last.Type, last.Data, tt.reason)
		}
	}
}
