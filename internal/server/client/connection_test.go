package client_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/eventtest"
	"cslack-stream/internal/server/client"
)

const hello = "retry: 1000\n\nid: e-0\n\n"

const (
	liveFrame = "id: e-9\ndata: {\"type\":\"stream.live\"}\n\n"
	byeFrame  = "retry: 2500\n\nid: e-1\ndata: {\"type\":\"stream.bye\",\"data\":{\"reason\":\"shutdown\",\"retry_ms\":2500}}\n\n"
)

// The worst trap of the library: it delivers an event that was cut, and goes
// on behind it.
func TestConnection_CutEventIsFetchedAgain(t *testing.T) {
	whole := frames(2)
	for cut := range len(whole) - 1 { // without the last line end it is cut too
		synctest.Test(t, func(t *testing.T) {
			s := &script{answers: []answer{
				{body: hello + frames(1) + whole[:cut], end: io.ErrUnexpectedEOF},
				{body: hello + frames(2, 3)},
			}}
			st := s.open(t, client.Options{})
			wantOffsets(t, offsets(t, st, 3), 1, 2, 3)
			wantRequests(t, s, "", "e-1")
		})
	}
}

func TestConnection_EveryLossIsResumed(t *testing.T) {
	for name, end := range map[string]error{
		"clean close": io.EOF, "abort": io.ErrUnexpectedEOF, "reset": errors.New("connection reset by peer"),
		"canceled elsewhere": context.Canceled,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var seen states
				s := &script{answers: []answer{
					{body: hello + frames(1), end: end},
					{err: errors.New("connection refused")},
					{status: 502},
					{body: hello + frames(1, 2)}, // 1 a second time
				}}
				st := s.open(t, client.Options{OnState: seen.add})
				wantOffsets(t, offsets(t, st, 2), 1, 2)
				wantRequests(t, s, "", "e-1", "e-1", "e-1")
				if got := seen.phases(); got != "connected lost reconnected" {
					t.Errorf("got phases %q", got)
				}
			})
		})
	}
}

func TestConnection_HeartbeatMovesThePlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{answers: []answer{
			{body: hello + frames(1) + "id: e-7\n\nid: e-3\n\nid: other-9\n\nid: junk\n\n", end: io.EOF},
			{body: hello},
		}}
		st := s.open(t, client.Options{})
		if got := st.Cursor().Offset; got > 1 {
			t.Errorf("before Next: got cursor %d, want none behind an event that was not returned", got)
		}
		wantOffsets(t, offsets(t, st, 1), 1)
		synctest.Wait()
		if got := st.Cursor().String(); got != "e-7" {
			t.Errorf("got cursor %s, want e-7", got)
		}
		time.Sleep(5 * time.Second)
		synctest.Wait()
		wantRequests(t, s, "", "e-7")
	})
}

func TestConnection_OddButValidStreams(t *testing.T) {
	for name, body := range map[string]string{
		"byte order mark": "\ufeff" + hello + frames(1),
		"CRLF":            strings.ReplaceAll(hello+frames(1), "\n", "\r\n"),
		"CR":              strings.ReplaceAll(hello+frames(1), "\n", "\r"),
		"comments":        ": hi\n\n" + frames(1) + ": bye\n\n",
		"event field":     "event: x\n" + frames(1),
		"unknown control": hello + "data: {\"type\":\"stream.weather\"}\n\n" + frames(1),
		"events of a type not known": hello + "id: e-1\ndata: {\"type\":\"agent.checked\",\"id\":\"e-1\",\"timestamp\":\"2026-01-02T15:04:05.000Z\"," +
			"\"entity_type\":\"agent\",\"entity_id\":\"x\",\"agent_id\":null,\"channel_id\":null,\"project_id\":null,\"data\":{}}\n\n",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{answers: []answer{{body: body}}}
				wantOffsets(t, offsets(t, s.open(t, client.Options{}), 1), 1)
			})
		})
	}
}

// A log without events has no cursor to send: its heartbeat is a comment.
func TestConnection_SubscribesToEmptyLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{answers: []answer{{body: "retry: 1000\n\n:\n\n"}}}
		if got := s.open(t, client.Options{}).Cursor(); !got.IsZero() {
			t.Errorf("got cursor %v, want none", got)
		}
	})
}

func TestConnection_PermanentErrors(t *testing.T) {
	for _, tt := range []struct {
		name string
		answer
		is error
	}{
		{"204", answer{status: 204}, nil},
		{"302", answer{status: 302, header: "Location: http://elsewhere"}, nil},
		{"400", answer{status: 400, body: `{"error":{"code":"bad_request","message":"no"}}`}, nil},
		{"401", answer{status: 401}, event.ErrForbidden},
		{"403", answer{status: 403}, event.ErrForbidden},
		{"404", answer{status: 404}, event.ErrNotFound},
		{"410", answer{status: 410}, nil},
		{"421", answer{status: 421}, nil},
		{"not a stream", answer{header: "Content-Type: text/html", end: io.EOF}, nil},
		{"no type", answer{header: "Content-Type: ", end: io.EOF}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{answers: []answer{tt.answer}}
				src := dial(t, client.Options{URL: "http://localhost", Transport: s})
				_, err := src.Subscribe(context.Background(), event.Request{Operator: true, Follow: true})
				if err == nil || (tt.is != nil && !errors.Is(err, tt.is)) || errors.Is(err, event.ErrUnavailable) {
					t.Errorf("Subscribe: got %v, want %v", err, tt.is)
				}
				wantRequests(t, s, "")

				s = &script{answers: []answer{{body: hello + frames(1), end: io.EOF}, tt.answer}}
				st := s.open(t, client.Options{})
				wantOffsets(t, offsets(t, st, 1), 1)
				if _, err := st.Next(context.Background()); err == nil || (tt.is != nil && !errors.Is(err, tt.is)) {
					t.Errorf("Next: got %v, want %v", err, tt.is)
				}
				wantRequests(t, s, "", "e-1")
			})
		})
	}
}

func TestConnection_TemporaryErrors(t *testing.T) {
	for _, status := range []int{408, 425, 429, 500, 502, 503, 504} {
		synctest.Test(t, func(t *testing.T) {
			busy := answer{status: status, header: "Retry-After: 7"}
			s := &script{answers: []answer{busy}}
			src := dial(t, client.Options{URL: "http://localhost", Transport: s})
			if _, err := src.Subscribe(context.Background(), event.Request{Operator: true}); !errors.Is(err, event.ErrUnavailable) {
				t.Errorf("%d: Subscribe: got %v, want ErrUnavailable", status, err)
			}
			s = &script{answers: []answer{{body: hello + frames(1), end: io.EOF}, busy, {body: hello + frames(2)}}}
			wantOffsets(t, offsets(t, s.open(t, client.Options{}), 2), 1, 2)
			if got := s.pauses()[1]; got != 7*time.Second {
				t.Errorf("%d: got a pause of %v, want the server's 7s", status, got)
			}
		})
	}
}

func TestConnection_NoReconnect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, body := range []string{hello + frames(1), hello + frames(1) + byeFrame} {
			s := &script{answers: []answer{{body: body, end: io.EOF}}}
			st := s.open(t, client.Options{NoReconnect: true})
			synctest.Wait()
			wantOffsets(t, offsets(t, st, 1), 1) // what came is given first
			for range 2 {
				if _, err := st.Next(context.Background()); !errors.Is(err, client.ErrLost) {
					t.Errorf("got %v, want ErrLost", err)
				}
			}
			wantRequests(t, s, "")
		}
	})
}

func TestConnection_ByeSaysWhenToComeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// The connection stays open behind stream.bye: the client ends it.
		s := &script{answers: []answer{{body: hello + frames(1) + byeFrame}, {body: hello + frames(2)}}}
		wantOffsets(t, offsets(t, s.open(t, client.Options{}), 2), 1, 2)
		if got := s.pauses()[0]; got != 2500*time.Millisecond {
			t.Errorf("got a pause of %v, want 2.5s", got)
		}
	})
}

func TestConnection_SilenceIsNoticed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen states
		s := &script{answers: []answer{{body: hello + frames(1)}, {body: hello + frames(2)}}}
		began := time.Now()
		st := s.open(t, client.Options{OnState: seen.add})
		wantOffsets(t, offsets(t, st, 2), 1, 2)
		if took := time.Since(began); took < 45*time.Second || took > 47*time.Second {
			t.Errorf("got the second event after %v, want three heartbeats and a pause", took)
		}
		if !strings.Contains(seen.got[1].Err.Error(), "silent") {
			t.Errorf("got %v, want that the server was silent", seen.got[1].Err)
		}
	})
}

// A reader that does not call Next is no silence of the server.
func TestConnection_SlowReaderIsNotSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var all []int64
		for i := range int64(5000) {
			all = append(all, i+1)
		}
		s := &script{answers: []answer{{body: hello + frames(all...)}}}
		st := s.open(t, client.Options{})
		time.Sleep(40 * time.Second) // the queue is full, and the connection waits
		time.Sleep(10 * time.Minute)
		got := 0
		for got < len(all) {
			events, err := st.Next(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			got += len(events)
		}
		wantRequests(t, s, "")
	})
}

func TestConnection_PausesGrowAndReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answers := []answer{{body: hello, end: io.EOF}}
		for range 12 {
			answers = append(answers, answer{err: errors.New("connection refused")})
		}
		answers = append(answers, answer{body: hello, end: io.EOF}, answer{body: hello + frames(1)})
		s := &script{answers: answers}
		st := s.open(t, client.Options{})
		wantOffsets(t, offsets(t, st, 1), 1) // it never gives up
		pauses := s.pauses()
		limit := time.Second
		var sum time.Duration
		for i, p := range pauses[:13] {
			if p > limit+10*time.Millisecond {
				t.Errorf("pause %d: got %v, want at most %v", i, p, limit)
			}
			limit = min(2*limit, 30*time.Second)
			sum += p
		}
		if sum < 20*time.Second {
			t.Errorf("got %v for 13 attempts, want growing pauses", sum)
		}
		if last := pauses[13]; last > time.Second+10*time.Millisecond {
			t.Errorf("after a good connection: got a pause of %v, want short ones again", last)
		}
	})
}

func TestConnection_CloseEndsAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{answers: []answer{{body: hello, end: io.EOF}, {status: 503, header: "Retry-After: 60"}}}
		st := s.open(t, client.Options{})
		time.Sleep(10 * time.Second)
		began := time.Now()
		if err := st.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("Close took %v, want no waiting", took)
		}
	})
}

func TestConnection_GapsEndTheStream(t *testing.T) {
	gap := "data: {\"type\":\"stream.gap\",\"data\":{\"reason\":\"trimmed\",\"requested\":\"e-1\",\"oldest\":\"e-5\",\"count\":4}}\n\n"
	initial := "id: e-8\ndata: {\"type\":\"initial\",\"id\":\"e-8\",\"data\":{},\"state\":{}}\n\n"
	other := strings.ReplaceAll(frames(3), "e-3", "f-3")
	for name, tt := range map[string]struct {
		body string
		want event.GapError
	}{
		"told": {gap + initial, event.GapError{
			Reason: event.GapTrimmed, Requested: event.Cursor{Epoch: "e", Offset: 1}, Oldest: event.Cursor{Epoch: "e", Offset: 5}, Count: 4,
		}},
		"initial not asked for": {initial, event.GapError{
			Reason: event.GapTrimmed, Requested: event.Cursor{Epoch: "e", Offset: 1}, Oldest: event.Cursor{Epoch: "e", Offset: 8}, Count: -1,
		}},
		"another epoch": {other, event.GapError{
			Reason: event.GapEpoch, Requested: event.Cursor{Epoch: "e", Offset: 1}, Oldest: event.Cursor{Epoch: "f", Offset: 2}, Count: -1,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{answers: []answer{{body: hello + frames(1) + tt.body + frames(20)}}}
				st := s.open(t, client.Options{})
				wantOffsets(t, offsets(t, st, 1), 1)
				for range 2 {
					_, err := st.Next(context.Background())
					var got *event.GapError
					if !errors.As(err, &got) {
						t.Fatalf("got %v, want a gap", err)
					}
					if diff := cmp.Diff(tt.want, *got); diff != "" {
						t.Errorf("gap differs (-want +got):\n%s", diff)
					}
				}
			})
		})
	}
}

// What can not be read is an error, never skipped.
func TestConnection_BrokenFramesEndTheStream(t *testing.T) {
	for name, body := range map[string]string{
		"no JSON":  "id: e-2\ndata: {\"type\":\n\n",
		"too long": "id: e-2\ndata: " + strings.Repeat("x", 2000) + "\n\n",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{answers: []answer{{body: hello + frames(1) + body + frames(3)}}}
				st := s.open(t, client.Options{MaxFrame: 1000})
				wantOffsets(t, offsets(t, st, 1), 1)
				if events, err := st.Next(context.Background()); err == nil || errors.Is(err, client.ErrLost) {
					t.Errorf("got %d events and %v, want an error that says what is broken", len(events), err)
				}
				wantRequests(t, s, "")
			})
		})
	}
}

func TestConnection_NoFollowEndsWhenLive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{answers: []answer{
			{body: hello + frames(1), end: io.ErrUnexpectedEOF},
			{body: hello + frames(2) + liveFrame},
		}}
		src := dial(t, client.Options{URL: "http://localhost", Transport: s})
		st, err := src.Subscribe(context.Background(), event.Request{Operator: true})
		if err != nil {
			t.Fatal(err)
		}
		defer st.Close()
		got := eventtest.ReadAll(t, st)
		if len(got) != 2 {
			t.Errorf("got %d events, want 2", len(got))
		}
		wantRequests(t, s, "", "e-1")
	})
}
