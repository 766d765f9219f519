package event

import "slices"

// Filter narrows a stream. The zero Filter lets everything pass; a Filter can
// never show what permission hides.
type Filter struct {
	// Types are patterns as [Type.Matches] takes them; none means all.
	Types []string
	// Channels are channel ids; none means all. With channels given, events
	// that belong to no channel do not pass.
	Channels []string
}

// Match reports whether e passes.
func (f Filter) Match(e *Event) bool {
	if len(f.Channels) > 0 && !slices.Contains(f.Channels, e.Channel) {
		return false
	}
	return len(f.Types) == 0 || slices.ContainsFunc(f.Types, e.Type.Matches)
}

// Admits reports whether an event of type t could pass.
func (f Filter) Admits(t Type) bool {
	return len(f.Types) == 0 || slices.ContainsFunc(f.Types, t.Matches)
}
