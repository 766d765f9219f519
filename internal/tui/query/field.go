package query

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/tui/line"
	"cslack-stream/internal/tui/text"
)

// matcher decides about one record.
type matcher = func(*line.Record) bool

// field is one of the fields of the grammar.
type field struct {
	example string
	// compile makes the matcher of one value.
	compile func(t token, v val, o Options) (matcher, error)
}

// fields are all fields, by name.
var fields = map[string]field{
	"from":   {"from:bob", compileFrom},
	"in":     {"in:#dev", compileIn},
	"to":     {"to:@bob", compileTo},
	"seen":   {"seen:alice", compileSeen},
	"only":   {"only:alice", compileOnly},
	"type":   {"type:message.*", compileType},
	"is":     {"is:dm", compileIs},
	"thread": {"thread:4831", compileThread},
	"meta":   {"meta.priority:high", compileMeta},
	"conf":   {"conf:>0.8", compileConf},
	"since":  {"since:10m", compileTime},
	"before": {"before:14:30", compileTime},
}

// fieldNames are the names as messages show them.
func fieldNames() []string {
	var names []string
	for name := range fields {
		if name == "meta" {
			name = "meta.KEY"
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// compile makes the matcher of a term: any of its values.
func compile(t token, o Options) (matcher, error) {
	var matchers []matcher
	for _, v := range t.values {
		m, err := compileValue(t, v, o)
		if err != nil {
			return nil, err
		}
		matchers = append(matchers, m)
	}
	if len(matchers) == 1 {
		return matchers[0], nil
	}
	return func(r *line.Record) bool {
		return slices.ContainsFunc(matchers, func(m matcher) bool { return m(r) })
	}, nil
}

func compileValue(t token, v val, o Options) (matcher, error) {
	switch {
	case t.field != "":
		return fields[t.field].compile(t, v, o)
	case t.regexp:
		return compileRegexp(t, v)
	}
	return compileWord(v.text), nil
}

func compileType(t token, v val, _ Options) (matcher, error) {
	if err := event.CheckTypePattern(v.text); err != nil {
		return nil, fail(t.source, v.at, "%s", UnknownType(v.text))
	}
	return func(r *line.Record) bool { return r.Event.Type.Matches(v.text) }, nil
}

// UnknownType says that there is no such type of event, and which one is
// near.
func UnknownType(name string) string {
	names := make([]string, len(event.Types))
	for i, t := range event.Types {
		names[i] = string(t)
	}
	message := "unknown event type " + text.Line(name)
	if near := text.Nearest(name, append(names, "message.*", "channel.*", "agent.*", "dm.*", "note.*"), 2); len(near) > 0 {
		return message + ", did you mean " + strings.Join(near, " or ") + "?"
	}
	return message + ", want one of " + strings.Join(names, " ") + ", or a group such as message.*"
}

func compileThread(_ token, v val, _ Options) (matcher, error) {
	id := strings.TrimPrefix(v.text, "#")
	return func(r *line.Record) bool {
		return r.IsMessage && (r.Thread == id || r.Event.EntityID == id)
	}, nil
}

func compileTime(t token, v val, o Options) (matcher, error) {
	if len(t.values) > 1 {
		return nil, fail(t.source, t.values[1].at, "%s: takes one time", t.field)
	}
	at, err := ParseTime(v.text, o.Now, o.Location)
	if err != nil {
		return nil, fail(t.source, v.at, "%v", err)
	}
	if t.field == "before" {
		return func(r *line.Record) bool { return r.Time().Before(at) }, nil
	}
	return func(r *line.Record) bool { return !r.Time().Before(at) }, nil
}

func compileConf(t token, v val, _ Options) (matcher, error) {
	c, ok := parseComparison(v.text)
	if !ok {
		return nil, fail(t.source, v.at, "conf: wants a number, as in conf:>0.8")
	}
	return func(r *line.Record) bool {
		m := r.Details()
		if m == nil {
			return false
		}
		n, ok := number(m.Confidence)
		return ok && c.holds(n)
	}, nil
}

// number reads a JSON number, or one in a string.
func number(b json.RawMessage) (float64, bool) {
	n, err := strconv.ParseFloat(strings.Trim(string(b), `"`), 64)
	return n, err == nil
}
