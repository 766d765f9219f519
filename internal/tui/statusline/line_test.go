package statusline

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
)

// screen is a terminal of a size, and what was written to it.
type screen struct {
	bytes.Buffer
	width, height int
	state         string
}

func newScreen() (*screen, *Line) {
	s := &screen{width: 80, height: 24, state: "live"}
	l := New(Options{
		Out: s, Size: func() (int, int) { return s.width, s.height }, Draw: func(int) string { return s.state },
	})
	l.Show()
	return s, l
}

func TestLine_TakesTheStateAwayForLines(t *testing.T) {
	s, l := newScreen()
	for _, line := range []string{"one\n", "two\n"} {
		if n, err := l.Write([]byte(line)); n != len(line) || err != nil {
			t.Fatalf("Write: got %d and %v, want %d", n, err, len(line))
		}
	}
	l.Hide()
	_, _ = l.Write([]byte("three\n"))
	const state = before + "live" + after
	if got, want := s.String(), state+erase+"one\n"+state+erase+"two\n"+state+erase+"three\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestLine_RefreshDrawsOnlyWhatHasChanged(t *testing.T) {
	s, l := newScreen()
	change := func(what string, drawn bool, do func()) {
		s.Reset()
		do()
		l.Refresh()
		if got := s.Len() > 0; got != drawn {
			t.Errorf("%s: got %q, want anything drawn: %v", what, s.String(), drawn)
		}
	}
	change("nothing new", false, func() {})
	change("another state", true, func() { s.state = "lost" })
	change("another width", true, func() { s.width = 40 })
	change("too low for a state", true, func() { s.height = minHeight - 1 })
	if got := s.String(); got != erase {
		t.Errorf("got %q, want the state erased", got)
	}
	change("still too low", false, func() { s.state = "live" })
	change("high enough again", true, func() { s.height = 24 })
	l.Hide()
	change("hidden", false, func() {})
	l.Show()
	if got := s.String(); got != before+"live"+after {
		t.Errorf("got %q, want the state shown again", got)
	}
}

func TestLine_IsPlainWhereThereIsNoRoom(t *testing.T) {
	s, l := newScreen()
	l.Hide()
	s.Reset()
	s.width, s.height = 0, 0
	l.Show()
	_, _ = l.Write([]byte("one\n"))
	l.Repaint()
	l.Hide()
	if got := s.String(); got != "one\n" {
		t.Errorf("got %q, want nothing but the line", got)
	}
}

// shortWriter takes so many bytes, and then nothing more.
type shortWriter struct{ left int }

var errFull = errors.New("full")

func (w *shortWriter) Write(p []byte) (int, error) {
	n := min(w.left, len(p))
	if w.left -= n; n < len(p) {
		return n, errFull
	}
	return n, nil
}

func TestLine_WriteTellsWhatWasNotWritten(t *testing.T) {
	for _, tt := range []struct{ room, want int }{
		{0, 0}, {len(erase), 0}, {len(erase) + 2, 2}, {len(erase) + 5, 4},
	} {
		w := &shortWriter{1000}
		l := New(Options{Out: w, Size: func() (int, int) { return 80, 24 }, Draw: func(int) string { return "live" }})
		l.Show()
		w.left = tt.room
		if n, err := l.Write([]byte("two\n")); n != tt.want || !errors.Is(err, errFull) {
			t.Errorf("room for %d: got %d and %v, want %d and %v", tt.room, n, err, tt.want, errFull)
		}
	}
}

func TestLine_WritersDoNotTearEachOther(t *testing.T) {
	s, l := newScreen()
	var writers sync.WaitGroup
	for range 4 {
		writers.Go(func() {
			for range 100 {
				_, _ = io.WriteString(l, "a line\n")
				l.Refresh()
			}
		})
	}
	writers.Wait()
	l.Hide()
	got := strings.NewReplacer(erase, "", before+"live"+after, "").Replace(s.String())
	if want := strings.Repeat("a line\n", 400); got != want {
		t.Errorf("got %d bytes, want %d lines and nothing else", len(got), 400)
	}
}

// BenchmarkLine_Write is what a line costs that is written alone.
func BenchmarkLine_Write(b *testing.B) {
	line := []byte("14:30:02 #dev        bob     @alice can you review src/worker.py:45-80?\n")
	l := New(Options{Out: io.Discard, Size: func() (int, int) { return 80, 24 }, Draw: func(int) string { return "live" }})
	l.Show()
	for b.Loop() {
		_, _ = l.Write(line)
	}
}
