package client_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/server/client"
)

// initialFrame is how a server that does not know of looking back begins.
const initialFrame = "retry: 1000\n\nid: e-7\ndata: {\"type\":\"initial\",\"id\":\"e-7\",\"data\":{}}\n\nid: e-7\n\n"

func TestSource_OldServerCanNotLookBack(t *testing.T) {
	s := &script{answers: []answer{{body: initialFrame + liveFrame, end: io.EOF}}}
	src := dial(t, client.Options{URL: "http://localhost", Transport: s})
	at, err := src.Last(context.Background(), event.Request{Operator: true}, 50)
	if want := (event.Cursor{Epoch: "e", Offset: 7}); at != want || err != nil {
		t.Errorf("got %v and %v, want that it begins with now, %v", at, err, want)
	}
	if _, err := src.Before(context.Background(), event.Request{Operator: true}, at, 50); !errors.Is(err, event.ErrUnsupported) {
		t.Errorf("got %v, want ErrUnsupported", err)
	}
}

func TestSource_LooksBackAtWholeAnswersOnly(t *testing.T) {
	s := &script{answers: []answer{{body: hello + frames(1, 2), end: io.EOF}}}
	src := dial(t, client.Options{URL: "http://localhost", Transport: s})
	if got, err := src.Before(context.Background(), event.Request{Operator: true}, event.Cursor{}, 50); !errors.Is(err, event.ErrUnavailable) || got != nil {
		t.Errorf("got %d events and %v of an answer that was cut, want ErrUnavailable", len(got), err)
	}
	until := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	s = &script{answers: []answer{{body: hello + frames(1, 2, 3) + liveFrame, end: io.EOF}}}
	src = dial(t, client.Options{URL: "http://localhost", Transport: s})
	for _, tt := range []struct {
		req  event.Request
		want int
	}{{event.Request{Operator: true}, 2}, {event.Request{Operator: true, Until: until}, 0}} {
		if got, err := src.Before(context.Background(), tt.req, event.Cursor{}, 2); len(got) != tt.want || err != nil {
			t.Errorf("%+v: got %d events and %v, want %d", tt.req, len(got), err, tt.want)
		}
	}
}
