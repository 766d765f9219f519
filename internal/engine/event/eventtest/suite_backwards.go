package eventtest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cslack-stream/internal/engine/event"
)

// backwards returns the source under test, if it can look back.
func (s *suite) backwards() event.Backwards {
	s.Helper()
	from, ok := s.Source.(event.Backwards)
	if !ok {
		s.Skip("this source can not look back")
	}
	return from
}

// talk commits n messages for alice, and before each one that she may not
// see.
func (s *suite) talk(n int) []*event.Event {
	s.Helper()
	var out []*event.Event
	for i := range n {
		s.Append(s.T, Message(int64(i)+1000, "ops", Carol, "not for alice"), Carol)
		out = append(out, s.Append(s.T, Message(int64(i)+1, "dev", Bob, fmt.Sprintf("m%d", i+1)), Alice))
	}
	return out
}

func (s *suite) before(from event.Backwards, req event.Request, at event.Cursor, n int) []string {
	s.Helper()
	events, err := from.Before(context.Background(), req, at, n)
	if err != nil {
		s.Fatalf("Before(%v, %d): %v", at, n, err)
	}
	var ids []string
	for _, e := range events {
		ids = append(ids, e.EntityID)
	}
	return ids
}

func testLast(_ *testing.T, s *suite) {
	from := s.backwards()
	req := event.Request{Agent: Alice}
	empty, err := from.Last(context.Background(), req, 3)
	if err != nil {
		s.Fatalf("Last of nothing: %v", err)
	}
	s.talk(5)
	for n, want := range map[int][]string{0: nil, 1: {"5"}, 3: {"3", "4", "5"}, 5: {"1", "2", "3", "4", "5"}, 9: {"1", "2", "3", "4", "5"}} {
		at, err := from.Last(context.Background(), req, n)
		if err != nil {
			s.Fatalf("Last(%d): %v", n, err)
		}
		if diff := cmp.Diff(want, s.idsBehind(req, at)); diff != "" {
			s.Errorf("behind Last(%d) (-want +got):\n%s", n, diff)
		}
	}
	if diff := cmp.Diff([]string{"1", "2", "3", "4", "5"}, s.idsBehind(req, empty)); diff != "" {
		s.Errorf("behind the Last of an empty log (-want +got):\n%s", diff)
	}
}

// idsBehind reads everything behind a cursor.
func (s *suite) idsBehind(req event.Request, at event.Cursor) []string {
	s.Helper()
	req.After = at
	var ids []string
	for _, e := range s.all(req) {
		ids = append(ids, e.EntityID)
	}
	return ids
}

func testBefore(_ *testing.T, s *suite) {
	from := s.backwards()
	all := s.talk(6)
	at := func(i int) event.Cursor {
		c := all[i].Cursor
		c.Offset--
		return c
	}
	for _, tt := range []struct {
		name string
		req  event.Request
		at   event.Cursor
		n    int
		want []string
	}{
		{"the newest", event.Request{Agent: Alice}, event.Cursor{}, 2, []string{"5", "6"}},
		{"at the cursor", event.Request{Agent: Alice}, all[3].Cursor, 2, []string{"3", "4"}},
		{"before an event", event.Request{Agent: Alice}, at(3), 2, []string{"2", "3"}},
		{"fewer than asked for", event.Request{Agent: Alice}, at(2), 100, []string{"1", "2"}},
		{"before the oldest", event.Request{Agent: Alice}, at(0), 100, nil},
		{"none", event.Request{Agent: Alice}, event.Cursor{}, 0, nil},
		{"filtered", event.Request{Agent: Alice, Filter: event.Filter{Channels: []string{"ops"}}}, event.Cursor{}, 9, nil},
		{"of another agent", event.Request{Agent: Carol}, at(2), 2, []string{"1001", "1002"}},
	} {
		if diff := cmp.Diff(tt.want, s.before(from, tt.req, tt.at, tt.n)); diff != "" {
			s.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	got, err := from.Before(context.Background(), event.Request{Agent: Alice}, event.Cursor{}, 1)
	if err != nil || len(got) != 1 || got[0].Cursor != all[5].Cursor || string(got[0].Wire) != string(all[5].Wire) && len(all[5].Wire) > 0 {
		s.Errorf("got %v and %v, want the event as its stream gives it", got, err)
	}
}

func testBeforeRefuses(_ *testing.T, s *suite) {
	from := s.backwards()
	s.talk(1)
	if _, err := from.Before(context.Background(), event.Request{}, event.Cursor{}, 1); err == nil {
		s.Error("got events as nobody, want an error")
	}
	var gap *event.GapError
	_, err := from.Before(context.Background(), event.Request{Agent: Alice}, event.Cursor{Epoch: "another", Offset: 1}, 1)
	if !errors.As(err, &gap) || gap.Reason != event.GapEpoch {
		s.Errorf("behind a cursor of another log: got %v, want a gap", err)
	}
}

func testBeforeTrimmed(_ *testing.T, s *suite) {
	from := s.backwards()
	if s.Trim == nil {
		s.Skip("this source does not trim")
	}
	all := s.talk(6)
	s.Trim(s.T, all[2].Cursor)
	req := event.Request{Agent: Alice}
	if diff := cmp.Diff([]string{"4", "5"}, s.before(from, req, all[4].Cursor, 9)); diff != "" {
		s.Errorf("what is left (-want +got):\n%s", diff)
	}
	if got := s.before(from, req, all[1].Cursor, 9); got != nil {
		s.Errorf("got %v of what was trimmed, want nothing", got)
	}
}
