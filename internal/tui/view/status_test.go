package view

import (
	"fmt"
	"strings"
	"testing"

	"cslack-stream/internal/tui/text"
)

func TestStatus_FitsAndKeepsTheState(t *testing.T) {
	marks := map[State]string{Good: "●", Waiting: "○", Bad: "◌"}
	for state, mark := range marks {
		s := Status{
			Who: "日本語@webapp", State: state, Word: "live (direct)", Rate: "1.8/s", Latency: "lag 38ms",
			Events: "412 events", Gaps: "1 gap", Hint: "ctrl-c stops",
		}
		for width := 1; width <= 200; width++ {
			got := s.Line(Theme{Color: width%2 == 0}, width)
			if w := text.Width(got); w > width {
				t.Fatalf("width %d: got %d cells: %q", width, w, got)
			}
			if width >= 4 && !strings.Contains(got, mark) {
				t.Fatalf("width %d: got %q, want the state in it", width, got)
			}
		}
	}
}

func TestStatus_DropsWhatMattersLeast(t *testing.T) {
	s := Status{Who: "alice@webapp", State: Good, Word: "live", Rate: "1.8/s", Latency: "lag 38ms", Events: "412 events", Gaps: "1 gap", Hint: "ctrl-c stops"}
	var got strings.Builder
	for _, width := range []int{80, 70, 55, 45, 37, 20, 5} {
		fmt.Fprintf(&got, "%d|%s\n", width, s.Line(Theme{}, width))
	}
	want := `80| alice@webapp  ● live  1.8/s  lag 38ms  412 events  1 gap  ctrl-c stops
70| ● live  1.8/s  lag 38ms  412 events  1 gap  ctrl-c stops
55| ● live  1.8/s  412 events  1 gap  ctrl-c stops
45| ● live  412 events  1 gap  ctrl-c stops
37| ● live  412 events  1 gap
20| ● live  1 gap
5| ● l…
`
	if got.String() != want {
		t.Errorf("got\n%swant\n%s", got.String(), want)
	}
	if got := s.Line(Theme{ASCII: true}, 80); strings.ContainsRune(got, '●') {
		t.Errorf("got %q, want ASCII only", got)
	}
}
