package replay_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/eventtest"
	"cslack-stream/internal/replay"
)

// at is a source with events at these seconds.
func at(seconds ...int) *eventtest.Source {
	s := eventtest.NewSource()
	for i, sec := range seconds {
		e := eventtest.Message(int64(i), "g:dev", eventtest.Bob, "x")
		e.CreatedAt = eventtest.Day.Add(time.Duration(sec) * time.Second)
		s.Append(e, eventtest.Alice)
	}
	return s
}

func play(t *testing.T, s event.Source, pace replay.Pace) *replay.Player {
	t.Helper()
	p, err := replay.Play(t.Context(), s, event.Request{Agent: eventtest.Alice}, pace)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// watch notes which event comes how long after start, until the end.
func watch(t *testing.T, p *replay.Player, start time.Time) string {
	t.Helper()
	var got []string
	for {
		events, err := p.Next(t.Context())
		if errors.Is(err, io.EOF) {
			return strings.Join(got, " ")
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			got = append(got, fmt.Sprintf("%d@%v", e.Cursor.Offset, time.Since(start)))
		}
	}
}

func TestPlayer_Pace(t *testing.T) {
	tests := []struct {
		pace    replay.Pace
		seconds []int
		want    string
	}{
		{replay.Pace{Speed: 1}, []int{0, 1, 1, 4}, "1@0s 2@1s 3@1s 4@4s"},
		{replay.Pace{Speed: 2}, []int{0, 1, 4}, "1@0s 2@500ms 3@2s"},
		{replay.Pace{Speed: 0.5}, []int{0, 1}, "1@0s 2@2s"},
		{replay.Pace{}, []int{0, 1, 3600}, "1@0s 2@0s 3@0s"},
		{replay.Pace{Speed: 1, MaxIdle: 2 * time.Second}, []int{0, 1, 3600, 3601}, "1@0s 2@1s 3@3s 4@4s"},
		{replay.Pace{Speed: 10, MaxIdle: 2 * time.Second}, []int{0, 10, 3600}, "1@0s 2@1s 3@3s"},
		{replay.Pace{Speed: 1}, []int{10, 5, 6}, "1@0s 2@0s 3@1s"}, // the clock was set back
	}
	for _, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			if got := watch(t, play(t, at(tt.seconds...), tt.pace), time.Now()); got != tt.want {
				t.Errorf("%+v of %v: got %s, want %s", tt.pace, tt.seconds, got, tt.want)
			}
		})
	}
}

// TestPlayer_SlowReader: what came late because nobody read does not make the
// rest late, and does not make it come in a rush either.
func TestPlayer_SlowReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, start := play(t, at(0, 1, 2, 10), replay.Pace{Speed: 1}), time.Now()
		if _, err := p.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		if got, want := watch(t, p, start), "2@5s 3@6s 4@14s"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

func TestPlayer_Controls(t *testing.T) {
	tests := []struct {
		name string
		use  func(*replay.Player)
		want string
	}{
		{"pause and resume", func(p *replay.Player) {
			time.Sleep(3 * time.Second)
			p.Pause()
			time.Sleep(time.Hour)
			p.Resume()
		}, "1@0s 2@1h0m10s 3@1h0m20s"},
		{"step while paused", func(p *replay.Player) {
			p.Pause()
			time.Sleep(time.Second)
			p.Step()
			time.Sleep(time.Second)
			p.Step()
		}, "1@0s 2@1s 3@2s"},
		{"step, then at its pace", func(p *replay.Player) {
			time.Sleep(time.Second)
			p.Step()
		}, "1@0s 2@1s 3@11s"},
		{"faster on the way", func(p *replay.Player) {
			time.Sleep(5 * time.Second)
			p.SetPace(replay.Pace{Speed: 5})
		}, "1@0s 2@6s 3@8s"},
		{"at once", func(p *replay.Player) {
			time.Sleep(5 * time.Second)
			p.SetPace(replay.Pace{})
		}, "1@0s 2@5s 3@5s"},
		{"seek forward", func(p *replay.Player) {
			time.Sleep(time.Second)
			p.Seek(eventtest.Day.Add(15 * time.Second))
		}, "1@0s 3@1s"},
		{"seek back", func(p *replay.Player) {
			time.Sleep(15 * time.Second)
			p.Seek(eventtest.Day.Add(5 * time.Second))
		}, "1@0s 2@10s 2@15s 3@25s"},
	}
	for _, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			p, start := play(t, at(0, 10, 20), replay.Pace{Speed: 1}), time.Now()
			go tt.use(p)
			if got := watch(t, p, start); got != tt.want {
				t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
			}
		})
	}
}

// TestPlayer_CursorStaysWithWhatWasGiven: who stops before an event is due
// finds it behind the cursor.
func TestPlayer_CursorStaysWithWhatWasGiven(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := play(t, at(0, 10, 20), replay.Pace{Speed: 1})
		if _, err := p.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := p.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want DeadlineExceeded", err)
		}
		if got := p.Cursor().Offset; got != 1 {
			t.Errorf("got offset %d, want 1", got)
		}
		if got := len(eventtest.ReadAll(t, p)); got != 2 {
			t.Errorf("got %d events afterwards, want 2", got)
		}
	})
}

func TestParseSpeed(t *testing.T) {
	for in, want := range map[string]float64{"1": 1, "2": 2, "10": 10, "10x": 10, "0.5": 0.5, "max": 0} {
		if got, err := replay.ParseSpeed(in); got != want || err != nil {
			t.Errorf("%q: got %v and %v, want %v", in, got, err, want)
		}
	}
	for _, in := range []string{"", "0", "-1", "x", "fast", "NaN", "Inf", "1e99", "1 2"} {
		if got, err := replay.ParseSpeed(in); err == nil {
			t.Errorf("%q: got %v, want an error", in, got)
		}
	}
}
