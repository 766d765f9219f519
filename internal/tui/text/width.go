package text

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// Width returns how many cells s takes, colour sequences not counted. It is
// the only measure of width in the program: other libraries count emoji
// differently. s should be sanitised, because a tab counts as nothing.
func Width(s string) int { return ansi.StringWidth(s) }

// Truncate returns s cut to at most width cells; what is cut ends with an
// ellipsis. Colour sequences are kept.
func Truncate(s string, width int) string {
	if width <= 0 {
		return ""
	}
	if out := ansi.Truncate(s, width, ellipsis); Width(out) <= width {
		return out
	}
	// One character can be wider than the whole width.
	return ellipsis
}

// Pad returns s with spaces behind it to at least width cells.
func Pad(s string, width int) string {
	// Once is not always enough: some characters join with the space that
	// follows them.
	for n := width - Width(s); n > 0; n = width - Width(s) {
		s += strings.Repeat(" ", n)
	}
	return s
}

// Fit returns s in exactly width cells, cut or padded.
func Fit(s string, width int) string { return Pad(Truncate(s, width), width) }

// Wrap returns the lines of s broken at words, and inside words that are too
// long, so that none is wider than width cells. At least one line is
// returned.
func Wrap(s string, width int) []string {
	if width <= 0 {
		return []string{""}
	}
	lines := strings.Split(ansi.Wrap(s, width, ""), "\n")
	for i, l := range lines {
		if Width(l) > width {
			lines[i] = Truncate(l, width)
		}
	}
	return lines
}

// Skip returns s without its first width cells, with an ellipsis where they
// were.
func Skip(s string, width int) string {
	if width <= 0 || s == "" {
		return s
	}
	if rest := ansi.TruncateLeft(s, width+1, ellipsis); rest != "" {
		return rest
	}
	return ellipsis
}
