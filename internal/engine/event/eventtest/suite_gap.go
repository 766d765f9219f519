package eventtest

import (
	"context"
	"errors"
	"testing"

	"cslack-stream/internal/engine/event"
)

// checkGap tests the fields of a gap, and that its Oldest can be read from.
func (s *suite) checkGap(gap *event.GapError, reason event.GapReason, requested event.Cursor, want []*event.Event) {
	s.Helper()
	if gap.Reason != reason {
		s.Errorf("got reason %q, want %q", gap.Reason, reason)
	}
	if !requested.IsZero() && gap.Requested != requested {
		s.Errorf("got requested %v, want %v", gap.Requested, requested)
	}
	s.same("after the gap's oldest", s.all(event.Request{Agent: Alice, After: gap.Oldest}), want)
}

func testGapEpoch(t *testing.T, s *suite) {
	want := s.append([]event.Agent{Alice}, messages(1, 3)...)
	for _, offset := range []int64{0, 1, 1 << 40} {
		c := event.Cursor{Epoch: "nosuchepoch", Offset: offset}
		s.checkGap(s.gap(event.Request{Agent: Alice, After: c}), event.GapEpoch, c, want)
	}
}

func testGapFuture(t *testing.T, s *suite) {
	want := s.append([]event.Agent{Alice}, messages(1, 3)...)
	for _, ahead := range []int64{1, 1 << 40} {
		c := event.Cursor{Epoch: want[0].Cursor.Epoch, Offset: want[2].Cursor.Offset + ahead}
		s.checkGap(s.gap(event.Request{Agent: Alice, After: c}), event.GapFuture, c, want)
	}
}

func testGapTrimmed(t *testing.T, s *suite) {
	if s.Trim == nil {
		t.Skip("this source can not be trimmed")
	}
	all := s.append([]event.Agent{Alice}, messages(1, 10)...)
	s.Trim(t, all[5].Cursor)
	for _, i := range []int{0, 3, 4} {
		gap := s.gap(event.Request{Agent: Alice, After: all[i].Cursor})
		s.checkGap(gap, event.GapTrimmed, all[i].Cursor, all[6:])
		if n := int64(5 - i); gap.Count >= 0 && gap.Count != n {
			t.Errorf("after %v: got count %d, want %d, or negative for unknown", all[i].Cursor, gap.Count, n)
		}
	}
	for _, i := range []int{5, 6, 9} {
		s.same("after a cursor that misses nothing", s.all(event.Request{Agent: Alice, After: all[i].Cursor}), all[i+1:])
	}
	s.Trim(t, all[9].Cursor)
	s.same("after the newest, with everything trimmed", s.all(event.Request{Agent: Alice, After: all[9].Cursor}), nil)
	s.checkGap(s.gap(event.Request{Agent: Alice, After: all[8].Cursor}), event.GapTrimmed, all[8].Cursor, nil)
}

func testTrimmedZero(t *testing.T, s *suite) {
	if s.Trim == nil {
		t.Skip("this source can not be trimmed")
	}
	all := s.append([]event.Agent{Alice}, messages(1, 10)...)
	s.Trim(t, all[5].Cursor)
	s.same("after the zero cursor", s.all(event.Request{Agent: Alice}), all[6:])
	s.same("since", s.all(event.Request{Agent: Alice, Since: Day}), all[6:])
}

func testGapTrimmedReading(t *testing.T, s *suite) {
	if s.Trim == nil || s.ReadsAhead {
		t.Skip("this source can not be trimmed, or reads ahead")
	}
	all := s.append([]event.Agent{Alice}, messages(1, 10)...)
	st := s.subscribe(event.Request{Agent: Alice, After: all[2].Cursor, Follow: true})
	s.Trim(t, all[5].Cursor)
	s.sticky(st, event.GapTrimmed, all[6:])
}

func testGapEpochReading(t *testing.T, s *suite) {
	if s.NewEpoch == nil {
		t.Skip("this source keeps its epoch")
	}
	s.append([]event.Agent{Alice}, messages(1, 3)...)
	st := s.subscribe(event.Request{Agent: Alice, Follow: true})
	ReadN(t, st, 3)
	s.NewEpoch(t)
	want := s.append([]event.Agent{Alice}, messages(4, 2)...)
	s.sticky(st, event.GapEpoch, want)
}

// sticky wants a gap from Next, again and again.
func (s *suite) sticky(st event.Stream, reason event.GapReason, want []*event.Event) {
	s.Helper()
	for i := range 3 {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		events, err := st.Next(ctx)
		cancel()
		var gap *event.GapError
		if !errors.As(err, &gap) {
			s.Fatalf("Next number %d: got %d events and %v, want a *GapError", i+1, len(events), err)
		}
		if i == 0 {
			s.checkGap(gap, reason, event.Cursor{}, want)
		}
	}
}
