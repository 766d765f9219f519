package view_test

import (
	"testing"

	"cslack-stream/internal/tui/view"
)

func TestArrange_LeavesTheListAtLeastHalfOfTheWidth(t *testing.T) {
	for w := 20; w <= 200; w++ {
		for _, p := range []view.Panes{{}, {Inspect: true}, {Inspect: true, NoChannels: true}, {Inspect: true, Tip: true}} {
			for _, h := range []int{5, 10, 16, 40} {
				l := view.Arrange(w, h, p)
				if 2*l.ListWidth < w {
					t.Errorf("%dx%d %+v: got a list of %d cells, want half at least", w, h, p, l.ListWidth)
				}
				if p.NoChannels && (l.Tabs || l.Channels > 0) {
					t.Errorf("%dx%d %+v: got channels", w, h, p)
				}
			}
		}
	}
}
