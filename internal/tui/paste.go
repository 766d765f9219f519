package tui

import (
	"io"
	"os"

	"cslack-stream/internal/engine/event/action"
)

const (
	pasteBegins = "\x1b[200~"
	pasteEnds   = "\x1b[201~"
	// mostPasted is more than anything takes, whatever the characters are: what
	// is cut there is refused as too long, and never taken for the whole.
	mostPasted = 4 * (action.MaxContent + 1)
)

// keyboard is what is typed and pasted. The program collects a paste in a time
// that grows with the square of its size, in which no key is heard. So no more
// of one is passed on than tells that it is too long.
type keyboard struct {
	*os.File
	pasting bool
	passed  int // bytes of this paste
	matched int // bytes of the mark that is looked for
}

// keyboardOf bounds what is pasted into r; what is no file stays as it is.
func keyboardOf(r io.Reader) io.Reader {
	if f, ok := r.(*os.File); ok {
		return &keyboard{File: f}
	}
	return r
}

// Read implements io.Reader. It returns when there is something to pass on.
func (k *keyboard) Read(p []byte) (int, error) {
	for {
		n, err := k.File.Read(p)
		passed := k.bound(p[:n])
		if passed > 0 || err != nil || n == 0 {
			return passed, err
		}
	}
}

// bound leaves in p what is passed on, and returns how much that is.
func (k *keyboard) bound(p []byte) int {
	kept := p[:0]
	for _, b := range p {
		mark := pasteBegins
		if k.pasting {
			mark = pasteEnds
		}
		switch b {
		case mark[k.matched]:
			k.matched++
		case mark[0]:
			k.matched = 1
		default:
			k.matched = 0
		}
		if !k.pasting || k.matched > 0 || k.passed < mostPasted {
			kept = append(kept, b)
			k.passed++
		}
		if k.matched == len(mark) {
			k.pasting, k.passed, k.matched = !k.pasting, 0, 0
		}
	}
	return len(kept)
}
