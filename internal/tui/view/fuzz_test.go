package view_test

import (
	"strings"
	"testing"

	"cslack-stream/internal/tui/text"
	"cslack-stream/internal/tui/view"
)

// FuzzRender wants a screen of the right size, without anything that a
// terminal could obey, whatever agents are called and write.
func FuzzRender(f *testing.F) {
	f.Add("\x1b]0;t\a\x1b[2J\u202e\u009b31m", "bob\r\n\t", uint8(80), uint8(24), true)
	f.Add("日本語 👩‍👩‍👧‍👦🏳️‍🌈 e\u0301\u200d", "\u0301\u200d漢", uint8(21), uint8(5), false)
	f.Fuzz(func(t *testing.T, said, called string, width, height uint8, wrap bool) {
		s := inspecting()
		said, called = text.Content(said), text.Line(called)
		s.Header.Who, s.Tabs[1].Name, s.Footer.Toast, s.Wrap = called, called, called, wrap
		s.Inspect.Title, s.Inspect.Body, s.Inspect.Fields[0].Value = called, said, said
		s.Bookmarks, s.Footer.Tip, s.Shift = []string{called}, called, int(height)
		for i := range s.List {
			s.List[i].Marked = i%2 == 0
			s.List[i].Text, s.List[i].Who, s.List[i].Where = said, called, called
		}
		w, h := int(width)%200+1, int(height)%60+1
		drawn := view.Render(s, w, h)
		checkSize(t, drawn, w, h)
		if strings.ContainsFunc(drawn, func(r rune) bool {
			return r < 0x20 && r != '\n' || r >= 0x7f && r <= 0x9f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
		}) {
			t.Fatalf("got something that a terminal would obey: %q", drawn)
		}
	})
}
