package tui

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/eventtest"
	"cslack-stream/internal/replay"
	"cslack-stream/internal/tui/timeline"

	tea "github.com/charmbracelet/bubbletea"
)

// player is a replay with nobody at it, on a source with messages m1, m2 and
// so on that were said at these seconds. Its clock is moved by hand.
type player struct {
	*desk
	source *eventtest.Source
	clock  time.Time
}

func newPlayer(t *testing.T, o Options, seconds ...int) *player {
	t.Helper()
	p := &player{source: eventtest.NewSource(), clock: eventtest.Day.Add(24 * time.Hour)}
	for i, s := range seconds {
		p.says(i+1, s, eventtest.Alice, eventtest.Bob)
	}
	o.Source = p.source
	if o.Replay == nil {
		o.Replay = &Replay{Pace: replay.Pace{Speed: 1, MaxIdle: 2 * time.Second}, Live: true}
	}
	p.desk = newDesk(t, o)
	p.read()
	return p
}

// says has bob say the message with that number.
func (p *player) says(n, second int, to ...event.Agent) {
	e := eventtest.Message(int64(n), "dev", eventtest.Bob, fmt.Sprintf("m%d.", n))
	e.CreatedAt = eventtest.Day.Add(time.Duration(second) * time.Second)
	p.source.Append(e, to...)
}

// read lets the view read until nothing more comes.
func (p *player) read() {
	p.t.Helper()
	for serial := p.serial; ; {
		b, ok := collect(p.feed, p.serial)().(batch)
		if !ok {
			p.t.Fatal("got no batch")
		}
		b.at = p.clock
		p.Update(b)
		if p.serial != serial {
			serial = p.serial
			if p.playback == nil || !p.playback.filling {
				return
			}
			continue
		}
		if b.closed {
			return
		}
	}
}

// passes lets time go by, and what is due happen.
func (p *player) passes(d time.Duration) {
	p.clock = p.clock.Add(d)
	p.Update(playTick{p.playback.ticks, p.clock})
}

func TestPlayback_PlaysAtItsPace(t *testing.T) {
	p := newPlayer(t, Options{}, 0, 1, 3, 100)
	p.shows("alice@webapp   REPLAY", "event 0 of 4  15:04:05", "15:04:05 ", " 15:05:45", "▶ PLAYING 1x   quiet time capped at 2s", "1m40s to go, about 5s")
	p.passes(0)
	p.shows("event 1 of 4  15:04:05", "m1.")
	p.passes(900 * time.Millisecond)
	p.hides("m2.")
	p.passes(100 * time.Millisecond)
	p.shows("event 2 of 4  15:04:06", "m2.", "1m39s to go, about 4s")
	p.passes(2 * time.Second)
	p.shows("m3.", "event 3 of 4  15:04:08")
	p.hides("quiet for")
	p.passes(1900 * time.Millisecond)
	p.hides("m4.")
	p.passes(100 * time.Millisecond)
	p.shows("m4.", "╌╌╌ quiet for 1m37s ╌", "event 4 of 4  15:05:45")
	p.shows("END   L goes live, q quits")
	p.press(" ")
	p.shows("event 0 of 4", "▶ PLAYING")
}

func TestPlayback_PausesAndSteps(t *testing.T) {
	p := newPlayer(t, Options{}, 0, 1, 30, 31, 32)
	p.passes(0)
	p.press(" ")
	p.shows("PAUSED   1x")
	p.passes(time.Hour)
	p.shows("event 1 of 5")
	p.press("right", "right")
	p.shows("event 3 of 5  15:04:35", "m3.", "quiet for 29s")
	p.press("left")
	p.shows("event 2 of 5  15:04:06", "m2.")
	p.hides("m3.", "quiet for")
	p.press("left", "left", "left")
	p.shows("event 0 of 5", "This is the beginning", "this is the beginning")
	p.press(" ")
	p.passes(0)
	p.shows("event 1 of 5", "▶ PLAYING")
	p.Update(tea.KeyMsg{Type: tea.KeyShiftRight})
	p.shows("event 5 of 5  15:04:37", "END") // there is no whole minute
	p.Update(tea.KeyMsg{Type: tea.KeyShiftLeft})
	p.shows("event 0 of 5  15:04:05", "▶ PLAYING")
	p.press("right", "right", "right", "right", "right", "right")
	p.shows("event 5 of 5", "this is the end: L goes live")
}

func TestPlayback_ChangesItsSpeed(t *testing.T) {
	p := newPlayer(t, Options{}, 0, 100, 200)
	p.passes(0)
	for _, want := range []string{"2x", "5x", "10x", "50x", "max", "max"} {
		p.press("+")
		p.shows("▶ PLAYING " + want)
	}
	p.passes(0)
	p.shows("event 3 of 3")
	for _, want := range []string{"50x", "10x", "5x", "2x", "1x", "1x"} {
		p.press("-")
		p.shows("END")
		if got := speedName(p.playback.pacer.Pace().Speed); got != want {
			t.Errorf("got the speed %s, want %s", got, want)
		}
	}
	for speed, want := range map[float64][2]float64{0.5: {0.5, 1}, 7: {5, 10}, 1000: {50, 0}} {
		if got := [2]float64{nextSpeed(speed, -1), nextSpeed(speed, 1)}; got != want {
			t.Errorf("%v: got %v, want %v", speed, got, want)
		}
	}
}

// TestPlayback_LookingAroundPauses: the keys of the list work on what has been
// played, and the list stands still meanwhile.
func TestPlayback_LookingAroundPauses(t *testing.T) {
	p := newPlayer(t, Options{}, 0, 1, 2, 3, 4)
	p.Update(playTick{p.playback.ticks, p.clock.Add(time.Minute)})
	p.passes(time.Minute)
	p.press("right", "right", "up")
	p.shows("PAUSED", "▌")
	p.passes(time.Hour)
	p.shows("PAUSED")
	p.press("enter")
	p.shows("message.new")
	p.press("esc", " ")
	p.shows("▶ PLAYING")
}

func TestPlayback_FindsAndFiltersAhead(t *testing.T) {
	p := newPlayer(t, Options{}, 0, 1, 2, 3, 4, 5)
	p.press(" ", `\`, "m4", "enter")
	p.shows("event 4 of 6", "PAUSED")
	p.press("n")
	p.shows("nothing further matches m4", "event 4 of 6")
	p.press("/", "m1,m5", "backspace", "backspace", "backspace", "enter") // m1
	p.shows("m1 (1)")
	p.press("left")
	p.shows("event 0 of 6")
	p.press("right")
	p.shows("event 1 of 6")
	p.press("right") // nothing else is shown
	p.shows("event 6 of 6", "END")
	p.press("esc", "T", "15:04:08", "enter")
	p.shows("event 3 of 6  15:04:08", "m3.")
	p.hides("m4.")
	p.press("T", "1s", "enter") // ago
	p.shows("event 2 of 6  15:04:07")
}

func TestPlayback_BeginsAtAMomentAndChangesTheAgentThere(t *testing.T) {
	at := eventtest.Day.Add(90 * time.Second)
	p := newPlayer(t, Options{Replay: &Replay{At: at, Pace: replay.Pace{Speed: 10}}}, 0, 60, 120)
	p.shows("event 2 of 3  15:05:35", "PAUSED   10x", "m2.")
	p.hides("m3.")
	p.says(4, 121, eventtest.Bob)
	p.press("a")
	p.hides("active")
	p.press("bob", "enter")
	p.shows("bob@webapp   REPLAY", "READING")
	p.read()
	p.shows("bob@webapp   REPLAY", "event 2 of 4  15:05:35", "PAUSED   10x")
	p.press("L")
	p.shows("there is nothing live here")
	p.press("v", "h", "R")
	p.shows("event 2 of 4")
}

func TestPlayback_GoesLiveWithoutLossOrRepeat(t *testing.T) {
	p := newPlayer(t, Options{}, 0, 1, 2, 3)
	p.press(" ", "right", "right", "L")
	p.hides("REPLAY")
	for p.timeline.Events() < 4 {
		p.Update(collect(p.feed, p.serial)())
	}
	p.shows("FOLLOWING", "m1.", "m2.", "m3.", "m4.", "4 events")
	p.says(5, 5, eventtest.Alice)
	for p.timeline.Events() < 5 {
		p.Update(collect(p.feed, p.serial)())
	}
	p.shows("m5.", "● live")
	if s := p.summary(); s.Replayed || s.Events != 5 {
		t.Errorf("got %+v, want five events of a live view", s)
	}
}

func TestPlayback_SaysWhatIsWrong(t *testing.T) {
	p := newPlayer(t, Options{})
	p.shows("Nothing that alice@webapp could see happened in this range")
	p.press("right", "left", " ", "+", "T", "15:00", "enter")
	p.shows("event 0 of 0")

	broken := eventtest.NewSource()
	broken.Fail(event.ErrForbidden)
	d := newDesk(t, Options{Source: broken, Replay: &Replay{}})
	d.Update(collect(d.feed, d.serial)())
	d.shows("can not be read: the server does not let this token")

	d = newDesk(t, Options{Replay: &Replay{}})
	one := eventtest.Message(1, "dev", eventtest.Bob, "m1")
	d.events(one)
	d.tell(news{state: &connection{phase: failed, err: errors.New("it.ndjson:7: cut off")}})
	d.Update(playTick{d.playback.ticks, d.o.Now()})
	d.shows("event 1 of 1", "END   it.ndjson:7: cut off")
}

// TestPlayback_ShowsGaps: what is missing in the range is a row each time it is
// passed, also after stepping back.
func TestPlayback_ShowsGaps(t *testing.T) {
	d := newDesk(t, Options{Replay: &Replay{Pace: replay.Pace{Speed: 1}}})
	d.said(2)
	d.tell(news{gap: &event.GapError{Reason: event.GapTrimmed, Count: 214}})
	d.said(2)
	d.tell(news{state: &connection{phase: ended}})
	d.press("right", "right")
	d.hides("gap: ")
	d.press("right")
	d.shows("1 gap", "gap: 214 events missed 15:04:07–15:04:08, no longer retained", "event 3 of 4")
	d.press("left")
	d.hides("gap: ")
	d.press("right", "right")
	d.shows("gap: 214 events missed", "event 4 of 4")
}

// TestPlayback_HoldsSomeOfALargeRange: the playhead gets everywhere, and what
// it finds there is right.
func TestPlayback_HoldsSomeOfALargeRange(t *testing.T) {
	var seconds []int
	for i := range 1000 {
		seconds = append(seconds, i)
	}
	p := newPlayer(t, Options{Bounds: timeline.Options{Events: 100}}, seconds...)
	p.press(" ")
	check := func(n int) {
		t.Helper()
		if p.playback.filling {
			p.read()
		}
		p.shows(fmt.Sprintf("event %d of 1000 ", n))
		if n > 0 {
			p.shows(fmt.Sprintf("m%d.", n))
		}
		p.hides(fmt.Sprintf("m%d.", n+1))
		if len(p.playback.held) > 100 {
			t.Errorf("got %d events held, want at most 100", len(p.playback.held))
		}
	}
	jump := func(second int) {
		p.press("T", eventtest.Day.Add(time.Duration(second)*time.Second).Format(time.TimeOnly), "enter")
	}
	check(0)
	for _, second := range []int{50, 99, 100, 500, 480, 30, 999, 700, 0} {
		jump(second)
		check(second)
	}
	jump(700)
	check(700)
	for n := 699; n > 590; n-- {
		p.press("left")
		check(n)
	}
	for n := 592; n < 760; n++ {
		p.press("right")
		check(n)
	}
	p.press("+", "+", "+", "+", "+", " ")
	for !p.playback.ended() {
		p.passes(time.Second)
		if p.playback.filling {
			p.read()
		}
	}
	check(1000)
	if got := strings.Count(p.View(), "m1000."); got != 1 {
		t.Errorf("got the last event %d times, want once", got)
	}
}

// What is missing behind the last event of a range is a row there, whether the
// playhead gets to it before or after it was told.
func TestPlayback_ShowsAGapAtTheEnd(t *testing.T) {
	for _, before := range []bool{true, false} {
		d := newDesk(t, Options{Replay: &Replay{Pace: replay.Pace{Speed: 1}}})
		d.said(2)
		gap := news{gap: &event.GapError{Reason: event.GapTrimmed, Count: 7}}
		end := news{state: &connection{phase: ended}}
		if before {
			d.press(" ", "right", "right")
			d.tell(gap, end)
		} else {
			d.tell(gap, end)
			d.press(" ", "right")
			d.hides("gap: ")
			d.press("right")
		}
		d.shows("1 gap", "gap: 7 events missed", "event 2 of 2")
		d.press("left")
		d.hides("gap: ")
		d.press("right")
		d.shows("gap: 7 events missed")
		if n := strings.Count(d.View(), "gap: 7"); n != 1 {
			t.Errorf("got the gap %d times, want it once", n)
		}
	}
}
