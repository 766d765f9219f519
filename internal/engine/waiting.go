package engine

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"sync"
	"time"

	"cslack-stream/internal/engine/event"
)

// waitingEvents is how many of the newest events are looked through at first.
const waitingEvents = 10_000

// waiting counts the messages that came for agents since they were last seen
// checking. It reads the log when somebody asks, and from where it stood when
// somebody asks again: appending events costs nothing, and asking as much as
// came in between.
type waiting struct {
	mu     sync.Mutex
	at     event.Cursor // counted up to here
	counts map[event.Agent]int64
}

// count returns how many messages wait for each agent that was ever seen
// checking. checked are those who are known to be; the log tells of others.
func (w *waiting) count(ctx context.Context, log Log, checked map[event.Agent]time.Time) (map[event.Agent]int64, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	b, err := log.Bounds(ctx)
	if err != nil {
		return nil, err
	}
	latest := b.Latest()
	if w.counts == nil || w.at.Epoch != latest.Epoch || latest.Offset-w.at.Offset > waitingEvents {
		if err := w.begin(ctx, log, latest, checked); err != nil {
			return nil, err
		}
	}
	for w.at.Epoch != latest.Epoch || w.at.Offset < latest.Offset {
		events, err := log.Read(ctx, w.at, event.Filter{}, page)
		var gap *event.GapError
		switch {
		case errors.As(err, &gap):
			w.at = gap.Oldest // what retention has removed waits no more
		case err != nil:
			return nil, err
		case len(events) == 0:
			w.at = latest
		default:
			w.add(events)
		}
	}
	return maps.Clone(w.counts), nil
}

// begin goes back from the newest event to where the checks of all the agents
// are behind, but not further than waitingEvents.
func (w *waiting) begin(ctx context.Context, log Log, latest event.Cursor, checked map[event.Agent]time.Time) error {
	w.at, w.counts = latest, make(map[event.Agent]int64)
	ahead := maps.Clone(checked)
	for seen := 0; seen < waitingEvents && len(ahead) > 0; {
		events, err := log.Before(ctx, w.at, min(page, waitingEvents-seen))
		if err != nil {
			w.counts = nil
			return err
		}
		if len(events) == 0 {
			break
		}
		for _, e := range events {
			if e.Type == event.AgentChecked {
				delete(ahead, e.Agent)
			}
		}
		seen += len(events)
		last := events[len(events)-1].Cursor
		w.at = event.Cursor{Epoch: last.Epoch, Offset: last.Offset - 1}
	}
	for k := range checked {
		w.counts[k] = 0
	}
	return nil
}

// add counts what comes next.
func (w *waiting) add(events []*event.Event) {
	for _, e := range events {
		switch {
		case e.Type == event.AgentChecked:
			w.counts[e.Agent] = 0
		case e.Type == event.AgentRegistered && !e.Backfilled:
			delete(w.counts, registered(e))
		case e.Type == event.MessageNew:
			w.addMessage(e)
		}
		w.at = e.Cursor
	}
}

// addMessage counts a message for those who may see it, but not for its
// sender.
func (w *waiting) addMessage(e *event.Event) {
	var m struct {
		Name    string  `json:"sender_id"`
		Project *string `json:"sender_project_id"`
	}
	if json.Unmarshal(e.Payload, &m) != nil {
		return
	}
	sender := event.AgentInfo{Name: m.Name, ProjectID: m.Project}.Key()
	for k := range w.counts {
		if k != sender && e.VisibleTo(k) {
			w.counts[k]++
		}
	}
}
