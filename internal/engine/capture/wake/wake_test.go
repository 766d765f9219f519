package wake

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestWatcher_WakeIsNotLost: a Wake between a look and the pause behind it, or
// before the first look, or during the pause, ends the waiting. The interval is so long that the test would not end without it.
func TestWatcher_WakeIsNotLost(t *testing.T) {
	for name, path := range map[string]string{
		"a file that is watched":   filepath.Join(t.TempDir(), "there"),
		"a file that is not there": filepath.Join(t.TempDir(), "none", "none"),
	} {
		t.Run(name, func(t *testing.T) {
			if name == "a file that is watched" {
				if err := os.WriteFile(path, nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			w := New(Options{Path: path, Interval: time.Hour, IdleAfter: time.Hour})
			t.Cleanup(func() { _ = w.Close() })
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()

			long := time.Now().Add(-time.Hour)
			w.lastHint, w.lastChange = long, long
			w.hints.take()                                                           // the watch begins with a hint
			err := w.Wait(ctx, func() (bool, error) { w.Wake(); return false, nil }) // between a look and a long pause
			if err != nil {
				t.Error(err)
			}

			w.Wake() // while nobody waits
			w.Sleep(time.Hour)
			if err := w.Wait(ctx, func() (bool, error) { return false, nil }); err != nil {
				t.Errorf("woken before: %v", err)
			}

			answered := make(chan struct{}) // at any time, from another goroutine
			go func() {
				for range 2000 {
					w.Wake()
					<-answered
				}
			}()
			for n := range 2000 {
				if err := w.Wait(ctx, func() (bool, error) { return false, nil }); err != nil {
					t.Fatalf("after %d of 2000: %v", n, err)
				}
				answered <- struct{}{}
			}
		})
	}
}

// TestWatcher_WakeAfterClose does no harm: a writer may outlive who watches.
func TestWatcher_WakeAfterClose(t *testing.T) {
	w := New(Options{Path: filepath.Join(t.TempDir(), "x")})
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	w.Wake()
}
