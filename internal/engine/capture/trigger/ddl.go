package trigger

import "fmt"

// version is that of the tables and triggers below; it changes with any of
// them. Version 2 only adds to version 1: an older installation is complete as
// far as it goes. It is read as it is, and upgraded in place.
const version = 2

// The names of everything that we add to the host's database.
const prefix = "cslack_"

// The tables. The change log's columns are generic so that one short insert
// serves every trigger; decode.go says what they mean for each op. Nothing in
// it can conflict, there is no index, and no function is used but the few that
// every build of SQLite allows in triggers: the host's own writes must never
// fail because of us.
var tables = []string{
	`CREATE TABLE cslack_change(id INTEGER PRIMARY KEY AUTOINCREMENT,op,k,a,p,c,v1,v2,v3,v4,v5,v6,v7,v8,v9,v10,v11,v12,n DEFAULT(total_changes()),at DEFAULT(julianday('now')))`,
	`CREATE TABLE cslack_meta(k TEXT PRIMARY KEY,v)WITHOUT ROWID`,
}

// trigger is one of ours: its name without the prefix, when it fires, and the
// statements of its body.
type trigger struct{ name, when, body string }

func (t trigger) sql() string {
	return "CREATE TRIGGER " + prefix + t.name + " " + t.when + " BEGIN INSERT INTO cslack_change(" + t.body + ";END"
}

// triggers are those of a version. From version 2 on there is one more, if the
// database records the calls of the host's tools.
func triggers(version int, calls bool) []trigger {
	all := firstTriggers()
	if version >= 2 && calls {
		all = append(all, callTrigger)
	}
	return all
}

// callTrigger logs the calls of the host's reading tools, with the project of
// the session that made them. The host records every call of its tools, with
// whole messages in the inputs of some, so it fires for few names and short
// inputs only; Go reads them.
var callTrigger = trigger{
	"ti", "AFTER INSERT ON tool_calls WHEN NEW.tool_name GLOB'*_messages'AND length(NEW.tool_inputs)<4096",
	"op,p,c,v1,v2,v3)SELECT'ti',project_id,project_path,NEW.tool_name,NEW.tool_inputs,NEW.called_at FROM sessions WHERE id=NEW.session_id",
}

// firstTriggers log the truth about keys, not row counts: a global agent has many
// rows, and REPLACE hides deletes. Above all they log nothing for the host's
// re-registration of the sender with every message.
//
// Every connection that the host opens parses this text, some forty
// nanoseconds a byte, and it opens several for a message. So it is short: no
// name that is not needed, and no condition that only spares a row of a rare
// write, since the renderer knows what it knows already.
//
// The marker ab says that an insert is about to change the truth about an
// agent; only behind it the AFTER trigger logs the row. An insert that is
// ignored leaves a lone marker, which means nothing.
func firstTriggers() []trigger {
	const (
		agentKey  = "name=%[1]s.name AND project_id IS %[1]s.project_id"
		memberKey = "channel_id=%[1]s.channel_id AND agent_name=%[1]s.agent_name AND agent_project_id IS %[1]s.agent_project_id"
		channel   = "op,c,a,p,v1,v2,v3,v4,v5,v6,v7,v8,v9,v10,v11,v12)SELECT'cp',id,created_by,project_id,channel_type,access_type,scope,name,description,topic_required,default_topic,channel_metadata,created_by_project_id,created_at,is_default,is_archived FROM channels WHERE id=NEW.id"
		member    = "op,c,a,p,v1)VALUES('%[2]s',%[1]s.channel_id,%[1]s.agent_name,%[1]s.agent_project_id,NOT EXISTS(SELECT 1 FROM channel_members WHERE " + memberKey + " AND NOT opted_out))"
		link      = "op,a,p,v1,v2)VALUES('lp',NEW.project_a_id,NEW.project_b_id,NEW.enabled,NEW.link_type)"
	)
	return []trigger{
		{"mi", "AFTER INSERT ON messages", "op,k,a,p,c,v1,v2,v3,v4,v5,v6)VALUES('mi',NEW.id,NEW.sender_id,NEW.sender_project_id,NEW.channel_id,NEW.content,NEW.metadata,NEW.thread_id,NEW.timestamp,NEW.topic_name,NEW.confidence)"},
		{
			"mu", "AFTER UPDATE OF content,metadata ON messages WHEN(NEW.content,NEW.metadata)IS NOT(OLD.content,OLD.metadata)",
			"op,k,a,p,c,v1,v2,v3,v4,v5,v6,v7,v8,v9,v10)VALUES('mu',NEW.id,NEW.sender_id,NEW.sender_project_id,NEW.channel_id,NEW.content,NEW.metadata,NEW.thread_id,NEW.timestamp,NEW.topic_name,NEW.confidence,NEW.is_edited,NEW.edited_at,OLD.content,OLD.metadata)",
		},
		{"md", "AFTER DELETE ON messages", "op,k,a,p,c,v1,v2,v3,v4)VALUES('md',OLD.id,OLD.sender_id,OLD.sender_project_id,OLD.channel_id,OLD.content,OLD.metadata,OLD.thread_id,OLD.timestamp)"},

		{"ci", "AFTER INSERT ON channels", channel},
		{"cu", "AFTER UPDATE ON channels", channel},
		{"cd", "AFTER DELETE ON channels", "op,c)VALUES('cd',OLD.id)"},

		{"ji", "AFTER INSERT ON channel_members", "op,c,a,p,v1,v2,v3,v4,v5,v6,v7,v8)VALUES('ji',NEW.channel_id,NEW.agent_name,NEW.agent_project_id,NEW.opted_out,NEW.invited_by,NEW.joined_at,NEW.source,NEW.can_leave,NEW.can_send,NEW.can_invite,NEW.can_manage)"},
		{"ju", "AFTER UPDATE OF opted_out ON channel_members", fmt.Sprintf(member, "NEW", "jp")},
		{"jd", "AFTER DELETE ON channel_members", fmt.Sprintf(member, "OLD", "jd")},

		{
			"ab", "BEFORE INSERT ON agents WHEN NOT EXISTS(SELECT 1 FROM agents WHERE " + fmt.Sprintf(agentKey, "NEW") + " AND(project_id IS NULL OR(status,discoverable)IS(NEW.status,NEW.discoverable)))",
			"op,a,p)VALUES('ab',NEW.name,NEW.project_id)",
		},
		{
			"ai", "AFTER INSERT ON agents WHEN(SELECT op IN('ab','ad')AND a IS NEW.name AND p IS NEW.project_id FROM cslack_change ORDER BY id DESC LIMIT 1)",
			"op,a,p,v1,v2,v3,v4,v5,v6,v7)VALUES('ap',NEW.name,NEW.project_id,NEW.status,NEW.discoverable,NEW.description,NEW.dm_policy,NEW.current_project_id,NEW.last_active,NEW.created_at)",
		},
		{
			"au", "AFTER UPDATE OF status,discoverable ON agents WHEN(NEW.status,NEW.discoverable)IS NOT(OLD.status,OLD.discoverable)AND NOT EXISTS(SELECT 1 FROM agents WHERE " + fmt.Sprintf(agentKey, "NEW") + " AND rowid<NEW.rowid)",
			"op,a,p,v1,v2,v3,v4)VALUES('ap',NEW.name,NEW.project_id,NEW.status,NEW.discoverable,NEW.description,NEW.dm_policy)",
		},
		{
			"ad", "AFTER DELETE ON agents",
			"op,a,p,v1)VALUES('ad',OLD.name,OLD.project_id,NOT EXISTS(SELECT 1 FROM agents WHERE " + fmt.Sprintf(agentKey, "OLD") + "))",
		},

		{"li", "AFTER INSERT ON project_links", link},
		{"lu", "AFTER UPDATE OF enabled ON project_links", link},
		{"ld", "AFTER DELETE ON project_links", "op,a,p)VALUES('ld',OLD.project_a_id,OLD.project_b_id)"},

		{"fi", "AFTER INSERT ON config_sync_history", "op,k,p,v1,v2,v3,v4,v5)VALUES('fi',NEW.id,NEW.project_id,NEW.config_hash,NEW.scope,NEW.success,NEW.applied_at,NEW.actions_taken)"},
	}
}
