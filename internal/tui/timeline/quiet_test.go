package timeline

import (
	"strings"
	"testing"
	"time"
)

// shape is what the rows are: e for an event, q for a quiet stretch, d for a
// day.
func shape(t *Timeline) string {
	var out strings.Builder
	for i := range t.Len() {
		out.WriteByte("egd.cq"[t.At(i).Kind])
	}
	return out.String()
}

func TestTimeline_PartsWhereItWasQuiet(t *testing.T) {
	l := New(Options{Events: 3, Location: time.UTC})
	l.SetQuiet(10 * time.Second)
	at := []int{0, 10, 21, 22, 200_000, 200_100}
	wanted := []string{"de", "dee", "deeqe", "deqee", "deeqde", "deqdeqe"}
	for i, second := range at {
		l.Append(record(second))
		if got := shape(l); got != wanted[i] {
			t.Fatalf("after %d seconds: got %s, want %s", second, got, wanted[i])
		}
		for j := 1; j < l.Len(); j++ {
			if l.At(j-1).Key >= l.At(j).Key {
				t.Fatalf("the keys do not rise: %d, %d", l.At(j-1).Key, l.At(j).Key)
			}
		}
	}
	if got, want := l.At(2).Lasted, 199_978*time.Second; got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	l.Move(-1)
	l.Move(-1)
	selected := l.At(l.Selected()).Record
	l.SetQuiet(0)
	if got := shape(l); got != "dedee" || l.At(l.Selected()).Record != selected {
		t.Errorf("got %s and another row selected, want no quiet stretch and the same row", got)
	}
}
