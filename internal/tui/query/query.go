package query

import (
	"strings"
	"time"

	"cslack-stream/internal/tui/line"
)

// Options is what a query is read against.
type Options struct {
	// Now is what durations count back from. The zero Now means time.Now.
	Now time.Time
	// Location is that of times without a zone; nil means time.Local.
	Location *time.Location
}

// Query is a filter for records. The nil Query and the empty one match
// everything. A Query is immutable and safe for concurrent use.
type Query struct {
	source  string
	terms   []term
	waiting bool
	seers   []token // the terms that tell several watched agents apart
}

// term is one condition.
type term struct {
	negated bool
	match   func(*line.Record) bool
	field   string // empty for words
	values  []val
}

// Parse reads a query. It fails with a [*SyntaxError].
func Parse(s string, o Options) (*Query, error) {
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	if o.Location == nil {
		o.Location = time.Local
	}
	tokens, err := scan(s)
	if err != nil {
		return nil, err
	}
	q := &Query{source: s}
	for _, t := range tokens {
		match, err := compile(t, o)
		if err != nil {
			return nil, err
		}
		q.terms = append(q.terms, term{t.negated, match, t.field, t.values})
		if t.field == "seen" || t.field == "only" {
			q.seers = append(q.seers, t)
		}
		q.waiting = q.waiting || t.field == "is" && t.has("waiting")
	}
	return q, nil
}

// Match reports whether r fulfils all terms.
func (q *Query) Match(r *line.Record) bool {
	if q == nil {
		return true
	}
	for _, t := range q.terms {
		if t.match(r) == t.negated {
			return false
		}
	}
	return true
}

// Empty reports whether the query matches everything because it has no terms.
func (q *Query) Empty() bool { return q == nil || len(q.terms) == 0 }

// Values returns what the conditions on a field ask for that are not negated.
func (q *Query) Values(field string) []string {
	if q == nil {
		return nil
	}
	var values []string
	for _, t := range q.terms {
		if t.field != field || t.negated {
			continue
		}
		for _, v := range t.values {
			values = append(values, v.text)
		}
	}
	return values
}

// NeedsWaiting reports whether the answer depends on [line.Record.Waiting].
func (q *Query) NeedsWaiting() bool { return q != nil && q.waiting }

// String returns the query as it was typed.
func (q *Query) String() string {
	if q == nil {
		return ""
	}
	return strings.TrimSpace(q.source)
}
