package engine_test

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cslack-stream/internal/engine"
	"cslack-stream/internal/engine/event"
)

// TestClockSetBack: the clock of the machine is set back by an hour. The order
// is that of commits all the same, times are what they were, since and until
// mean times, and retention only takes longer.
func TestClockSetBack(t *testing.T) {
	db, w := newWorld(t)
	var back atomic.Int64
	e := startCarrier(t, db, func(o *engine.Options) {
		o.Now = func() time.Time { return time.Now().Add(-time.Duration(back.Load())) }
	})
	s := e.operator(t, e.Window().Latest())
	w.Exec(say("at three"))
	contents(t, s, "at three")
	back.Store(int64(time.Hour))
	// What a trigger notes when the clock says two.
	w.Exec("BEGIN IMMEDIATE", say("at two"), "UPDATE cslack_change SET at=at-1/24.0 WHERE id=(SELECT max(id) FROM cslack_change)", "COMMIT")
	contents(t, s, "at two")
	back.Store(0)
	w.Exec(say("at three again"))
	contents(t, s, "at three again")
	if diff := cmp.Diff([]string{"at three", "at two", "at three again"}, e.messages(t)); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	half := time.Now().Add(-30 * time.Minute)
	for name, c := range map[string]struct {
		req  event.Request
		want []string
	}{
		"since": {event.Request{Since: half}, []string{"at three", "at three again"}},
		"until": {event.Request{Until: half, Since: half.Add(-time.Hour)}, []string{"at two"}},
	} {
		if diff := cmp.Diff(c.want, e.past(t, c.req)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if c := e.Condition(); c.State != engine.Healthy {
		t.Errorf("got condition %+v, want a healthy engine", c)
	}
}

// past reads the messages of a stream that ends.
func (r *running) past(t *testing.T, req event.Request) (out []string) {
	t.Helper()
	req.Operator, req.Filter.Types = true, []string{"message.new"}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	s, err := r.Subscribe(ctx, req)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for {
		events, err := s.Next(ctx)
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			out = append(out, contentOf(e))
		}
	}
}
