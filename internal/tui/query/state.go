package query

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/tui/line"
	"cslack-stream/internal/tui/text"
)

// states are the values of is:.
var states = map[string]matcher{
	"dm":      func(r *line.Record) bool { return r.Channel.Kind == event.KindDirect },
	"mention": mentions,
	"sent":    func(r *line.Record) bool { return r.Sent && r.IsMessage },
	"note":    func(r *line.Record) bool { return r.Channel.Kind == event.KindNotes && r.IsMessage },
	"edited": func(r *line.Record) bool {
		if r.Event.Type == event.MessageEdited {
			return true
		}
		m := r.Details()
		return m != nil && m.IsEdited
	},
	"deleted": func(r *line.Record) bool { return r.Event.Type == event.MessageDeleted },
	"system":  func(r *line.Record) bool { return !r.IsMessage },
	"waiting": func(r *line.Record) bool { return r.Waiting },
}

// anyMention is how a mention of anybody begins.
var anyMention = regexp.MustCompile(`(^|[^\pL\pN_@])@[\pL\pN_]`)

// mentions tells whether the watched agent is mentioned; to an operator,
// whether anybody is.
func mentions(r *line.Record) bool {
	return r.Mentioned || r.Agent == "" && r.IsMessage && anyMention.MatchString(r.Text)
}

func compileIs(t token, v val, _ Options) (matcher, error) {
	name := strings.ToLower(v.text)
	if m, ok := states[name]; ok {
		return m, nil
	}
	names := slices.Sorted(maps.Keys(states))
	if near := text.Nearest(name, names, 1); len(near) > 0 {
		return nil, fail(t.source, v.at, "unknown state is:%s, did you mean is:%s?", text.Line(v.text), near[0])
	}
	return nil, fail(t.source, v.at, "unknown state is:%s, want one of %s", text.Line(v.text), strings.Join(names, " "))
}
