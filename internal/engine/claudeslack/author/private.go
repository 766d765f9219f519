package author

import (
	"fmt"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/action"
)

// openDirect returns the direct channel of two agents, and makes it if there
// is none. The host asks for permission each time that one is opened, also
// when the channel is there.
func (t *tx) openDirect(a, b event.Agent) (string, error) {
	if a == b {
		return "", action.Refuse(action.Invalid, "%q can not write to itself: a note is for that", a)
	}
	if err := t.mustExist(b); err != nil {
		return "", err
	}
	if err := t.mayDirect(a, b); err != nil {
		return "", err
	}
	var id string
	ok, err := t.row(`SELECT c.id FROM channel_members x JOIN channel_members y ON y.channel_id=x.channel_id JOIN channels c ON c.id=x.channel_id
WHERE c.channel_type='direct' AND x.agent_name=? AND x.agent_project_id IS ? AND y.agent_name=? AND y.agent_project_id IS ? ORDER BY c.rowid LIMIT 1`,
		[]any{a.Name, project(a), b.Name, project(b)}, &id)
	if ok || err != nil {
		return id, err
	}
	id = directID(a, b)
	scope := "project"
	if a.Project == "" || b.Project == "" {
		scope = "global"
	}
	err = t.exec(`INSERT INTO channels(id,channel_type,access_type,scope,name,created_at) VALUES(?,'direct','private',?,?,?)`, id, scope, id, t.time())
	for _, who := range []event.Agent{a, b} {
		if err == nil {
			err = t.exec(`INSERT INTO channel_members(channel_id,agent_name,agent_project_id,invited_by,can_leave,can_send,can_invite,source)
VALUES(?,?,?,'system',FALSE,TRUE,FALSE,'system')`, id, who.Name, project(who))
		}
	}
	return id, err
}

// directID forms the id of a direct channel as the host does, whoever opens
// it. The host itself fails for global agents since v4.1.0; before, their
// project was empty.
func directID(a, b event.Agent) string {
	one, other := a.Name+":"+short(a.Project), b.Name+":"+short(b.Project)
	if one > other {
		one, other = other, one
	}
	return fmt.Sprintf("dm:%s:%s", one, other)
}

// mayDirect asks what the host's view dm_access says, which decides for both
// directions.
func (t *tx) mayDirect(a, b event.Agent) error {
	var may bool
	ok, err := t.row(`SELECT min(can_dm) FROM dm_access WHERE agent1_name=? AND agent1_project_id IS ? AND agent2_name=? AND agent2_project_id IS ? HAVING count(*)>0`,
		[]any{a.Name, project(a), b.Name, project(b)}, &may)
	if err == nil && ok && may {
		return nil
	}
	if err != nil {
		return err
	}
	return action.Refuse(action.Forbidden, "%q may not write to %q directly: one of them is closed for direct messages, has not allowed the other, or blocks it", a, b)
}

// openNotes returns the channel of an agent's notes, and makes it if there is
// none.
func (t *tx) openNotes(a event.Agent) (string, error) {
	var id string
	ok, err := t.row(`SELECT c.id FROM channels c JOIN channel_members m ON m.channel_id=c.id
WHERE c.id LIKE 'notes:%' AND m.agent_name=? AND m.agent_project_id IS ? AND NOT coalesce(m.opted_out,0) ORDER BY c.rowid LIMIT 1`,
		[]any{a.Name, project(a)}, &id)
	if ok || err != nil {
		return id, err
	}
	id, scope := "notes:"+a.Name+":global", "global"
	if a.Project != "" {
		id, scope = "notes:"+a.Name+":"+short(a.Project), "project"
	}
	if err := t.insertChannel(id, "private", scope, "notes-"+a.Name, a.Project, "Private notes for "+a.Name, a); err != nil {
		return "", err
	}
	return id, t.insertMember(id, a, "system", "system", false, false, true)
}
