package tui

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "github.com/charmbracelet/bubbletea"
)

// paper is a terminal that keeps what is written to it.
type paper struct {
	t *testing.T
	*terminal
	read *os.File
}

func newPaper(t *testing.T) *paper {
	t.Helper()
	name := filepath.Join(t.TempDir(), "paper")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	r, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = r.Close(), f.Close() })
	return &paper{t, newTerminal(f, nil), r}
}

// got wants what was written since it was asked last.
func (p *paper) got(want string) {
	p.t.Helper()
	b, err := io.ReadAll(p.read)
	if got := strings.ReplaceAll(string(b), "\x1b", "^"); got != want || err != nil {
		p.t.Errorf("got %q and %v written, want %q", got, err, want)
	}
}

func TestTerminal_PaintsWhatHasChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPaper(t)
		p.show("one\ntwo\nfull", 4)
		p.got("^[1;1Hone^[K^[2;1Htwo^[K^[3;1Hfull")
		p.show("one\ntwo\nfull", 4)
		p.got("")
		time.Sleep(paintTime)
		p.show("one\nTWO\nfull", 4)
		p.got("^[2;1HTWO^[K")

		// Many frames close together are one: the newest.
		p.show("1\nTWO\nfull", 4)
		p.show("2\nTWO\nfull", 4)
		p.got("")
		time.Sleep(2 * paintTime)
		p.got("^[1;1H2^[K")
		time.Sleep(2 * paintTime)
		p.got("")
	})
}

func TestTerminal_LeavesTheScreenToWhoeverElseWrites(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPaper(t)
		p.show("one\ntwo", 9)
		p.show("ONE\ntwo", 9) // waits
		_, _ = fmt.Fprint(p, "^[?1049l")
		_, _ = io.WriteString(p, "a pager")
		time.Sleep(time.Second)
		p.got("^[1;1Hone^[K^[2;1Htwo^[K^[?1049la pager")
		p.show("ONE\ntwo", 9)
		p.got("^[1;1HONE^[K^[2;1Htwo^[K")

		// The empty frames of the program's renderer change nothing.
		_, _ = io.WriteString(p, "\x1b[H\r \x1b[K\x1b[1;1H")
		p.show("ONE\ntwo", 9)
		p.got("")
		_, _ = io.WriteString(p, "\x1b[H")
		p.got("^[H")
	})
}

func TestTerminal_PaintsAllWhenTheSizeChanges(t *testing.T) {
	p := newPaper(t)
	view := painted{newDesk(t, Options{}).model}
	view.out = p.terminal
	view.View()
	if n := len(p.canvas.lines); n != 24 {
		t.Fatalf("got %d lines painted, want all 24", n)
	}
	view.Update(tea.WindowSizeMsg{Width: 80, Height: 24})
	if p.canvas.lines != nil {
		t.Errorf("got the lines %q kept, want none: terminals move them about", p.canvas.lines)
	}
}
