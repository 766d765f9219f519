package engine

import (
	"testing"
	"time"
)

// TestEngine_GathersWhenChangesComeFaster: a batch waits for more only while
// several changes at a time come faster than they are carried, and never
// longer than MaxWait.
func TestEngine_GathersWhenChangesComeFaster(t *testing.T) {
	const ms = time.Millisecond
	for _, tt := range []struct {
		name         string
		n            int
		waited, took time.Duration
		maxWait      time.Duration
		want         time.Duration
	}{
		{"the first after a pause", 5, time.Second, ms, 100 * ms, 0},
		{"one by one", 1, 0, ms, 100 * ms, 0},
		{"faster", 5, 0, 3 * ms, 100 * ms, 3 * ms},
		{"faster, on a slow disk", 5, 0, 300 * ms, 100 * ms, 100 * ms},
		{"never wait", 5, 0, 3 * ms, 0, 0},
		{"a full batch", 10, 0, 3 * ms, 100 * ms, 0},
		{"as fast", 5, 3 * ms, 3 * ms, 100 * ms, 0},
	} {
		e := New(Options{Limit: 10, MaxWait: tt.maxWait})
		e.gather(tt.n, tt.waited, tt.took)
		if e.hold != tt.want {
			t.Errorf("%s: got a wait of %v, want %v", tt.name, e.hold, tt.want)
		}
	}
}
