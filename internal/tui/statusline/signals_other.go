//go:build !unix

package statusline

import (
	"os"

	"golang.org/x/term"
)

// heed has nothing to ask for here.
func heed(chan os.Signal) {}

func (l *Line) take(os.Signal, chan os.Signal) {}

// Size returns the size of a terminal; zero if it can not be asked.
func Size(f *os.File) (width, height int) {
	width, height, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0, 0
	}
	return width, height
}
