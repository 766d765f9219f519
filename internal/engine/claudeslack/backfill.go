package claudeslack

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"cslack-stream/internal/engine/event"
)

// Limits of what is backfilled: history older or longer than this stays in
// the host's tables only.
const (
	BackfillAge  = 30 * 24 * time.Hour
	BackfillRows = 100_000
	// backfillChunk bounds how many messages are read at a time.
	backfillChunk = 1000
)

// Backfill makes events of what the host's tables hold already, for a log
// that begins now: registrations, channels, joins, who checked in the last ten
// minutes, and messages up to the newest. q must be one read transaction, t what it reads. Who was a member
// at the time is not recorded anywhere, so audiences are those of the tables
// as they are.
//
// Events are given to add in chunks, messages in order of their ids and the
// rest placed among them by time, marked as backfilled.
func (ws *Workspace) Backfill(ctx context.Context, q Queryer, t Tables, now time.Time, add func([]event.Event) error) error {
	oldest := now.Add(-BackfillAge)
	facts := ws.backfillFacts(t, oldest, now)
	after, newest, err := messageRange(ctx, q, oldest)
	if err != nil {
		return err
	}
	for after < newest {
		messages, err := ReadMessages(ctx, q, after, newest, backfillChunk)
		if err != nil {
			return err
		}
		if len(messages) == 0 {
			break
		}
		var chunk []event.Event
		for _, m := range messages {
			at := timeOr(m.Timestamp, now)
			for len(facts) > 0 && !facts[0].CreatedAt.After(at) {
				chunk, facts = append(chunk, facts[0]), facts[1:]
			}
			chunk = append(chunk, ws.backfillMessage(m, at)...)
		}
		if err := add(chunk); err != nil {
			return err
		}
		after = messages[len(messages)-1].ID
	}
	return add(facts)
}

// messageRange returns the ids between which the messages to backfill lie.
func messageRange(ctx context.Context, q Queryer, oldest time.Time) (after, newest int64, err error) {
	err = each(ctx, q, `SELECT coalesce(max(id),0) FROM messages`, nil, func(v []any) { newest = Int(v[0]) })
	if err != nil {
		return 0, 0, err
	}
	// Times may be text or number and in any order, so the oldest row wanted
	// is found by walking back from the newest.
	var skip bool
	err = each(ctx, q, `SELECT +id,+timestamp FROM messages ORDER BY id DESC LIMIT ?`, []any{BackfillRows + 1}, func(v []any) {
		if skip {
			return
		}
		after = Int(v[0]) - 1
		if t, ok := Time(Raw(v[1])); ok && t.Before(oldest) {
			after, skip = Int(v[0]), true
		}
	})
	return max(after, newest-BackfillRows), newest, err
}

// backfillFacts are the events of the small tables, in order of time.
func (ws *Workspace) backfillFacts(t Tables, oldest, now time.Time) []event.Event {
	r := renderer{Workspace: ws}
	at := func(raw json.RawMessage) { r.change.At = timeOr(raw, now) }
	for _, a := range t.Agents {
		at(a.CreatedAt)
		r.emitAgent(event.AgentRegistered, AgentKey(a.Name, a.ProjectID), a)
	}
	for _, c := range t.Channels {
		at(c.CreatedAt)
		r.created(ws.channels[c.ID])
	}
	for _, m := range t.Members {
		if c, k := ws.channels[m.ChannelID], memberKey(m); c != nil && !m.OptedOut && r.announcesMembers(c, k) {
			at(m.JoinedAt)
			r.emitMember(event.MemberJoined, c, m, ws.membersOf(c))
		}
	}
	ws.eachCheck(t, func(p event.Checked, k event.Agent, at time.Time) {
		r.change.At = at
		r.emitChecked(p, k)
	})
	for i := range r.events {
		r.events[i].Backfilled = true
	}
	facts := slices.DeleteFunc(r.events, func(e event.Event) bool { return e.CreatedAt.Before(oldest) })
	slices.SortStableFunc(facts, func(a, b event.Event) int { return a.CreatedAt.Compare(b.CreatedAt) })
	return facts
}

// backfillMessage renders a message that was there before us. A deleted one
// is shown as the host shows it: with the host's placeholder for its text.
func (ws *Workspace) backfillMessage(m event.Message, at time.Time) []event.Event {
	r := renderer{Workspace: ws, change: Change{At: at}}
	r.messageInserted(MessageInserted{m})
	for i := range r.events {
		r.events[i].Backfilled = true
	}
	return r.events
}

func timeOr(raw json.RawMessage, otherwise time.Time) time.Time {
	if t, ok := Time(raw); ok {
		return t
	}
	return otherwise.UTC().Truncate(time.Millisecond)
}
