package timeline

import (
	"iter"
	"slices"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/tui/line"
)

// Replies returns how many of the messages held have that id as their thread.
func (t *Timeline) Replies(thread string) int { return t.replies[thread] }

// Threads reports whether any message held is in a thread.
func (t *Timeline) Threads() bool { return len(t.replies) > 0 }

// Held returns all events held, whether they are shown or not, the newest
// first.
func (t *Timeline) Held() iter.Seq[*line.Record] {
	return func(yield func(*line.Record) bool) {
		for _, e := range slices.Backward(t.entries) {
			if e.row.Kind == Event && !yield(e.row.Record) {
				return
			}
		}
	}
}

// countReply counts r in its thread n times more.
func (t *Timeline) countReply(r *line.Record, n int) {
	if r == nil || r.Thread == "" || !r.HasContent() || r.Type() == event.MessageEdited {
		return
	}
	if t.replies == nil {
		t.replies = make(map[string]int)
	}
	if t.replies[r.Thread] += n; t.replies[r.Thread] == 0 {
		delete(t.replies, r.Thread)
	}
}
