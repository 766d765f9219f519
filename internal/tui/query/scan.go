package query

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"cslack-stream/internal/tui/text"
)

// token is one term as it was typed.
type token struct {
	at      int // in bytes
	negated bool
	// field is empty for words, phrases and regular expressions.
	field  string
	path   string // of meta.path
	regexp bool
	values []val
	source string
}

// val is one of the values of a term.
type val struct {
	text string
	at   int
}

func (t token) has(value string) bool {
	for _, v := range t.values {
		if strings.EqualFold(v.text, value) {
			return true
		}
	}
	return false
}

// fail returns an error about what stands at the byte at.
func fail(source string, at int, format string, args ...any) error {
	return &SyntaxError{
		Position: utf8.RuneCountInString(source[:min(at, len(source))]) + 1,
		Message:  fmt.Sprintf(format, args...),
	}
}

// scanner cuts a query into tokens.
type scanner struct {
	s  string
	at int
}

func scan(s string) ([]token, error) {
	var tokens []token
	sc := &scanner{s: s}
	for {
		sc.space()
		if sc.end() {
			return tokens, nil
		}
		t, err := sc.token()
		if err != nil {
			return nil, err
		}
		tokens = append(tokens, t)
	}
}

func (sc *scanner) end() bool { return sc.at >= len(sc.s) }

func (sc *scanner) rest() string { return sc.s[sc.at:] }

// atSpace reports whether a term ends here.
func (sc *scanner) atSpace() bool {
	r, _ := utf8.DecodeRuneInString(sc.rest())
	return sc.end() || unicode.IsSpace(r)
}

func (sc *scanner) space() {
	sc.at = len(sc.s) - len(strings.TrimLeftFunc(sc.rest(), unicode.IsSpace))
}

func (sc *scanner) token() (token, error) {
	t := token{at: sc.at, source: sc.s}
	if strings.HasPrefix(sc.rest(), "-") {
		sc.at++
		if t.negated = !sc.atSpace(); !t.negated {
			sc.at--
		}
	}
	switch {
	case strings.HasPrefix(sc.rest(), `"`):
		v, err := sc.quoted()
		t.values = []val{v}
		return t, err
	case strings.HasPrefix(sc.rest(), "/"):
		v, err := sc.regexp()
		t.regexp, t.values = true, []val{v}
		return t, err
	}
	if name, ok := sc.fieldName(); ok {
		return t, sc.field(&t, name)
	}
	start := sc.at
	for !sc.atSpace() {
		_, size := utf8.DecodeRuneInString(sc.rest())
		sc.at += size
	}
	t.values = []val{{sc.s[start:sc.at], start}}
	return t, nil
}

// quoted reads up to the closing quote. A backslash keeps a quote or a
// backslash from meaning anything.
func (sc *scanner) quoted() (val, error) {
	start := sc.at
	var b strings.Builder
	for i := start + 1; i < len(sc.s); i++ {
		switch c := sc.s[i]; {
		case c == '\\' && i+1 < len(sc.s) && (sc.s[i+1] == '"' || sc.s[i+1] == '\\'):
			i++
			b.WriteByte(sc.s[i])
		case c == '"':
			sc.at = i + 1
			return val{b.String(), start}, nil
		default:
			b.WriteByte(c)
		}
	}
	return val{}, fail(sc.s, start, `missing the closing " of the phrase`)
}

// regexp reads up to a slash that ends the term.
func (sc *scanner) regexp() (val, error) {
	start := sc.at
	for i := start + 1; i < len(sc.s); i++ {
		switch sc.s[i] {
		case '\\':
			i++
		case '/':
			if sc.at = i + 1; sc.atSpace() {
				return val{strings.ReplaceAll(sc.s[start+1:i], `\/`, "/"), start}, nil
			}
		}
	}
	sc.at = start
	word, _, _ := strings.Cut(sc.rest(), " ")
	return val{}, fail(sc.s, start, `missing the closing / of the regular expression; to look for the text, quote it: "%s"`, text.Line(word))
}

// fieldName returns the name before a colon, if a field stands here. What
// follows decides too: "http://x" and "std::string" are words.
func (sc *scanner) fieldName() (string, bool) {
	rest := sc.rest()
	i := strings.IndexByte(rest, ':')
	if i <= 0 || strings.HasPrefix(rest[i:], "://") || strings.HasPrefix(rest[i:], "::") {
		return "", false
	}
	name := rest[:i]
	if strings.HasPrefix(strings.ToLower(name), "meta.") {
		return name, !strings.ContainsFunc(name, func(r rune) bool { return unicode.IsSpace(r) || r == '"' })
	}
	return name, !strings.ContainsFunc(name, func(r rune) bool { return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') })
}

// field reads the values of a field.
func (sc *scanner) field(t *token, name string) error {
	start := sc.at
	t.field = strings.ToLower(name)
	if strings.HasPrefix(t.field, "meta.") {
		t.field, t.path = "meta", name[len("meta."):]
	}
	f, known := fields[t.field]
	if !known || t.field == "meta" && t.path == "" {
		return unknownField(sc.s, start, name)
	}
	for sc.at += len(name) + 1; ; sc.at++ {
		v, err := sc.value()
		if err != nil {
			return err
		}
		if v.text == "" {
			return fail(sc.s, v.at, "%s: needs a value, as in %s", t.field, f.example)
		}
		t.values = append(t.values, v)
		if !strings.HasPrefix(sc.rest(), ",") {
			break
		}
	}
	if !sc.atSpace() {
		return fail(sc.s, sc.at, "missing a space behind the quote")
	}
	return nil
}

func (sc *scanner) value() (val, error) {
	if strings.HasPrefix(sc.rest(), `"`) {
		return sc.quoted()
	}
	start := sc.at
	for !sc.atSpace() && sc.s[sc.at] != ',' {
		_, size := utf8.DecodeRuneInString(sc.rest())
		sc.at += size
	}
	return val{sc.s[start:sc.at], start}, nil
}

// unknownField names the field that was probably meant.
func unknownField(source string, at int, name string) error {
	message := "unknown field " + text.Line(name)
	if near := text.Nearest(name, fieldNames(), 1); len(near) > 0 {
		return fail(source, at, "%s, did you mean %s?", message, near[0])
	}
	return fail(source, at, `%s, want one of %s; to look for the text, quote it: "%s:…"`, message, strings.Join(fieldNames(), " "), text.Line(name))
}
