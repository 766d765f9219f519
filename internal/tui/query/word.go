package query

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"

	"cslack-stream/internal/tui/line"
	"cslack-stream/internal/tui/text"
)

// compileWord finds text. As long as it is typed in lower case, any case is
// found.
func compileWord(word string) matcher {
	fold := !strings.ContainsFunc(word, unicode.IsUpper)
	return func(r *line.Record) bool {
		return inAny(r, func(s string) bool {
			if fold {
				s = strings.ToLower(s)
			}
			return strings.Contains(s, word)
		})
	}
}

// inAny applies found to what a line shows of r.
func inAny(r *line.Record, found func(string) bool) bool {
	return found(r.Text) || found(r.Who) || r.Where != "" && found(r.Where)
}

// compileRegexp takes the same care of case as compileWord. Upper case in
// escapes such as \D says nothing about case.
func compileRegexp(t token, v val) (matcher, error) {
	pattern := v.text
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err == nil && !hasUpper(parsed) {
		pattern = "(?i)" + pattern
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		message := strings.TrimPrefix(err.Error(), "error parsing regexp: ")
		return nil, fail(t.source, v.at, "bad regular expression: %s", text.Line(message))
	}
	return func(r *line.Record) bool { return inAny(r, re.MatchString) }, nil
}

func hasUpper(re *syntax.Regexp) bool {
	if re.Op == syntax.OpLiteral && slices.ContainsFunc(re.Rune, unicode.IsUpper) {
		return true
	}
	return slices.ContainsFunc(re.Sub, hasUpper)
}
