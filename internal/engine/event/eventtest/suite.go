package eventtest

import (
	"context"
	"errors"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cslack-stream/internal/engine/event"
)

// patience is how long the suite waits for what must happen. Nothing waits
// this long unless it is broken.
const patience = 20 * time.Second

// Harness is a Source under test and what the suite needs to drive it. Every
// subtest opens one of its own, with an empty log.
type Harness struct {
	Source event.Source
	// Append commits one event for the recipients given, with the type,
	// entity, addressee, channel, payload and CreatedAt of e, and returns it
	// as readers get it; its cursor, at least, has to be set. A stream opened
	// after Append returned can read it. Append is called by one goroutine at
	// a time, not always that of the test, so it must not call t.Fatal.
	Append func(t testing.TB, e event.Event, to ...event.Agent) *event.Event
	// Trim removes the events up to and including a cursor. If it is nil, the
	// tests of trimming are skipped.
	Trim func(t testing.TB, through event.Cursor)
	// NewEpoch starts the log again in another epoch. If it is nil, the tests
	// that need it are skipped.
	NewEpoch func(t testing.TB)
	// NoSnapshots skips the tests of Snapshot.
	NoSnapshots bool
	// ReadsAhead tells that streams fetch events before Next asks for them, as
	// a network client does: what is trimmed later they may have or not.
	ReadsAhead bool
	// Ends tells that a stream ends with what was there when it was opened,
	// also one that follows, as that of a recording does: the tests of what
	// comes later are skipped.
	Ends bool
}

// TestSource checks that a Source keeps the contract of [event.Source] and
// [event.Stream]. open is called once for each subtest, and should use
// t.Cleanup to take down what it built.
func TestSource(t *testing.T, open func(t *testing.T) Harness) {
	tests := []struct {
		name string
		run  func(*testing.T, *suite)
	}{
		{"Read/Order", testOrder},
		{"Read/OrderUnderConcurrentAppend", testOrderUnderAppend},
		{"Read/Content", testContent},
		{"Read/Empty", testEmpty},
		{"Read/NoFollowEndsAtNewestAtSubscribe", testNoFollow},
		{"Read/ReadersAreIndependent", testIndependent},
		{"Resume/FromEveryCursor", testResume},
		{"Resume/FromOwnCursor", testResumeOwn},
		{"Audience/RecipientsOnly", testAudience},
		{"Audience/Addressee", testAddressee},
		{"Audience/Operator", testOperator},
		{"Audience/NamesAreExact", testExactNames},
		{"Audience/NoAgentIsForbidden", testNobody},
		{"Several/Union", testUnion},
		{"Several/Follows", testUnionFollows},
		{"Several/NobodyFirstIsForbidden", testNobodyFirst},
		{"Several/NarrowedAndResumed", testUnionNarrowed},
		{"Several/AudienceOfEachEvent", testEventAudience},
		{"Several/AudienceForTheOperator", testOperatorAudience},
		{"Several/AudienceWithOddNames", testOddAudience},
		{"Filter/Types", testFilterTypes},
		{"Filter/Channels", testFilterChannels},
		{"Filter/ShowsNothingHidden", testFilterHidden},
		{"Time/SinceAndUntilTestEveryEvent", testTime},
		{"Stream/BlocksThenWakes", testWakes},
		{"Stream/GoesOnAfterContext", testContext},
		{"Stream/SubscribeContextBoundsSubscribeOnly", testSubscribeContext},
		{"Stream/CursorMovesPastHidden", testCursorMoves},
		{"Stream/CursorStaysWithUnreturned", testCursorStays},
		{"Stream/Live", testLive},
		{"Stream/Close", testClose},
		{"Gap/Epoch", testGapEpoch},
		{"Gap/Future", testGapFuture},
		{"Gap/Trimmed", testGapTrimmed},
		{"Gap/ZeroCursorIsNoGap", testTrimmedZero},
		{"Gap/TrimmedWhileReading", testGapTrimmedReading},
		{"Gap/EpochWhileReading", testGapEpochReading},
		{"Backwards/Last", testLast},
		{"Backwards/Before", testBefore},
		{"Backwards/BeforeRefuses", testBeforeRefuses},
		{"Backwards/BeforeWhatWasTrimmed", testBeforeTrimmed},
		{"Snapshot/RecentMessages", testSnapshotMessages},
		{"Snapshot/ContinuesIntoStream", testSnapshotContinues},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := &suite{T: t, Harness: open(t)}
			if s.Ends && slices.Contains(later, tt.name) {
				t.Skip("streams of this source end with what was there")
			}
			tt.run(t, s)
		})
	}
}

// later are the tests of events that come while a stream is open.
var later = []string{
	"Read/OrderUnderConcurrentAppend", "Stream/BlocksThenWakes", "Stream/GoesOnAfterContext",
	"Stream/SubscribeContextBoundsSubscribeOnly", "Stream/CursorMovesPastHidden", "Several/Follows",
}

// suite is one subtest at work.
type suite struct {
	*testing.T
	Harness
}

// append commits events for the same recipients.
func (s *suite) append(to []event.Agent, events ...event.Event) []*event.Event {
	s.Helper()
	var out []*event.Event
	for _, e := range events {
		out = append(out, s.Append(s.T, e, to...))
	}
	return out
}

// subscribe opens a stream that is closed with the test.
func (s *suite) subscribe(req event.Request) event.Stream {
	s.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	st, err := s.Source.Subscribe(ctx, req)
	if err != nil {
		s.Fatalf("Subscribe %+v: %v", req, err)
	}
	s.Cleanup(func() { _ = st.Close() })
	return st
}

// gap subscribes and returns the gap that this must give.
func (s *suite) gap(req event.Request) *event.GapError {
	s.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	st, err := s.Source.Subscribe(ctx, req)
	if err == nil {
		_ = st.Close()
	}
	var gap *event.GapError
	if !errors.As(err, &gap) {
		s.Fatalf("Subscribe after %v: got %v, want a *GapError", req.After, err)
	}
	return gap
}

// ReadAll reads a stream that does not follow to its end.
func ReadAll(t testing.TB, st event.Stream) []*event.Event {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var out []*event.Event
	for {
		events, err := st.Next(ctx)
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatalf("Next after %d events: %v", len(out), err)
		}
		out = append(out, checked(t, events)...)
	}
}

// ReadN reads n events, and fails the test if more came at once.
func ReadN(t testing.TB, st event.Stream, n int) []*event.Event {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var out []*event.Event
	for len(out) < n {
		events, err := st.Next(ctx)
		if err != nil {
			t.Fatalf("Next after %d of %d events: %v", len(out), n, err)
		}
		out = append(out, checked(t, events)...)
	}
	if len(out) != n {
		t.Fatalf("got %d events, want %d: %v", len(out), n, cursors(out))
	}
	return out
}

func checked(t testing.TB, events []*event.Event) []*event.Event {
	t.Helper()
	if len(events) == 0 {
		t.Fatal("Next returned no events and no error")
	}
	return events
}

// all reads everything there is now for a request.
func (s *suite) all(req event.Request) []*event.Event {
	s.Helper()
	req.Follow = false
	return ReadAll(s.T, s.subscribe(req))
}

// same fails the test unless got are exactly the events want, in that order.
func (s *suite) same(what string, got, want []*event.Event) {
	s.Helper()
	if diff := cmp.Diff(cursors(want), cursors(got)); diff != "" {
		s.Errorf("%s: cursors differ (-want +got):\n%s", what, diff)
	}
}

func cursors(events []*event.Event) []string {
	out := make([]string, len(events))
	for i, e := range events {
		out[i] = e.Cursor.String()
	}
	return out
}

// brief is a context that ends soon: for Next where nothing is expected.
func brief() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), 30*time.Millisecond)
}
