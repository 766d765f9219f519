package query

import (
	"slices"
	"strings"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/tui/line"
	"cslack-stream/internal/tui/text"
)

func compileSeen(_ token, v val, _ Options) (matcher, error) {
	return func(r *line.Record) bool { return seenBy(r, v.text) }, nil
}

func compileOnly(_ token, v val, _ Options) (matcher, error) {
	return func(r *line.Record) bool { return len(r.SeenBy()) == 1 && seenBy(r, v.text) }, nil
}

// seenBy reports whether the agent that a user calls name is one of those
// watched that see r.
func seenBy(r *line.Record, name string) bool {
	name = strings.TrimPrefix(name, "@")
	for i, a := range r.SeenBy() {
		if is(a, r.Seen()[i], name) {
			return true
		}
	}
	return false
}

// CheckWatched returns a [*SyntaxError] if q asks who of several watched
// agents sees an event, and only one is watched, or others than it names.
func (q *Query) CheckWatched(agents []event.Agent, names *line.Names) error {
	if q == nil {
		return nil
	}
	for _, t := range q.seers {
		if len(agents) < 2 {
			return fail(t.source, t.at, "%s: tells several agents apart: watch more than one", t.field)
		}
		for _, v := range t.values {
			name := strings.TrimPrefix(v.text, "@")
			called := func(a event.Agent) bool {
				return is(a, names.Address(a), name) || strings.EqualFold(text.Name(names.Address(a)), name)
			}
			if !slices.ContainsFunc(agents, called) {
				return fail(t.source, v.at, "%s:%s is none of those watched, want one of %s", t.field, text.Line(v.text), addresses(agents, names))
			}
		}
	}
	return nil
}

func addresses(agents []event.Agent, names *line.Names) string {
	var out []string
	for _, a := range agents {
		out = append(out, text.Name(names.Address(a)))
	}
	return strings.Join(out, " ")
}
