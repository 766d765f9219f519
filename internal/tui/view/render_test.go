package view_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cslack-stream/internal/tui/text"
	"cslack-stream/internal/tui/view"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files")

func TestRender_IsTheSizeOfTheScreen(t *testing.T) {
	t.Parallel()
	screens := samples()
	screens["hostile"] = hostile
	screens["hostile-matrix"] = hostileMatrix
	for name, screen := range screens {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			step := 1
			switch {
			case strings.HasPrefix(name, "hostile"):
				step = 11 // its texts are long
			case name != "inspect" || testing.Short():
				step = 3 // every pane is part of what is inspected
			}
			s := screen()
			s.Theme.Color = true
			for w := 1; w <= 200; w += step {
				for h := 1; h <= 60; h += step {
					checkSize(t, view.Render(s, w, h), w, h)
				}
			}
		})
	}
}

func checkSize(t *testing.T, drawn string, w, h int) {
	t.Helper()
	lines := strings.Split(drawn, "\n")
	if len(lines) != h {
		t.Fatalf("%dx%d: got %d lines, want %d", w, h, len(lines), h)
	}
	for i, l := range lines {
		if got := text.Width(l); got > w {
			t.Fatalf("%dx%d: line %d takes %d cells, want at most %d: %q", w, h, i+1, got, w, l)
		}
	}
}

func TestRender_DrawsItsHeightsAsItCountsThem(t *testing.T) {
	s := wrapping()
	s.Skip = 0
	for w := 20; w < 130; w++ {
		want := 0
		for _, r := range s.List {
			want += view.Height(r, s.Columns, true, w)
		}
		got := 0
		for _, l := range strings.Split(view.Render(s, w, 200), "\n")[2:198] {
			if l != "" {
				got++
			}
		}
		if got != want {
			t.Fatalf("width %d: got %d lines of the list, want %d", w, got, want)
		}
	}
}

func TestRender_Golden(t *testing.T) {
	for name, screen := range samples() {
		for _, size := range [][2]int{{80, 24}, {140, 40}, {60, 20}} {
			for _, theme := range []string{"none", "ansi", "ascii"} {
				s := screen()
				s.Theme = view.Theme{Color: theme == "ansi", ASCII: theme == "ascii"}
				file := fmt.Sprintf("%s-%dx%d-%s.golden", name, size[0], size[1], theme)
				t.Run(file, func(t *testing.T) {
					golden(t, filepath.Join("testdata", file), view.Render(s, size[0], size[1]))
				})
			}
		}
	}
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	got = strings.ReplaceAll(got, "\x1b", "␛") + "\n"
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestRender_UsesNoEscapesWithoutColor(t *testing.T) {
	for name, screen := range samples() {
		if got := view.Render(screen(), 140, 40); strings.Contains(got, "\x1b") {
			t.Errorf("%s: got escapes in %q, want none", name, got)
		}
	}
}

func TestRender_IsASCIIWhereThatIsAskedFor(t *testing.T) {
	s := inspecting()
	s.Theme.ASCII = true
	s.List = s.List[:8] // without what agents wrote in other scripts
	for i, r := range view.Render(s, 140, 40) {
		if r > 0x7e {
			t.Fatalf("got %q at %d, want ASCII only", r, i)
		}
	}
}

func BenchmarkRender(b *testing.B) {
	s := sample()
	for len(s.List) < 60 {
		s.List = append(s.List, s.List[1:]...)
	}
	s.Theme.Color = true
	for b.Loop() {
		view.Render(s, 140, 40)
	}
}
