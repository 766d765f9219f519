package engine

import "cslack-stream/internal/engine/event"

// redact takes the text of deleted messages out of events that are about to be
// appended, that of the deletions included, and returns the ids of these
// messages.
func redact(events []event.Event) (messages []string) {
	for i := range events {
		if events[i].Type != event.MessageDeleted {
			continue
		}
		id := events[i].EntityID
		messages = append(messages, id)
		for j := range events[:i+1] {
			if about(&events[j], id) {
				events[j] = *events[j].Redacted()
			}
		}
	}
	return messages
}

func about(e *event.Event, message string) bool {
	return e.EntityID == message && e.EntityType == "message"
}

// redactWindow does the same to the events that later readers share, which
// are in the log without their text already.
func (e *Engine) redactWindow(events []*event.Event) {
	gone := make(map[string]bool)
	for _, ev := range events {
		if ev.Type == event.MessageDeleted {
			gone[ev.EntityID] = true
		}
	}
	if len(gone) == 0 {
		return
	}
	e.window.Replace(func(ev *event.Event) *event.Event {
		if !gone[ev.EntityID] || !about(ev, ev.EntityID) {
			return ev
		}
		return ev.Redacted()
	})
}
