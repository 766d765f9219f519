package line

import "cslack-stream/internal/engine/event"

// Fold knows which lines would only repeat the line before: a direct message
// is one message.new for both parties and one dm.received for the addressee.
// For eyes one of them is enough. The zero Fold is ready.
type Fold struct {
	shown string // id of the direct message shown last
}

// Hides reports whether r repeats what was shown, and takes note of r as
// shown if not. A dm.received whose message.new was not shown is not hidden.
func (f *Fold) Hides(r *Record) bool {
	switch r.Event.Type {
	case event.DMReceived:
		return f.shown != "" && f.shown == r.Event.EntityID
	case event.MessageNew:
		f.shown = r.Event.EntityID
	}
	return false
}
