package tui

import (
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	tea "github.com/charmbracelet/bubbletea"
)

func TestKeyboard_BoundsAPaste(t *testing.T) {
	paste := func(s string) string { return pasteBegins + s + pasteEnds }
	const odd = "\x1b[2J\x1b[20\x1b\x1b[200~" // nearly marks
	limit := strings.Repeat("a", mostPasted)
	for name, tt := range map[string]struct{ typed, want string }{
		"keys":              {"a\x1b[A漢" + odd[:8], "a\x1b[A漢" + odd[:8]},
		"a short one":       {"a" + paste("b"+odd) + "c", "a" + paste("b"+odd) + "c"},
		"as much as passes": {paste(limit) + "q", paste(limit) + "q"},
		"too much":          {paste(limit+"bcd") + "q" + paste("e"), paste(limit) + "q" + paste("e")},
		"far too much":      {paste(strings.Repeat("a", 1<<20)) + "q", paste(limit) + "q"},
		"much typed":        {limit + limit, limit + limit},
	} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			_, _ = io.WriteString(w, tt.typed)
			_ = w.Close()
		}()
		got, err := io.ReadAll(iotest.HalfReader(keyboardOf(r)))
		_ = r.Close()
		if err != nil || string(got) != tt.want {
			t.Errorf("%s: got %d bytes and %v, want %d", name, len(got), err, len(tt.want))
		}
	}
}

// TestKeyboard_CutsMarks: a mark that comes in parts is one.
func TestKeyboard_CutsMarks(t *testing.T) {
	for size := 1; size < 9; size++ {
		var k keyboard
		var out strings.Builder
		for s := pasteBegins + strings.Repeat("a", mostPasted+5) + pasteEnds + "q"; s != ""; {
			p := []byte(s[:min(size, len(s))])
			s = s[len(p):]
			out.Write(p[:k.bound(p)])
		}
		if got := out.String(); !strings.HasSuffix(got, "a"+pasteEnds+"q") || len(got) != len(pasteBegins)+mostPasted+len(pasteEnds)+1 {
			t.Errorf("%d at a time: got %d bytes", size, len(got))
		}
	}
}

// What does not fit is left out, and that is said wherever one types.
func TestPaste_TooLongIsSaid(t *testing.T) {
	long := tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(strings.Repeat("x", maxInput+1)), Paste: true}
	for _, keys := range [][]string{{"/"}, {"a"}, {"c"}, {"?", "/"}, {"?", "x"}} {
		d := newDesk(t, Options{})
		d.live()
		d.press(keys...)
		d.Update(long)
		d.shows("a line takes 1000 characters: what was pasted is left out")
	}
}
