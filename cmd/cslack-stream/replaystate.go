package main

import (
	"context"
	"strings"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/replay"
	"cslack-stream/internal/tui/line"
)

// showMoment prints what could be seen at the moment of --at, and then, up to
// --until, what came after.
func (t *tailer) showMoment(ctx context.Context, plan *replayPlan) error {
	if len(t.agents) > 1 {
		return usageError("--at shows what one agent could see: give one --agent, or none for everything")
	}
	s, err := replay.StateAt(ctx, t.source, t.view.Agent, plan.at)
	if err != nil {
		return err
	}
	t.sayRecorded(s, plan.at)
	if err := t.printState(s, plan.at); err != nil {
		return err
	}
	if plan.untilTime.IsZero() {
		return nil
	}
	t.request.After, t.request.Since = event.Cursor{}, plan.at
	t.source.Source = paced{t.source.Source, plan.pace}
	return t.run(ctx)
}

// sayRecorded says what the state can not tell.
func (t *tailer) sayRecorded(s *replay.State, at time.Time) {
	const layout = "2006-01-02 15:04:05"
	switch recorded := s.Recorded(); {
	case t.source.Derived:
		t.say("who was a member when is unknown, nothing is recorded in this database: these are the tables as they are now")
	case recorded.IsZero():
		t.say("who was a member when is unknown, nothing was recorded before %s: these are the tables as they were when recording began", at.In(t.plan.printer.Location).Format(layout))
	default:
		t.say("unknown, not recorded: who was a member before %s", recorded.In(t.plan.printer.Location).Format(layout))
	}
}

// printState prints the channels in a table and the messages as lines; as JSON
// all of it is one object, and formats for messages print nothing else.
func (t *tailer) printState(s *replay.State, at time.Time) error {
	var channels table
	switch t.plan.printer.Format {
	case line.FormatJSON:
		return channels.printJSON(t.stdout(), s.Form(at))
	case line.FormatText:
		channels.headings = []string{"CHANNEL", "KIND", "ARCHIVED", "MEMBERS"}
		for _, p := range s.Places() {
			channels.rows = append(channels.rows, t.placeRow(p))
		}
		if err := channels.print(t.stdout(), "text", t.plan.printer.Terminal); err != nil {
			return err
		}
	}
	return t.print(s.Messages())
}

func (t *tailer) placeRow(p replay.Place) []string {
	var keys, names []string
	for _, a := range p.Members {
		keys = append(keys, a.String())
		names = append(names, t.view.Names.Short(a, t.view.Agent.Project))
	}
	name := t.view.ChannelName(event.Channel{ID: p.ID, Name: p.Name, Kind: p.Kind, Members: keys})
	return []string{name, string(p.Kind), map[bool]string{true: "archived"}[p.Archived], strings.Join(names, ", ")}
}
