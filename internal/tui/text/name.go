package text

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Name returns s fit for one line, so that different names never look the
// same: whatever is not seen, a terminal would obey, or reorders text is
// written as in a string of Go (ESC is \x1b, a right-to-left override \u202e,
// a space at an end \x20). A backslash is doubled where it could be taken for
// such. At most [MaxName] bytes remain. It is for names as the host has them,
// of agents, projects and channels, also several in one; what it returns is
// not a name any more, and stays as it is in [Line]. Letters and emoji that look
// like others stay.
func Name(s string) string { return spell(s, spelling{limit: MaxName}) }

// Words returns words of ours that hold names and what else strangers chose:
// as [Name], but line feeds and spaces at the ends stay, and nothing is cut.
func Words(s string) string { return spell(s, spelling{prose: true}) }

// Cell returns all of s as one field of a tab separated line, in which no two
// fields are the same that were different: line feed, tab and backslash are
// written \n, \t and \\, the rest is as in [Words].
func Cell(s string) string { return spell(s, spelling{cell: true}) }

// spelling is what the functions above do differently.
type spelling struct {
	prose bool // line feeds and spaces at the ends stay
	cell  bool // every backslash is doubled
	limit int  // the most bytes; 0: no limit
}

// spelt is what a reader could take for a character that spell wrote.
var spelt = regexp.MustCompile(`\\(x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8})`)

func spell(s string, p spelling) string {
	clean := true
	for i, size := 0, 0; i < len(s); i += size {
		var r rune
		r, size = utf8.DecodeRuneInString(s[i:])
		clean = clean && p.stays(s, i, r, size)
	}
	double := p.cell || !clean || strings.Contains(s, `\`) && spelt.MatchString(s)
	if clean && (!double || !strings.Contains(s, `\`)) && (p.limit == 0 || len(s) <= p.limit) {
		return s
	}
	w := writer{limit: p.limit}
	for i, size := 0, 0; i < len(s) && !w.full; i += size {
		var r rune
		r, size = utf8.DecodeRuneInString(s[i:])
		switch {
		case !p.stays(s, i, r, size):
			w.write(p.write(s[i], r, size))
		case r == '\\' && double:
			w.write(`\\`)
		default:
			w.write(s[i : i+size])
		}
	}
	return w.String()
}

// stays tells whether r, which is at s[i], can be shown as it is.
func (p spelling) stays(s string, i int, r rune, size int) bool {
	switch {
	case r > ' ' && r < 0x7f:
		return true
	case r == '\n':
		return p.prose
	case r == ' ':
		return p.prose || p.cell || i > 0 && i < len(s)-1
	case r == utf8.RuneError && size == 1:
		return false
	case r == '\ufe0f':
		return takesColour(s[:i])
	case r == '\u200d':
		after, _ := utf8.DecodeRuneInString(s[i+size:])
		return endsInEmoji(s[:i]) && isEmoji(after)
	}
	return seen(r)
}

// isEmoji reports whether r is one, or a sign that is made one by the selector
// behind it.
func isEmoji(r rune) bool {
	return unicode.Is(unicode.So, r) && (r >= 0x2600 && r <= 0x27bf || r >= 0x1f000)
}

// takesColour reports whether s ends with a sign that the selector of colours
// makes an emoji, which is another picture. Behind anything else it is not seen.
func takesColour(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(s)
	return isEmoji(r) && Width(string(r)) == 1
}

// endsInEmoji reports whether s ends with what a joiner can join to another
// emoji.
func endsInEmoji(s string) bool {
	r, size := utf8.DecodeLastRuneInString(s)
	if r == '\ufe0f' {
		return takesColour(s[:len(s)-size])
	}
	return isEmoji(r) || r >= 0x1f3fb && r <= 0x1f3ff // the colours of skin
}

// seen reports whether r is drawn. Some letters and marks are drawn as nothing.
func seen(r rune) bool {
	return unicode.IsPrint(r) && r != '\u2800' && !unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// write is how a character is written that does not stay, of which b is the
// first byte.
func (p spelling) write(b byte, r rune, size int) string {
	switch {
	case p.cell && r == '\n':
		return `\n`
	case p.cell && r == '\t':
		return `\t`
	case size == 1:
		return fmt.Sprintf(`\x%02x`, b)
	case r > 0xffff:
		return fmt.Sprintf(`\U%08x`, r)
	}
	return fmt.Sprintf(`\u%04x`, r)
}
