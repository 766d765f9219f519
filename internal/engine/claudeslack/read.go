package claudeslack

import (
	"context"
	"fmt"
	"strings"

	"cslack-stream/internal/engine/event"
)

// The unary plus keeps the driver from guessing at declared types: values
// come as they are stored.
const (
	messageColumns = `+id,+channel_id,+sender_id,+sender_project_id,+content,+topic_name,+thread_id,+timestamp,+is_edited,+edited_at,+confidence,+metadata`
	channelColumns = `+id,+channel_type,+access_type,+project_id,+scope,+name,+description,+topic_required,+default_topic,+channel_metadata,+created_by,+created_by_project_id,+created_at,+is_default,+is_archived`
	memberColumns  = `+channel_id,+agent_name,+agent_project_id,+invited_by,+joined_at,+source,+can_leave,+can_send,+can_invite,+can_manage,+opted_out`
	agentColumns   = `+name,+project_id,+description,+status,+current_project_id,+dm_policy,+discoverable,+last_active,+created_at`
	linkColumns    = `+project_a_id,+project_b_id,+link_type,+enabled,(SELECT name FROM projects WHERE id=project_a_id),(SELECT name FROM projects WHERE id=project_b_id)`
	configColumns  = `+id,+config_hash,+scope,+project_id,+success,+applied_at,+actions_taken`
)

// Of tool calls only those of the host's reading tools are read, and only if
// their inputs are short: the host records every call of every tool, with
// whole messages in it.
const (
	callColumns = `+s.project_id,+s.project_path,+t.tool_name,+t.tool_inputs,+t.called_at`
	callRows    = `tool_calls t JOIN sessions s ON s.id=t.session_id WHERE t.id>? AND t.tool_name GLOB '*_messages' AND length(t.tool_inputs)<4096`
)

// KindOf tells a channel's kind from its id and type. The prefix is the one
// thing that ids are read for: nothing else marks notes.
func KindOf(id, channelType string) event.Kind {
	switch {
	case channelType == "direct":
		return event.KindDirect
	case strings.HasPrefix(id, "notes:"):
		return event.KindNotes
	}
	return event.KindChannel
}

// MessageOf makes a message from values in the order of the host's columns
// that the queries of this package use.
func MessageOf(v []any) event.Message {
	return event.Message{
		ID: Int(v[0]), ChannelID: String(v[1]), SenderID: String(v[2]), SenderProjectID: Text(v[3]),
		Content: String(v[4]), TopicName: Text(v[5]), ThreadID: Text(v[6]), Timestamp: Raw(v[7]),
		IsEdited: Bool(v[8]), EditedAt: Raw(v[9]), Confidence: Raw(v[10]), Metadata: JSON(v[11]),
	}
}

// ChannelOf makes a channel from values in the order of the host's columns.
func ChannelOf(v []any) event.Channel {
	return event.Channel{
		ID: String(v[0]), Kind: KindOf(String(v[0]), String(v[1])), ChannelType: String(v[1]), AccessType: String(v[2]),
		ProjectID: Text(v[3]), Scope: String(v[4]), Name: String(v[5]), Description: Text(v[6]),
		TopicRequired: Bool(v[7]), DefaultTopic: Text(v[8]), ChannelMetadata: JSON(v[9]),
		CreatedBy: Text(v[10]), CreatedByProjectID: Text(v[11]), CreatedAt: Raw(v[12]),
		IsDefault: Bool(v[13]), IsArchived: Bool(v[14]),
	}
}

// MemberOf makes a member from values in the order of the host's columns.
func MemberOf(v []any) event.Member {
	return event.Member{
		ChannelID: String(v[0]), AgentName: String(v[1]), AgentProjectID: Text(v[2]), InvitedBy: Text(v[3]),
		JoinedAt: Raw(v[4]), Source: Text(v[5]), CanLeave: flag(v[6]), CanSend: flag(v[7]),
		CanInvite: flag(v[8]), CanManage: flag(v[9]), OptedOut: Bool(v[10]),
	}
}

// AgentOf makes an agent from values in the order of the host's columns.
func AgentOf(v []any) event.AgentStatus {
	return event.AgentStatus{
		Name: String(v[0]), ProjectID: Text(v[1]), Description: Text(v[2]), Status: Text(v[3]),
		CurrentProjectID: Text(v[4]), DMPolicy: Text(v[5]), Discoverable: Text(v[6]),
		LastActive: Raw(v[7]), CreatedAt: Raw(v[8]),
	}
}

// LinkOf makes a link from both ids, type, enabled and both names.
func LinkOf(v []any) event.Link {
	return event.Link{
		ProjectA: String(v[0]), ProjectB: String(v[1]), LinkType: Text(v[2]), Enabled: Bool(v[3]),
		ProjectAName: Text(v[4]), ProjectBName: Text(v[5]),
	}
}

// ConfigOf makes a config sync from values in the order of the host's
// columns. The snapshot of the whole configuration stays where it is.
func ConfigOf(v []any) event.ConfigSync {
	return event.ConfigSync{
		ID: Int(v[0]), ConfigHash: String(v[1]), Scope: Text(v[2]), ProjectID: Text(v[3]),
		Success: Bool(v[4]), AppliedAt: Raw(v[5]), ActionsTaken: JSON(v[6]),
	}
}

// CallOf makes a call from both values of its session's project, the tool's
// name, the inputs, and the time.
func CallOf(v []any) Call {
	return Call{ProjectID: String(v[0]), ProjectPath: String(v[1]), Tool: String(v[2]), Inputs: String(v[3]), CalledAt: Raw(v[4])}
}

// ReadTables reads the small tables that g can be read for. Of an agent with
// several rows the oldest counts; of a member, any row that is not opted out.
func ReadTables(ctx context.Context, q Queryer, g Generation) (Tables, error) {
	var t Tables
	seen := make(map[event.Agent]bool)
	read := func(table, query string, add func([]any)) error {
		if !g.Has(table) {
			return nil
		}
		return each(ctx, q, query, nil, add)
	}
	err := read("agents", `SELECT `+agentColumns+` FROM agents ORDER BY rowid`, func(v []any) {
		a := AgentOf(v)
		if k := AgentKey(a.Name, a.ProjectID); !seen[k] {
			seen[k] = true
			t.Agents = append(t.Agents, a)
		}
	})
	if err == nil {
		err = read("channels", `SELECT `+channelColumns+` FROM channels ORDER BY rowid`, func(v []any) {
			t.Channels = append(t.Channels, ChannelOf(v))
		})
	}
	if err == nil {
		err = read("channel_members", `SELECT `+memberColumns+` FROM channel_members ORDER BY rowid`, memberCollector(&t.Members))
	}
	if err == nil && g.Has("projects") {
		err = read("project_links", `SELECT `+linkColumns+` FROM project_links ORDER BY rowid`, func(v []any) {
			t.Links = append(t.Links, LinkOf(v))
		})
	}
	if err == nil {
		err = read("config_sync_history", `SELECT config_hash FROM config_sync_history ORDER BY id DESC LIMIT 1`, func(v []any) {
			t.ConfigHash = String(v[0])
		})
	}
	if err == nil && g.Has(callsTable) {
		t.Calls, err = ReadCalls(ctx, q, 0)
	}
	return t, err
}

// memberCollector keeps one row a key, preferring an active one.
func memberCollector(members *[]event.Member) func([]any) {
	type key struct {
		channel string
		agent   event.Agent
	}
	at := make(map[key]int)
	return func(v []any) {
		m := MemberOf(v)
		k := key{m.ChannelID, memberKey(m)}
		i, dup := at[k]
		switch {
		case !dup:
			at[k] = len(*members)
			*members = append(*members, m)
		case (*members)[i].OptedOut && !m.OptedOut:
			(*members)[i] = m
		}
	}
}

// ReadMessages reads up to limit messages with after < id ≤ upTo, in order of
// id.
func ReadMessages(ctx context.Context, q Queryer, after, upTo int64, limit int) ([]event.Message, error) {
	var out []event.Message
	err := each(ctx, q, `SELECT `+messageColumns+` FROM messages WHERE id>? AND id<=? ORDER BY id LIMIT ?`,
		[]any{after, upTo, limit}, func(v []any) { out = append(out, MessageOf(v)) })
	return out, err
}

// ReadConfigSyncs reads the config syncs with id > after, in order of id.
func ReadConfigSyncs(ctx context.Context, q Queryer, after int64) ([]event.ConfigSync, error) {
	var out []event.ConfigSync
	err := each(ctx, q, `SELECT `+configColumns+` FROM config_sync_history WHERE id>? ORDER BY id`,
		[]any{after}, func(v []any) { out = append(out, ConfigOf(v)) })
	return out, err
}

// ReadCalls reads the calls of the host's reading tools with id > after, in
// order of id. The host keeps them for ten minutes.
func ReadCalls(ctx context.Context, q Queryer, after int64) ([]Call, error) {
	var out []Call
	err := each(ctx, q, `SELECT `+callColumns+` FROM `+callRows+` ORDER BY t.id`,
		[]any{after}, func(v []any) { out = append(out, CallOf(v)) })
	return out, err
}

// ReadAgents lists the agents, one for every key, in order of name.
func ReadAgents(ctx context.Context, q Queryer) ([]event.AgentInfo, error) {
	var out []event.AgentInfo
	seen := make(map[event.Agent]bool)
	query := `SELECT ` + agentColumns + `,(SELECT name FROM projects WHERE id=agents.project_id),
(SELECT count(DISTINCT channel_id) FROM channel_members WHERE agent_name=agents.name AND agent_project_id IS agents.project_id AND NOT opted_out)
FROM agents ORDER BY name,project_id,rowid`
	err := each(ctx, q, query, nil, func(v []any) {
		a := AgentOf(v)
		info := event.AgentInfo{
			Name: a.Name, ProjectID: a.ProjectID, ProjectName: Text(v[9]), Description: a.Description, Status: a.Status,
			DMPolicy: a.DMPolicy, Discoverable: a.Discoverable, LastActive: a.LastActive, CreatedAt: a.CreatedAt, Channels: Int(v[10]),
		}
		if !seen[info.Key()] {
			seen[info.Key()] = true
			out = append(out, info)
		}
	})
	return out, err
}

// each calls add with the values of every row of query.
func each(ctx context.Context, q Queryer, query string, args []any, add func([]any)) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("read host tables: %w", err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return fmt.Errorf("read host tables: %w", err)
	}
	values, targets := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		targets[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return fmt.Errorf("read host tables: %w", err)
		}
		add(values)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read host tables: %w", err)
	}
	return nil
}
