package claudeslack

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"cslack-stream/internal/engine/event"
)

// recentMessages is how many messages a snapshot carries.
const recentMessages = 50

// ReadSnapshot reads what agent may see now, or everything for the zero
// Agent. q must be one read transaction; the caller sets the cursor. It
// returns event.ErrNotFound if there is no such agent.
func ReadSnapshot(ctx context.Context, q Queryer, g Generation, agent event.Agent) (event.Snapshot, error) {
	tables, err := ReadTables(ctx, q, g)
	if err != nil {
		return event.Snapshot{}, err
	}
	ws := NewWorkspace(new(event.Roster))
	ws.Seed(tables)
	s := event.Snapshot{Channels: []event.Channel{}, RecentMessages: []json.RawMessage{}, Members: map[string][]event.Member{}}
	if !agent.IsZero() {
		if s.Agent, err = readAgent(ctx, q, agent); err != nil {
			return event.Snapshot{}, err
		}
	}
	readable := ws.snapshotChannels(&s, tables, agent)
	if err := countUnread(ctx, q, &s, agent); err != nil {
		return event.Snapshot{}, err
	}
	s.RecentMessages, err = ws.recent(ctx, q, readable)
	return s, err
}

func readAgent(ctx context.Context, q Queryer, agent event.Agent) (*event.AgentInfo, error) {
	agents, err := ReadAgents(ctx, q)
	if err != nil {
		return nil, err
	}
	for _, a := range agents {
		if a.Key() == agent {
			return &a, nil
		}
	}
	return nil, fmt.Errorf("read agent %q: %w", agent, event.ErrNotFound)
}

// snapshotChannels fills in channels and members, and returns the ids of the
// channels whose messages agent may read.
func (ws *Workspace) snapshotChannels(s *event.Snapshot, t Tables, agent event.Agent) []string {
	number, _ := ws.roster.Number(agent)
	var readable []string
	for _, row := range t.Channels {
		c := ws.channels[row.ID]
		inside := agent.IsZero() || c.members[agent]
		if !inside && !ws.existence(c).Has(number) {
			continue
		}
		if row.Kind == event.KindDirect {
			row.Members = c.memberNames()
		}
		s.Channels = append(s.Channels, row)
		if inside {
			readable = append(readable, row.ID)
		}
	}
	for _, m := range t.Members {
		if _, known := ws.agents[memberKey(m)]; known && !m.OptedOut && slices.Contains(readable, m.ChannelID) {
			c := ws.channels[m.ChannelID]
			m.ChannelName, m.ChannelKind = c.Row.Name, c.Row.Kind
			s.Members[m.ChannelID] = append(s.Members[m.ChannelID], m)
		}
	}
	return readable
}

// countUnread counts what lies behind the agent's read mark. Rows of the
// host's present code never have one, so everything counts.
func countUnread(ctx context.Context, q Queryer, s *event.Snapshot, agent event.Agent) error {
	if agent.IsZero() {
		return nil
	}
	var project any
	if agent.Project != "" {
		project = agent.Project
	}
	unread := make(map[string]int64)
	err := each(ctx, q, `SELECT channel_id,(SELECT count(*) FROM messages m WHERE m.channel_id=cm.channel_id AND m.id>coalesce(max(cm.last_read_message_id),0))
FROM channel_members cm WHERE agent_name=? AND agent_project_id IS ? AND NOT opted_out GROUP BY channel_id`,
		[]any{agent.Name, project}, func(v []any) { unread[String(v[0])] = Int(v[1]) })
	if err != nil {
		return err
	}
	for i, c := range s.Channels {
		if n, ok := unread[c.ID]; ok {
			s.Channels[i].Unread = &n
		}
	}
	return nil
}

// recent reads the newest messages of the given channels, oldest first.
func (ws *Workspace) recent(ctx context.Context, q Queryer, channels []string) ([]json.RawMessage, error) {
	ids, err := json.Marshal(channels)
	if err != nil {
		return nil, fmt.Errorf("read recent messages: %w", err)
	}
	out := []json.RawMessage{}
	r := renderer{Workspace: ws}
	err = each(ctx, q, `SELECT `+messageColumns+` FROM messages WHERE channel_id IN (SELECT value FROM json_each(?)) ORDER BY id DESC LIMIT ?`,
		[]any{string(ids), recentMessages}, func(v []any) {
			m := MessageOf(v)
			if r.channelOf(&m).Row.Kind == event.KindNotes {
				m.Tags = tagsOf(m.Metadata)
			}
			b, err := json.Marshal(m)
			if err != nil {
				panic(fmt.Sprintf("claudeslack: encode message: %v", err)) // made of valid JSON
			}
			out = append(out, b)
		})
	slices.Reverse(out)
	return out, err
}
