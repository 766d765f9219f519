package tui

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/eventtest"
)

// flaky is a source whose streams can be broken.
type flaky struct {
	*eventtest.Source
	mu     sync.Mutex
	cut    context.CancelFunc
	broken error
}

var errCut = errors.New("the line was cut")

func (f *flaky) Subscribe(ctx context.Context, req event.Request) (event.Stream, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.broken != nil {
		return nil, f.broken
	}
	s, err := f.Source.Subscribe(ctx, req)
	if err != nil {
		return nil, err
	}
	cut, cancel := context.WithCancel(context.Background())
	f.cut = cancel
	return &flakyStream{s, cut}, nil
}

// breaks ends the stream and answers err to new ones; nil mends it.
func (f *flaky) breaks(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.broken = err
	if err != nil && f.cut != nil {
		f.cut()
	}
}

type flakyStream struct {
	event.Stream
	cut context.Context
}

func (s *flakyStream) Next(ctx context.Context) ([]*event.Event, error) {
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.cut, cancel)() //nolint:contextcheck // cut is another reader's end
	events, err := s.Stream.Next(inner)
	if err != nil && s.cut.Err() != nil {
		return nil, errCut
	}
	return events, err
}

// heard is what a feed told, in words.
func heard(n news) string {
	switch {
	case n.gap != nil:
		return fmt.Sprintf("gap:%d", n.gap.Count)
	case n.state != nil:
		return [...]string{"connecting", "live", "lost", "failed", "ended"}[n.state.phase]
	}
	var offsets []string
	for _, e := range n.events {
		offsets = append(offsets, fmt.Sprint(e.Cursor.Offset))
	}
	what := strings.Join(offsets, ",")
	if n.past {
		what += "(past)"
	}
	return what
}

// listen returns what f tells until it tells nothing more, or has told most
// things.
func listen(f *feed, most int) string {
	var all []string
	time.Sleep(settle) // of the bubble's time
	for len(all) < most {
		synctest.Wait()
		select {
		case n, ok := <-f.out:
			if !ok {
				return strings.Join(append(all, "closed"), " ")
			}
			all = append(all, heard(n))
			continue
		default:
		}
		break
	}
	return strings.Join(all, " ")
}

func (f *flaky) say(n int) {
	for range n {
		f.Append(eventtest.Message(1, "dev", eventtest.Bob, "hello"), eventtest.Alice)
	}
}

func TestFeed_GoesOnOverLossesAndGaps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &flaky{Source: eventtest.NewSource()}
		source.say(5)
		f := startFeed(source, event.Request{Agent: eventtest.Alice}, 3, time.Now)
		defer f.stop()
		check := func(want string) {
			t.Helper()
			if got := listen(f, 100); got != want {
				t.Fatalf("got %q, want %q", got, want)
			}
		}
		check("3,4,5(past) live")
		source.say(1)
		check("6")
		source.breaks(errCut)
		check("lost")
		time.Sleep(minRetry)
		check("connecting lost")
		source.breaks(nil)
		source.say(2)
		f.again()
		check("connecting 7,8 live")
		source.breaks(errCut)
		check("lost")
		source.say(4)
		source.Trim(event.Cursor{Epoch: source.Latest().Epoch, Offset: 11})
		source.breaks(nil)
		time.Sleep(minRetry)
		check("connecting gap:3 12 live")
	})
}

func TestFeed_BeginsWhereItIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &flaky{Source: eventtest.NewSource()}
		source.say(5)
		after := event.Cursor{Epoch: source.Latest().Epoch, Offset: 1}
		for _, tt := range []struct {
			req  event.Request
			last int
			want string
		}{
			{event.Request{Agent: eventtest.Alice, After: after}, 2, "2,3,4,5(past) live"},
			{event.Request{Agent: eventtest.Alice}, 100, "1,2,3,4,5(past) live"},
			{event.Request{Agent: eventtest.Carol}, 100, "live"},
		} {
			f := startFeed(source, tt.req, tt.last, time.Now)
			if got := listen(f, 100); got != tt.want {
				t.Errorf("%+v: got %q, want %q", tt.req, got, tt.want)
			}
			f.stop()
		}
	})
}

func TestFeed_EndsWhenTryingAgainCanNotHelp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &flaky{Source: eventtest.NewSource(), broken: event.ErrForbidden}
		f := startFeed(source, event.Request{Agent: eventtest.Alice}, 3, time.Now)
		defer f.stop()
		if got, want := listen(f, 100), "failed closed"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestCollect_TakesWhatComesWithinAFrame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &feed{out: make(chan news), now: time.Now}
		go func() {
			for i := range 10 {
				f.out <- news{cursor: event.Cursor{Offset: int64(i)}}
				time.Sleep(10 * time.Millisecond)
			}
			close(f.out)
		}()
		var sizes []int
		for {
			b := collect(f, 1)().(batch)
			if sizes = append(sizes, len(b.news)); b.closed {
				break
			}
		}
		if got, want := fmt.Sprint(sizes), "[4 4 2]"; got != want {
			t.Errorf("got batches of %s, want %s", got, want)
		}
	})
}
