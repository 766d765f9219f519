package trigger

import (
	"fmt"
	"strings"
)

// version is that of the tables and triggers below; it changes with any of
// them.
const version = 1

// The names of everything that we add to the host's database.
const prefix = "cslack_"

// The tables. The change log's columns are generic so that one short insert
// serves every trigger; decode.go says what they mean for each op. Nothing in
// it can conflict, there is no index, and no function is used but two that
// every build of SQLite allows in triggers: the host's own writes must never
// fail because of us.
var tables = []string{
	`CREATE TABLE cslack_change(id INTEGER PRIMARY KEY AUTOINCREMENT,op,k,a,p,c,v1,v2,v3,v4,v5,v6,v7,v8,v9,v10,v11,v12,v13,n DEFAULT(total_changes()),at DEFAULT(julianday('now')))`,
	`CREATE TABLE cslack_meta(k TEXT PRIMARY KEY,v)WITHOUT ROWID`,
}

const (
	messageValues = "%[1]s.id,%[1]s.sender_id,%[1]s.sender_project_id,%[1]s.channel_id,%[1]s.content,%[1]s.metadata,%[1]s.thread_id,%[1]s.timestamp,%[1]s.topic_name,%[1]s.confidence,%[1]s.is_edited,%[1]s.edited_at"
	messageInto   = "op,k,a,p,c,v1,v2,v3,v4,v5,v6,v7,v8"
	channelValues = "NEW.id,NEW.created_by,NEW.project_id,NEW.channel_type,NEW.access_type,NEW.scope,NEW.name,NEW.description,NEW.topic_required,NEW.default_topic,NEW.channel_metadata,NEW.created_by_project_id,NEW.created_at,NEW.is_default,NEW.is_archived"
	channelInto   = "op,c,a,p,v1,v2,v3,v4,v5,v6,v7,v8,v9,v10,v11,v12"
	memberValues  = "%[1]s.channel_id,%[1]s.agent_name,%[1]s.agent_project_id,%[1]s.invited_by,%[1]s.joined_at,%[1]s.source,%[1]s.can_leave,%[1]s.can_send,%[1]s.can_invite,%[1]s.can_manage,%[1]s.is_from_default,%[1]s.opted_out"
	memberInto    = "op,c,a,p,v1,v2,v3,v4,v5,v6,v7,v8,v9"
	agentColumns  = "name,project_id,status,discoverable,description,dm_policy,current_project_id,last_active,created_at"
	agentInto     = "op,a,p,v1,v2,v3,v4,v5,v6,v7"
	linkValues    = "NEW.project_a_id,NEW.project_b_id,NEW.enabled,NEW.link_type,(SELECT name FROM projects WHERE id=NEW.project_a_id),(SELECT name FROM projects WHERE id=NEW.project_b_id)"
	linkInto      = "op,a,p,v1,v2,v3,v4"
)

// trigger is one of ours: its name without the prefix, when it fires, and the
// statements of its body.
type trigger struct {
	name, when string
	body       []string
}

func (t trigger) sql() string {
	return "CREATE TRIGGER " + prefix + t.name + " " + t.when + " BEGIN " + strings.Join(t.body, ";") + ";END"
}

// triggers log the truth about keys, not row counts: a global agent has many
// rows, and REPLACE hides deletes. A row write that changes no truth is not
// logged, above all the host's re-registration of the sender with every
// message. Every connection of the host parses this text: keep it short.
//
// The marker rows ab and jb say that an insert is about to change a truth;
// only then the AFTER trigger logs the row. An insert that is ignored leaves
// a lone marker, which means nothing.
func triggers() []trigger {
	const (
		agentKey  = "name=%[1]s.name AND project_id IS %[1]s.project_id"
		memberKey = "channel_id=%[1]s.channel_id AND agent_name=%[1]s.agent_name AND agent_project_id IS %[1]s.agent_project_id"
		lastOf    = "(SELECT op IN('%sb','%sd')%s FROM cslack_change ORDER BY id DESC LIMIT 1)"
	)
	of := func(format, row string) string { return fmt.Sprintf(format, row) }
	log := func(into, op, values string) string {
		return "INSERT INTO cslack_change(" + into + ")VALUES('" + op + "'," + values + ")"
	}
	agent := func(row string) string {
		return "INSERT INTO cslack_change(" + agentInto + ")SELECT 'ap'," + agentColumns + " FROM agents WHERE " + of(agentKey, row) + " ORDER BY rowid LIMIT 1"
	}
	agentGone := "INSERT INTO cslack_change(op,a,p)VALUES('ad',OLD.name,OLD.project_id)"
	active := func(row string) string {
		return "EXISTS(SELECT 1 FROM channel_members WHERE " + of(memberKey, row) + " AND NOT opted_out)"
	}
	memberPut := log(memberInto+",v10", "jp", of(memberValues, "NEW")+","+active("NEW"))
	memberGone := "INSERT INTO cslack_change(" + memberInto + ")SELECT 'jd'," + of(memberValues, "OLD") + " WHERE NOT OLD.opted_out AND NOT " + active("OLD")

	return []trigger{
		{"mi", "AFTER INSERT ON messages", []string{log(messageInto, "mi", of(messageValues, "NEW"))}},
		{
			"mu", "AFTER UPDATE OF content,metadata ON messages WHEN(NEW.content,NEW.metadata)IS NOT(OLD.content,OLD.metadata)",
			[]string{log(messageInto+",v9,v10", "mu", of(messageValues, "NEW")+",OLD.content,OLD.metadata")},
		},
		{"md", "AFTER DELETE ON messages", []string{log(messageInto, "md", of(messageValues, "OLD"))}},

		{"ci", "AFTER INSERT ON channels", []string{log(channelInto, "cp", channelValues)}},
		{
			"cu", "AFTER UPDATE ON channels WHEN(" + channelRow("NEW") + ")IS NOT(" + channelRow("OLD") + ")",
			[]string{log(channelInto+",k", "cp", channelValues+",OLD.id")},
		},
		{"cd", "AFTER DELETE ON channels", []string{"INSERT INTO cslack_change(op,c)VALUES('cd',OLD.id)"}},

		{
			"jb", "BEFORE INSERT ON channel_members WHEN NOT EXISTS(SELECT 1 FROM channel_members WHERE " + of(memberKey, "NEW") + " AND opted_out IS NEW.opted_out)",
			[]string{"INSERT INTO cslack_change(op,c,a,p)VALUES('jb',NEW.channel_id,NEW.agent_name,NEW.agent_project_id)"},
		},
		{
			"ji", "AFTER INSERT ON channel_members WHEN" + fmt.Sprintf(lastOf, "j", "j", "AND c IS NEW.channel_id AND a IS NEW.agent_name AND p IS NEW.agent_project_id"),
			[]string{memberPut},
		},
		{"ju", "AFTER UPDATE OF opted_out ON channel_members WHEN NEW.opted_out IS NOT OLD.opted_out", []string{memberPut}},
		{
			"jk", "AFTER UPDATE OF channel_id,agent_name,agent_project_id ON channel_members WHEN(NEW.channel_id,NEW.agent_name,NEW.agent_project_id)IS NOT(OLD.channel_id,OLD.agent_name,OLD.agent_project_id)",
			[]string{memberGone, memberPut},
		},
		{"jd", "AFTER DELETE ON channel_members", []string{memberGone}},

		{
			"ab", "BEFORE INSERT ON agents WHEN NOT EXISTS(SELECT 1 FROM agents WHERE " + of(agentKey, "NEW") + " AND(project_id IS NULL OR(status,discoverable)IS(NEW.status,NEW.discoverable)))",
			[]string{"INSERT INTO cslack_change(op,a,p)VALUES('ab',NEW.name,NEW.project_id)"},
		},
		{
			"ai", "AFTER INSERT ON agents WHEN" + fmt.Sprintf(lastOf, "a", "a", "AND a IS NEW.name AND p IS NEW.project_id"),
			[]string{agent("NEW")},
		},
		{
			"au", "AFTER UPDATE OF status,discoverable ON agents WHEN(NEW.status,NEW.discoverable)IS NOT(OLD.status,OLD.discoverable)AND NOT EXISTS(SELECT 1 FROM agents WHERE " + of(agentKey, "NEW") + " AND rowid<NEW.rowid)",
			[]string{agent("NEW")},
		},
		{
			"ak", "AFTER UPDATE OF name,project_id ON agents WHEN(NEW.name,NEW.project_id)IS NOT(OLD.name,OLD.project_id)",
			[]string{agentGone, agent("OLD"), agent("NEW")},
		},
		{
			"ad", "AFTER DELETE ON agents WHEN NOT EXISTS(SELECT 1 FROM agents WHERE " + of(agentKey, "OLD") + " AND rowid<OLD.rowid)",
			[]string{agentGone, agent("OLD")},
		},

		{"li", "AFTER INSERT ON project_links", []string{log(linkInto, "lp", linkValues)}},
		{"lu", "AFTER UPDATE OF enabled ON project_links WHEN NEW.enabled IS NOT OLD.enabled", []string{log(linkInto, "lp", linkValues)}},
		{"ld", "AFTER DELETE ON project_links", []string{"INSERT INTO cslack_change(op,a,p)VALUES('ld',OLD.project_a_id,OLD.project_b_id)"}},

		{
			"fi", "AFTER INSERT ON config_sync_history WHEN NEW.config_hash IS NOT(SELECT config_hash FROM config_sync_history WHERE id<NEW.id ORDER BY id DESC LIMIT 1)",
			[]string{"INSERT INTO cslack_change(op,k,p,v1,v2,v3,v4,v5)VALUES('fi',NEW.id,NEW.project_id,NEW.config_hash,NEW.scope,NEW.success,NEW.applied_at,NEW.actions_taken)"},
		},
	}
}

// channelRow lists the visible columns of a channel.
func channelRow(row string) string {
	columns := strings.Split("id,name,description,access_type,scope,project_id,topic_required,default_topic,channel_metadata,is_default,is_archived", ",")
	for i, c := range columns {
		columns[i] = row + "." + c
	}
	return strings.Join(columns, ",")
}
