package query

import (
	"strings"
	"unicode"
)

// Term returns one condition as a user would type it: field:value, with a
// minus before it if it is negated. A value that the grammar would read as
// something else is quoted, so that parsing gives the value back.
func Term(field, value string, negated bool) string {
	term := field + ":" + quote(value)
	if negated {
		return "-" + term
	}
	return term
}

// quote returns a value as it must be typed.
func quote(value string) string {
	special := func(r rune) bool { return unicode.IsSpace(r) || r == '"' || r == ',' }
	// What follows the colon of a field decides whether it is one.
	word := strings.HasPrefix(value, ":") || strings.HasPrefix(value, "//")
	if value != "" && !word && !strings.ContainsFunc(value, special) {
		return value
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`
}

// And returns the query that wants what q and other want. Either may be nil.
func (q *Query) And(other *Query) *Query {
	switch {
	case q.Empty():
		return other
	case other.Empty():
		return q
	}
	return &Query{
		source:  q.String() + " " + other.String(),
		terms:   append(append([]term(nil), q.terms...), other.terms...),
		waiting: q.waiting || other.waiting,
	}
}
