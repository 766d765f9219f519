package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"cslack-stream/internal/engine/event"
)

// messagePrefix begins the id of a message, as opposed to that of an event.
const messagePrefix = "message:"

// Find returns the event with that id: a cursor, or message:ID, which is the
// event with which that message of the host began. It returns a
// *event.GapError for a cursor that is of another log or was removed, and
// event.ErrNotFound if there is no such event.
func (e *Engine) Find(ctx context.Context, id string) (*event.Event, error) {
	if message, ok := strings.CutPrefix(id, messagePrefix); ok {
		return e.findMessage(ctx, message)
	}
	at, err := event.ParseCursor(id)
	if err != nil {
		return nil, err
	}
	events, err := e.log.Before(ctx, at, 1)
	if err != nil {
		return nil, err
	}
	if len(events) == 1 && events[0].Cursor == at {
		return events[0], nil
	}
	if _, err := e.log.Resolve(ctx, event.Cursor{Epoch: at.Epoch, Offset: max(0, at.Offset-1)}, event.Filter{}); err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("find event %s: %w", at, event.ErrNotFound)
}

func (e *Engine) findMessage(ctx context.Context, id string) (*event.Event, error) {
	events, err := e.log.About(ctx, "message", id, "")
	if err != nil {
		return nil, err
	}
	for _, ev := range events {
		if ev.Type == event.MessageNew || ev.Type == event.NoteCreated {
			return ev, nil
		}
	}
	return nil, fmt.Errorf("find message: %w", event.ErrNotFound)
}

// Why explains whether agent gets ev, an event of this engine's log. What
// decides is the audience that was stored with the event; the rule and the
// memberships only explain it.
func (e *Engine) Why(ctx context.Context, ev *event.Event, agent event.Agent) (event.Why, error) {
	w := event.Why{
		Event: ev.Cursor, Type: ev.Type, At: ev.CreatedAt, Agent: agent.String(),
		Delivered: ev.VisibleTo(agent),
	}
	var p struct {
		Name        string     `json:"name"`
		ChannelName string     `json:"channel_name"`
		Kind        event.Kind `json:"channel_kind"`
		AccessType  string     `json:"access_type"`
	}
	if err := json.Unmarshal(ev.Payload, &p); err != nil {
		return w, fmt.Errorf("read payload of event %s: %w", ev.Cursor, err)
	}
	w.Rule = rule(ev, p.Kind, p.AccessType)
	if ev.Channel != "" {
		w.Channel = "#" + cmp.Or(p.ChannelName, p.Name)
	}
	switch w.Rule {
	case event.RuleAddressee:
		w.Others = []string{ev.Agent.String()}
	case event.RuleParty, event.RuleOwner:
		for _, a := range ev.Audience.Agents() {
			w.Others = append(w.Others, a.String())
		}
		slices.Sort(w.Others)
	case event.RuleMember:
		if err := e.memberships(ctx, &w, ev, agent); err != nil {
			return w, err
		}
	}
	if ev.Backfilled {
		return w, e.recordedSince(ctx, &w)
	}
	return w, nil
}

// rule is what decides about an event: docs/protocol.md has the table.
func rule(ev *event.Event, kind event.Kind, access string) event.Rule {
	switch {
	case !ev.Agent.IsZero():
		return event.RuleAddressee
	case ev.EntityType == "agent":
		return event.RuleDiscovery
	case ev.EntityType == "link", ev.EntityType == "config":
		return event.RuleScope
	case kind == event.KindNotes:
		return event.RuleOwner
	case kind == event.KindDirect:
		return event.RuleParty
	case ev.EntityType == "channel" && access != "private":
		return event.RuleExistence
	}
	return event.RuleMember
}

// memberships finds the agent's coming and going next to the event.
func (e *Engine) memberships(ctx context.Context, w *event.Why, ev *event.Event, agent event.Agent) error {
	marks, err := e.log.About(ctx, "member", ev.Channel+"/"+agent.String(), ev.Channel)
	if err != nil {
		return err
	}
	bounds, err := e.log.Bounds(ctx)
	if err != nil {
		return err
	}
	for _, m := range marks {
		mark := &event.Membership{Event: m.Cursor, At: m.CreatedAt, Joined: m.Type == event.MemberJoined}
		later := m.Cursor.Offset > ev.Cursor.Offset
		if m.Cursor.Epoch != ev.Cursor.Epoch {
			later = m.Cursor.Epoch == bounds.Epoch // what is read from another's log comes first
		}
		if later {
			w.After = mark
			break
		}
		w.Before = mark
	}
	return nil
}

// recordedSince says since when changes were recorded as they happened.
func (e *Engine) recordedSince(ctx context.Context, w *event.Why) error {
	w.Unknown = true
	behind, err := e.log.CursorAt(ctx, 0)
	if err != nil {
		return err
	}
	first, err := e.log.Read(ctx, behind, event.Filter{}, 1)
	if err != nil || len(first) == 0 {
		return err
	}
	w.RecordedSince = &first[0].CreatedAt
	return nil
}
