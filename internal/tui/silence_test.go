package tui

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/eventtest"
)

// ear is a stream that hears what it is told to hear.
type ear struct {
	event.Stream
	mu   sync.Mutex
	last time.Time
}

func (e *ear) Heard() (time.Time, time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.last, 15 * time.Second
}

type deaf struct{ event.Stream }

func TestModel_SaysThatNothingIsHeard(t *testing.T) {
	d := newDesk(t, Options{})
	d.live()
	d.said(3)
	d.stopFeeds() // what it hears is told here
	begin := d.o.Now()
	heard := &ear{last: begin}
	d.feed.listenTo(heard)
	d.Update(tick(begin.Add(30 * time.Second)))
	d.shows("● live")
	d.Update(tick(begin.Add(45 * time.Second)))
	d.shows("◌ silent 45s (heartbeat due every 15s)", "m3", "FOLLOWING")
	heard.last = begin.Add(44 * time.Second)
	d.Update(tick(begin.Add(46 * time.Second)))
	d.shows("● live")
	d.feed.listenTo(deaf{})
	d.Update(tick(begin.Add(time.Hour)))
	d.shows("● live")
}

func TestModel_SaysThatTheSourceCanNotLook(t *testing.T) {
	var trouble error
	d := newDesk(t, Options{Trouble: func() error { return trouble }})
	d.live()
	d.said(1)
	begin := d.o.Now()
	trouble = errors.New("the database is\x1b[2J locked")
	d.Update(tick(begin))
	d.Update(tick(begin.Add(12 * time.Second)))
	d.shows("◌ not reading for 12s", "TRYING AGAIN", "the database is␛[2J locked")
	trouble = nil
	d.Update(tick(begin.Add(13 * time.Second)))
	d.shows("● live", "FOLLOWING")
}

func TestFeed_ListensToTheStreamItReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &flaky{Source: eventtest.NewSource()}
		listened := listening{source, &ear{last: time.Now()}}
		f := startFeed(listened, event.Request{Agent: eventtest.Alice}, 3, time.Now)
		defer f.stop()
		listen(f, 100)
		if got := f.heard(); got.last.IsZero() {
			t.Error("got nothing heard of an open stream")
		}
		source.breaks(errCut)
		listen(f, 100)
		if got := f.heard(); !got.last.IsZero() {
			t.Errorf("got %v heard of a stream that is lost, want nothing", got)
		}
	})
}

// listening gives streams that hear.
type listening struct {
	*flaky
	ear *ear
}

func (l listening) Subscribe(ctx context.Context, req event.Request) (event.Stream, error) {
	s, err := l.flaky.Subscribe(ctx, req)
	if err != nil {
		return nil, err
	}
	return struct {
		event.Stream
		listener
	}{s, l.ear}, nil
}
