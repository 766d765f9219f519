package text_test

import (
	"slices"
	"strings"
	"testing"

	"cslack-stream/internal/tui/text"

	"github.com/google/go-cmp/cmp"
)

func TestWidth_CountsCells(t *testing.T) {
	for in, want := range map[string]int{
		"": 0, "abc": 3, "日本語": 6, "👩\u200d👩\u200d👧\u200d👦": 2, "🇨🇭": 2, "e\u0301": 1, "☁️": 2, "\x1b[31mab\x1b[0m": 2,
	} {
		if got := text.Width(in); got != want {
			t.Errorf("Width(%q): got %v, want %v", in, got, want)
		}
	}
}

func TestTruncate_NeverExceedsTheWidth(t *testing.T) {
	tests := []struct {
		in    string
		width int
		want  string
	}{
		{"abcdef", 6, "abcdef"},
		{"abcdef", 5, "abcd…"},
		{"日本語", 5, "日本…"},
		{"日本語", 4, "日…"},
		{"日本語", 1, "…"},
		{"日", 1, "…"},
		{"abc", 0, ""},
		{"abc", -1, ""},
	}
	for _, tt := range tests {
		if got := text.Truncate(tt.in, tt.width); got != tt.want {
			t.Errorf("Truncate(%q, %d): got %q, want %q", tt.in, tt.width, got, tt.want)
		}
	}
}

func TestFit_IsExact(t *testing.T) {
	for _, in := range []string{"", "ab", "日本語のエラー", "👩\u200d👩\u200d👧 ok"} {
		for w := range 12 {
			if got := text.Width(text.Fit(in, w)); got != w {
				t.Errorf("Fit(%q, %d): got width %v, want %v", in, w, got, w)
			}
		}
	}
}

func TestWrap_BreaksAtWords(t *testing.T) {
	got := text.Wrap("the quick brown fox\n日本語のエラー", 10)
	want := []string{"the quick", "brown fox", "日本語のエ", "ラー"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func FuzzWidth(f *testing.F) {
	f.Add("the quick brown fox", 5)
	f.Add("日本語のエラー\n👩\u200d👩\u200d👧", 3)
	f.Add("a-b-c d\u00a0e", 1)
	f.Fuzz(func(t *testing.T, s string, width int) {
		s = text.Content(s)
		width = min(max(width, -1), 200)
		limit := max(width, 0)
		if got := text.Truncate(strings.ReplaceAll(s, "\n", " "), width); text.Width(got) > limit {
			t.Fatalf("Truncate(%q, %d): got width %d", s, width, text.Width(got))
		}
		for _, l := range text.Wrap(s, width) {
			if text.Width(l) > limit || strings.Contains(l, "\n") {
				t.Fatalf("Wrap(%q, %d): got line %q of width %d", s, width, l, text.Width(l))
			}
		}
		if got := text.Width(text.Fit(text.Line(s), width)); got != limit {
			t.Fatalf("Fit(%q, %d): got width %d", s, width, got)
		}
	})
}

func TestNearest_FindsSlips(t *testing.T) {
	names := []string{"alice@webapp", "alice@api", "bob", "carol", "ops"}
	tests := []struct {
		word string
		want []string
	}{
		{"alise@api", []string{"alice@api"}},
		{"bbo", []string{"bob"}},
		{"Carl", []string{"carol"}},
		{"alice", []string{"alice@webapp", "alice@api"}},
		{"zebra", nil},
		{"", nil},
	}
	for _, tt := range tests {
		got := text.Nearest(tt.word, names, 3)
		slices.Sort(got)
		slices.Sort(tt.want)
		if d := cmp.Diff(tt.want, got); d != "" {
			t.Errorf("Nearest(%q) (-want +got):\n%s", tt.word, d)
		}
	}
}

func TestSkip(t *testing.T) {
	for _, tt := range []struct {
		s     string
		width int
		want  string
	}{
		{"", 3, ""},
		{"abcdef", 0, "abcdef"},
		{"abcdef", 2, "…def"},
		{"abc", 3, "…"},
		{"abc", 50, "…"},
		{"日本語ab", 2, "…本語ab"},
		{"日本語ab", 1, "…本語ab"},
	} {
		if got := text.Skip(tt.s, tt.width); got != tt.want {
			t.Errorf("%q without %d cells: got %q, want %q", tt.s, tt.width, got, tt.want)
		}
	}
}
