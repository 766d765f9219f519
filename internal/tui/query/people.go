package query

import (
	"slices"
	"strings"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/tui/line"
	"cslack-stream/internal/tui/text"
)

// is reports whether the agent is the one that a user calls name, also as it
// is shown; address is its full name, if known.
func is(a event.Agent, address, name string) bool {
	return strings.EqualFold(a.Name, name) || strings.EqualFold(address, name) || a.String() == name ||
		strings.EqualFold(text.Name(a.Name), name)
}

func compileFrom(_ token, v val, _ Options) (matcher, error) {
	name := strings.TrimPrefix(v.text, "@")
	return func(r *line.Record) bool {
		if r.From.IsZero() {
			return strings.EqualFold(name, r.Who)
		}
		return is(r.From, r.Sender, name)
	}, nil
}

func compileIn(_ token, v val, _ Options) (matcher, error) {
	name, ofAgent := strings.CutPrefix(v.text, "@")
	return func(r *line.Record) bool {
		if r.Where == "" {
			return false
		}
		if ofAgent && slices.ContainsFunc(r.Members, func(a event.Agent) bool { return is(a, "", name) }) {
			return true
		}
		return strings.EqualFold(r.Where, v.text) || strings.EqualFold(r.Where, "#"+v.text) || r.Event.Channel == v.text || r.Channel.ID == v.text
	}, nil
}

func compileTo(_ token, v val, _ Options) (matcher, error) {
	full := strings.TrimPrefix(v.text, "@")
	name, project, _ := strings.Cut(full, "@")
	return func(r *line.Record) bool {
		if !r.IsMessage || r.From.Name == name {
			return false
		}
		for _, m := range r.Members {
			if m != r.From && (is(m, "", name) || is(m, "", full)) {
				return true
			}
		}
		return is(r.Event.Agent, "", name) || line.Mentions(r.Text, name, project)
	}, nil
}
