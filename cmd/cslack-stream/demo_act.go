package main

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"cslack-stream/internal/engine/event"
)

// act is one thing that an agent does. An act that needs the id of an earlier
// message holds a pointer to it, which that message's own act fills in.
type act func(ctx context.Context, h *demoHost) error

func says(from event.Agent, channel, text string) act {
	return asks(new(int64), from, channel, text)
}

// asks says something and keeps its id for what refers to it later.
func asks(id *int64, from event.Agent, channel, text string) act {
	return speak(id, demoMessage{from: from, channel: channel, content: text, metadata: demoMentions(text)})
}

func answers(id *int64, from event.Agent, channel, text string) act {
	return func(ctx context.Context, h *demoHost) error {
		m := demoMessage{from: from, channel: channel, content: text, metadata: demoMentions(text), thread: strconv.FormatInt(*id, 10)}
		return speak(new(int64), m)(ctx, h)
	}
}

func alarms(id *int64, from event.Agent, channel, text string) act {
	m := demoMentions(text)
	if m == nil {
		m = map[string]any{}
	}
	m["priority"] = "high"
	return speak(id, demoMessage{from: from, channel: channel, content: text, metadata: m})
}

// speak sends a message with the host's send tool. The host notes the use of
// the tool first: that changes nothing that anybody sees, but moves the file.
func speak(id *int64, m demoMessage) act {
	return func(ctx context.Context, h *demoHost) (err error) {
		if err := uses(m.from, "send_channel_message", map[string]any{"channel_id": m.channel, "content": m.content})(ctx, h); err != nil {
			return err
		}
		*id, err = h.send(ctx, m)
		return err
	}
}

// whispers sends a direct message, opening the channel if need be.
func whispers(from, to event.Agent, text string) act {
	return asksInPrivate(new(int64), from, to, text)
}

func asksInPrivate(id *int64, from, to event.Agent, text string) act {
	return func(ctx context.Context, h *demoHost) error {
		channel, err := h.openDM(ctx, from, to)
		if err != nil {
			return err
		}
		return asks(id, from, channel, text)(ctx, h)
	}
}

func writesNote(id *int64, who event.Agent, text string, tags ...string) act {
	if tags == nil {
		tags = []string{}
	}
	return speak(id, demoMessage{
		from: who, channel: "notes:" + who.Name + ":" + demoShort(who.Project), content: text,
		metadata: map[string]any{"type": "note", "tags": tags, "session_context": nil},
	})
}

func retags(id *int64, tags ...string) act {
	return func(ctx context.Context, h *demoHost) error {
		b, err := json.Marshal(map[string]any{"tags": tags})
		if err != nil {
			return fmt.Errorf("encode tags: %w", err)
		}
		return h.patch(ctx, *id, string(b))
	}
}

func edits(id *int64, text string) act {
	return func(ctx context.Context, h *demoHost) error { return h.edit(ctx, *id, text) }
}

func deletes(id *int64, by event.Agent) act {
	return func(ctx context.Context, h *demoHost) error { return h.remove(ctx, *id, by) }
}

func becomes(who event.Agent, status string) act {
	return func(ctx context.Context, h *demoHost) error { return h.setStatus(ctx, who, status) }
}

func registers(who event.Agent, description string) act {
	return func(ctx context.Context, h *demoHost) error { return h.registerAgent(ctx, who, description) }
}

func joins(channel string, who event.Agent) act {
	return func(ctx context.Context, h *demoHost) error { return h.join(ctx, channel, who, "self") }
}

func invites(channel string, who, by event.Agent) act {
	return func(ctx context.Context, h *demoHost) error { return h.join(ctx, channel, who, by.Name) }
}

func leaves(channel string, who event.Agent) act {
	return func(ctx context.Context, h *demoHost) error { return h.leave(ctx, channel, who) }
}

func founds(c demoChannel) act {
	return func(ctx context.Context, h *demoHost) error { return h.createChannel(ctx, c) }
}

func describes(channel, text string) act {
	return func(ctx context.Context, h *demoHost) error { return h.describe(ctx, channel, text) }
}

func archives(channel string) act {
	return func(ctx context.Context, h *demoHost) error { return h.archive(ctx, channel) }
}

func linksProjects(a, b string) act {
	return func(ctx context.Context, h *demoHost) error { return h.link(ctx, a, b) }
}

func unlinksProjects(a, b string) act {
	return func(ctx context.Context, h *demoHost) error { return h.unlink(ctx, a, b) }
}

// syncsConfig is what the host notes at a session's start; version stands for the
// content of the configuration.
func syncsConfig(project string, version int) act {
	return func(ctx context.Context, h *demoHost) error {
		return h.syncConfig(ctx, project, fmt.Sprintf(`{"version": "3.0", "settings": {"message_retention_days": %d}}`, 29+version))
	}
}

// startsSession is the start of a session in a project.
func startsSession(project, name string) act {
	return func(ctx context.Context, h *demoHost) error {
		path := "/home/dev/" + name
		if err := h.registerProject(ctx, project, path, name); err != nil {
			return err
		}
		return h.registerSession(ctx, "demo-"+name, project, path, name)
	}
}

// checks is an agent looking for messages of the last minutes. It says since
// when: the host does not note a call that it has noted just now.
func checks(who event.Agent) act {
	return func(ctx context.Context, h *demoHost) error {
		since := h.now().Add(-5 * time.Minute).UTC().Format(time.RFC3339)
		return uses(who, "get_messages", map[string]any{"since": since, "limit": 10})(ctx, h)
	}
}

func uses(who event.Agent, tool string, inputs map[string]any) act {
	return func(ctx context.Context, h *demoHost) error {
		session := "demo-webapp"
		if who.Project == demoAPI {
			session = "demo-api"
		}
		inputs["agent_id"] = who.Name
		b, err := json.Marshal(inputs)
		if err != nil {
			return fmt.Errorf("encode tool inputs: %w", err)
		}
		return h.recordToolCall(ctx, session, "mcp__claude-slack__"+tool, string(b))
	}
}

var demoMention = regexp.MustCompile(`@([a-z]+(?:-[0-9]+)?)`)

// demoMentions is the metadata that the host derives from a text, nil if there is
// nothing to say.
func demoMentions(text string) map[string]any {
	found := demoMention.FindAllStringSubmatch(text, -1)
	if found == nil {
		return nil
	}
	valid := make([]map[string]any, 0, len(found))
	for _, m := range found {
		valid = append(valid, map[string]any{"name": m[1], "project_id": nil, "raw": m[0]})
	}
	return map[string]any{"mentions": map[string]any{"valid": valid, "invalid": []any{}, "total": len(valid)}}
}
