package text_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"cslack-stream/internal/tui/text"
)

func TestContent_MakesHostileTextVisible(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"plain", "tests pass on main", "tests pass on main"},
		{"lines", "a\nb", "a\nb"},
		{"carriage return and line feed", "a\r\nb", "a\nb"},
		{"lone carriage return", "safe\rEVIL", "safe␍EVIL"},
		{"colour", "\x1b[1;31mFAIL\x1b[0m ok", "FAIL ok"},
		{"colour with colons", "\x1b[38:5:1mx", "x"},
		{"clear screen", "\x1b[2Jx", "␛[2Jx"},
		{"unfinished colour", "x\x1b[31", "x␛[31"},
		{"colour inside an escape", "\x1b\x1b[0m[2J", "␛[2J"},
		{"title", "\x1b]0;owned\x07", "␛]0;owned␇"},
		{"NUL and backspace", "a\x00b\bc", "a␀b␈c"},
		{"DEL", "a\x7fb", "a␡b"},
		{"C1 as UTF-8", "a\u009b31mb", "a␛[31mb"},
		{"C1 as a byte", "a\x9b31mb", "a\uFFFD31mb"},
		{"run of invalid bytes", "a\xff\xfe\xfdb", "a\uFFFDb"},
		{"bidi override", "abc\u202edef", "abc\uFFFDdef"},
		{"isolates and marks", "\u2066\u200f\u061c", "\uFFFD\uFFFD\uFFFD"},
		{"separators and BOM", "a\u2028b\u2029c\ufeff", "a\uFFFDb\uFFFDc\uFFFD"},
		{"tab", "a\tb", "a   b"},
		{"tab at a stop", "abcd\te", "abcd    e"},
		{"tab behind wide characters", "日\tx", "日  x"},
		{"tab in the second line", "abc\nx\ty", "abc\nx   y"},
		{"emoji stay", "👩\u200d👩\u200d👧 ☁️ 🇨🇭", "👩\u200d👩\u200d👧 ☁️ 🇨🇭"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := text.Content(tt.in); got != tt.want {
				t.Errorf("Content(%q): got %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestContent_CutsAtTheLimit(t *testing.T) {
	exact := strings.Repeat("x", text.MaxContent)
	if got := text.Content(exact); got != exact {
		t.Errorf("text of the limit: got %d bytes, want it unchanged", len(got))
	}
	for _, in := range []string{exact + "y", strings.Repeat("日", 50_000), strings.Repeat("\x00", 150_000)} {
		got := text.Content(in)
		if len(got) > text.MaxContent || !strings.HasSuffix(got, "…") || !utf8.ValidString(got) {
			t.Errorf("%.10q…: got %d bytes ending %q, want at most %d ending with an ellipsis",
				in, len(got), got[len(got)-6:], text.MaxContent)
		}
	}
}

func TestFull_CutsNothing(t *testing.T) {
	in := strings.Repeat("日\x1b", 75_000)
	if got, want := text.Full(in), strings.Repeat("日␛", 75_000); got != want {
		t.Errorf("got %d bytes, want %d", len(got), len(want))
	}
}

func TestLine_IsOneLine(t *testing.T) {
	if got, want := text.Line("bob\n\tadmin\r\nx"), "bob␊␉admin␊x"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := text.Line(strings.Repeat("n", 5000)); len(got) > text.MaxName {
		t.Errorf("got %d bytes, want at most %d", len(got), text.MaxName)
	}
}

func TestEscape_IsOneField(t *testing.T) {
	if got, want := text.Escape("a\tb\nc\\n\r\nd\x1b[2J"), `a\tb\nc\\n\nd␛[2J`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// harmless reports the first rune of s that must not reach a terminal.
func harmless(t *testing.T, s string, newline bool) {
	t.Helper()
	if !utf8.ValidString(s) {
		t.Fatalf("got invalid UTF-8: %q", s)
	}
	for _, r := range s {
		if r < 0x20 && !(newline && r == '\n') || r >= 0x7f && r <= 0x9f ||
			strings.ContainsRune("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\u2028\u2029\ufeff", r) {
			t.Fatalf("got %U in %q", r, s)
		}
	}
}

func FuzzSanitize(f *testing.F) {
	for _, s := range []string{"", "a\r\nb", "\x1b[31mx\x1b[", "\u009b31m\u202e\x00\x7f", "a\tb\t\n\t日", "\xff\xfe", "👩\u200d👩\u200d👧☁️"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		content := text.Content(s)
		harmless(t, content, true)
		if len(content) > text.MaxContent {
			t.Fatalf("Content: got %d bytes, want at most %d", len(content), text.MaxContent)
		}
		if again := text.Content(content); again != content {
			t.Fatalf("Content twice: got %q, want %q", again, content)
		}
		full := text.Full(s)
		harmless(t, full, true)
		if again := text.Full(full); again != full {
			t.Fatalf("Full twice: got %q, want %q", again, full)
		}
		name := text.Line(s)
		harmless(t, name, false)
		if again := text.Line(name); again != name || len(name) > text.MaxName {
			t.Fatalf("Line twice: got %q, want %q", again, name)
		}
		harmless(t, text.Escape(s), false)
		harmless(t, text.Words(s), true)
		harmless(t, text.Cell(s), false)
	})
}
