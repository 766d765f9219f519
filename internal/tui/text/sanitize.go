package text

import (
	"strings"
	"unicode/utf8"
)

// The most that one text shows, in bytes. Stored events stay whole.
const (
	MaxContent = 64 << 10
	MaxName    = 1 << 10
)

// tabStop is the distance of tab stops in content, in cells.
const tabStop = 4

// Content returns s fit for display: valid UTF-8 of at most [MaxContent]
// bytes in which the only control character is the line feed. Colour
// sequences vanish, every other control character becomes visible (ESC is
// drawn as ␛), tabs become spaces, and characters that reorder text become
// U+FFFD. Longer text is cut and ends with an ellipsis. Content(Content(s))
// is Content(s).
func Content(s string) string {
	return sanitize(s, policy{newline: "\n", limit: MaxContent})
}

// Full is [Content] without the limit, for output that must not be cut.
func Full(s string) string {
	return sanitize(s, policy{newline: "\n"})
}

// Line returns s fit for one line: as [Content], but line feeds and tabs are
// drawn as well, and at most [MaxName] bytes remain. It is for titles, for
// error messages, and for what holds names that [Name] has been at.
// Line(Line(s)) is Line(s).
func Line(s string) string {
	return sanitize(s, policy{newline: "␊", tab: "␉", limit: MaxName})
}

// Escape returns all of s as one field of a tab separated line: line feed,
// tab and backslash are written \n, \t and \\, the rest is as in [Full].
func Escape(s string) string {
	return sanitize(s, policy{newline: `\n`, tab: `\t`, backslash: `\\`})
}

// policy is what the public functions do differently.
type policy struct {
	newline   string // for a line feed
	tab       string // for a tab; empty: spaces up to the next tab stop
	backslash string // for a backslash; empty: itself
	limit     int    // the most bytes; 0: no limit
}

// dirty reports whether r can not stay as it is.
func (p *policy) dirty(r rune) bool {
	switch {
	case r < 0x20:
		return r != '\n' || p.newline != "\n"
	case r == '\\':
		return p.backslash != ""
	}
	return r >= 0x7f && r <= 0x9f || reorders(r)
}

// reorders reports whether r makes text read in another order, or breaks
// lines where a terminal does not: bidirectional controls, the line and
// paragraph separators, the byte order mark.
func reorders(r rune) bool {
	switch {
	case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
		return true
	case r == 0x200e, r == 0x200f, r == 0x061c, r == 0x2028, r == 0x2029, r == 0xfeff:
		return true
	}
	return false
}

func sanitize(s string, p policy) string {
	if p.isClean(s) {
		return s
	}
	w := writer{limit: p.limit}
	for i := 0; i < len(s) && !w.full; {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			// As strings.ToValidUTF8: one replacement for a run.
			for i < len(s) && invalidAt(s[i:]) {
				i++
			}
			w.write("\uFFFD")
			continue
		case r == 0x1b && sgr(s[i:]) > 0:
			i += sgr(s[i:])
			continue
		case r == '\r' && strings.HasPrefix(s[i:], "\r\n"):
			// The line feed that follows says it all.
		case r == '\n':
			w.write(p.newline)
			w.segment = w.b.Len()
		case r == '\t' && p.tab == "":
			w.tab()
		case r == '\t':
			w.write(p.tab)
		case p.dirty(r):
			w.write(p.picture(r))
		default:
			w.write(s[i : i+size])
		}
		i += size
	}
	return w.String()
}

// isClean reports whether sanitising s changes nothing.
func (p *policy) isClean(s string) bool {
	if p.limit > 0 && len(s) > p.limit {
		return false
	}
	for i, r := range s {
		if p.dirty(r) || r == utf8.RuneError && invalidAt(s[i:]) {
			return false
		}
	}
	return true
}

// picture is what is shown instead of r.
func (p *policy) picture(r rune) string {
	switch {
	case r < 0x20:
		return string(0x2400 + r)
	case r == 0x7f:
		return "\u2421"
	case r >= 0x80 && r <= 0x9f:
		// A C1 control means the same as ESC and the character 0x40 lower.
		return "␛" + string(r-0x40)
	case r == '\\':
		return p.backslash
	}
	return "\uFFFD"
}

func invalidAt(s string) bool {
	r, size := utf8.DecodeRuneInString(s)
	return r == utf8.RuneError && size == 1
}

// sgr returns the length of the colour sequence that s starts with, or 0.
func sgr(s string) int {
	if len(s) < 3 || s[1] != '[' {
		return 0
	}
	for i := 2; i < len(s); i++ {
		switch b := s[i]; {
		case b == 'm':
			return i + 1
		case b >= '0' && b <= '9', b == ';', b == ':':
		default:
			return 0
		}
	}
	return 0
}

// ellipsis stands for what was cut off.
const ellipsis = "…"

// writer collects sanitised text up to a limit.
type writer struct {
	b       strings.Builder
	limit   int
	cut     int // the longest prefix that leaves room for the ellipsis
	segment int // where the text behind the last tab stop begins
	full    bool
}

func (w *writer) write(s string) {
	w.b.WriteString(s)
	if w.limit == 0 {
		return
	}
	if w.b.Len() <= w.limit-len(ellipsis) {
		w.cut = w.b.Len()
	}
	w.full = w.b.Len() > w.limit
}

func (w *writer) tab() {
	column := Width(w.b.String()[w.segment:])
	w.write(strings.Repeat(" ", tabStop-column%tabStop))
	w.segment = w.b.Len()
}

func (w *writer) String() string {
	if w.full {
		return w.b.String()[:w.cut] + ellipsis
	}
	return w.b.String()
}
