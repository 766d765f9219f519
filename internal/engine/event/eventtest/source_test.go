package eventtest_test

import (
	"context"
	"errors"
	"testing"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/eventtest"
)

func TestSource_Conformance(t *testing.T) {
	eventtest.TestSource(t, func(*testing.T) eventtest.Harness {
		src := eventtest.NewSource()
		var n int64
		return eventtest.Harness{
			Source: src,
			Append: func(_ testing.TB, e event.Event, to ...event.Agent) *event.Event {
				src.Skip(n % 3) // holes mean nothing
				n++
				return src.Append(e, to...)
			},
			Trim:     func(_ testing.TB, through event.Cursor) { src.Trim(through) },
			NewEpoch: func(testing.TB) { src.NewEpoch() },
		}
	})
}

func TestSource_CountsStreams(t *testing.T) {
	src := eventtest.NewSource()
	st, err := src.Subscribe(context.Background(), event.Request{Operator: true, Follow: true})
	if err != nil {
		t.Fatal(err)
	}
	if got := src.Streams(); got != 1 {
		t.Errorf("got %d streams, want 1", got)
	}
	_, _ = st.Close(), st.Close()
	if got := src.Streams(); got != 0 {
		t.Errorf("after Close: got %d streams, want 0", got)
	}
}

func TestSource_Fails(t *testing.T) {
	src := eventtest.NewSource()
	src.Fail(event.ErrUnavailable)
	if _, err := src.Subscribe(context.Background(), event.Request{Operator: true}); !errors.Is(err, event.ErrUnavailable) {
		t.Errorf("Subscribe: got %v, want ErrUnavailable", err)
	}
	if _, err := src.Snapshot(context.Background(), eventtest.Alice); !errors.Is(err, event.ErrUnavailable) {
		t.Errorf("Snapshot: got %v, want ErrUnavailable", err)
	}
	src.Fail(nil)
	if _, err := src.Snapshot(context.Background(), eventtest.Alice); err != nil {
		t.Errorf("Snapshot after the failure: %v", err)
	}
}
