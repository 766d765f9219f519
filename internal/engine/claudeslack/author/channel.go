package author

import (
	"cmp"
	"regexp"
	"strings"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/action"
)

// channel is what the rules need of a channel.
type channel struct {
	id, kind, access, scope, project string
	createdBy                        event.Agent
	archived                         bool
}

// channel reads a channel, and refuses if there is none that as may know of.
func (t *tx) channel(id string, as event.Agent) (channel, error) {
	c := channel{id: id}
	ok, err := t.row(`SELECT channel_type,access_type,coalesce(scope,''),coalesce(project_id,''),coalesce(created_by,''),coalesce(created_by_project_id,''),coalesce(is_archived,0) FROM channels WHERE id=?`,
		[]any{id}, &c.kind, &c.access, &c.scope, &c.project, &c.createdBy.Name, &c.createdBy.Project, &c.archived)
	if err != nil {
		return c, err
	}
	if ok {
		ok, err = t.knows(c, as)
	}
	if err == nil && !ok {
		err = action.Refuse(action.Missing, "there is no channel %q for %q", id, as)
	}
	return c, err
}

// knows tells whether a channel exists for an agent, by the host's rules.
func (t *tx) knows(c channel, as event.Agent) (bool, error) {
	if in, err := t.membership(c.id, as, ""); in != outside || err != nil {
		return err == nil, err
	}
	switch {
	case c.kind != "channel" || c.access == "private":
		return false, nil
	case c.scope == "global", as.Project == "", as.Project == c.project:
		return true, nil
	}
	var one int
	return t.row(`SELECT 1 FROM project_links WHERE enabled AND (project_a_id=?1 AND project_b_id=?2 OR project_a_id=?2 AND project_b_id=?1)`,
		[]any{as.Project, c.project}, &one)
}

// standing is how an agent stands to a channel.
type standing uint8

const (
	outside standing = iota // not a member, or opted out
	barred                  // a member without that permission
	allowed
)

// membership tells how an agent stands to a channel and to one of the
// permissions of its members: can_send, can_leave, can_manage. Empty: none.
func (t *tx) membership(id string, a event.Agent, permission string) (standing, error) {
	may := "1"
	if permission != "" {
		may = "coalesce(max(" + permission + "),0)"
	}
	var n int
	var ok bool
	_, err := t.row(`SELECT count(*),`+may+` FROM channel_members WHERE channel_id=? AND agent_name=? AND agent_project_id IS ? AND NOT coalesce(opted_out,0)`,
		[]any{id, a.Name, project(a)}, &n, &ok)
	switch {
	case err != nil || n == 0:
		return outside, err
	case !ok:
		return barred, nil
	}
	return allowed, nil
}

// mayIn refuses an agent that is not in a channel or lacks a permission there.
func (t *tx) mayIn(id string, a event.Agent, permission, what string) error {
	in, err := t.membership(id, a, permission)
	switch {
	case err != nil:
		return err
	case in == barred:
		return action.Refuse(action.Forbidden, "%q may not %s %q: it is a member without %s", a, what, id, permission)
	case in == allowed:
		return nil
	}
	if _, err := t.channel(id, a); err != nil {
		return err
	}
	return action.Refuse(action.Forbidden, "%q may not %s %q: it is not a member", a, what, id)
}

var channelName = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

func (t *tx) createChannel(as event.Agent, o action.CreateChannel) (action.Result, error) {
	const longest = 80
	if !channelName.MatchString(o.Name) || len(o.Name) > longest {
		return action.Result{}, action.Refuse(action.Invalid, "channel name %q: want 1 to %d lower-case letters, digits and single hyphens", o.Name, longest)
	}
	o.Access = cmp.Or(o.Access, "open")
	if o.Access != "open" && o.Access != "members" && o.Access != "private" {
		return action.Result{}, action.Refuse(action.Invalid, "access %q: want open, members or private", o.Access)
	}
	if err := t.mustExist(as); err != nil {
		return action.Result{}, err
	}
	if as.Project != "" && o.Project != "" && o.Project != as.Project {
		return action.Result{}, action.Refuse(action.Forbidden, "%q can make channels of its own project, or global ones", as)
	}
	id, scope := "global:"+o.Name, "global"
	if o.Project != "" {
		id, scope = "proj_"+short(o.Project)+":"+o.Name, "project"
	}
	if o.Description == "" {
		o.Description = strings.ToUpper(scope[:1]) + scope[1:] + " " + o.Name + " channel"
	}
	var taken string
	ok, err := t.row(`SELECT id FROM channels WHERE id=? OR name=? AND project_id IS ? AND channel_type='channel'`, []any{id, o.Name, orNull(o.Project)}, &taken)
	if err != nil {
		return action.Result{}, err
	}
	if ok {
		return action.Result{}, action.Refuse(action.Conflict, "there is a channel %q already", taken)
	}
	if err := t.insertChannel(id, o.Access, scope, o.Name, o.Project, o.Description, as); err != nil {
		return action.Result{}, err
	}
	if o.Access == "open" { // whoever wants to be in it joins
		return action.Result{Channel: id}, nil
	}
	return action.Result{Channel: id}, t.insertMember(id, as, "system", "system", o.Access != "private", o.Access != "private", true)
}

func (t *tx) insertChannel(id, access, scope, name, projectID, description string, by event.Agent) error {
	return t.exec(`INSERT INTO channels(id,channel_type,access_type,scope,name,project_id,description,created_by,created_by_project_id,is_default)
VALUES(?,'channel',?,?,?,?,?,?,?,0)`, id, access, scope, name, orNull(projectID), description, by.Name, project(by))
}

func (t *tx) insertMember(id string, a event.Agent, invitedBy, source string, canLeave, canInvite, canManage bool) error {
	return t.exec(`INSERT OR REPLACE INTO channel_members(channel_id,agent_name,agent_project_id,invited_by,source,can_leave,can_send,can_invite,can_manage,is_from_default,joined_at)
VALUES(?,?,?,?,?,?,1,?,?,0,?)`, id, a.Name, project(a), invitedBy, source, canLeave, canInvite, canManage, t.time())
}

func (t *tx) join(as event.Agent, o action.Join) (action.Result, error) {
	if err := t.mustExist(as); err != nil {
		return action.Result{}, err
	}
	c, err := t.channel(o.Channel, as)
	if err != nil {
		return action.Result{}, err
	}
	in, err := t.membership(c.id, as, "")
	switch {
	case err != nil:
		return action.Result{}, err
	case in != outside:
		return action.Result{Channel: c.id, Unchanged: true}, nil
	case c.kind != "channel" || c.access != "open":
		return action.Result{}, action.Refuse(action.Forbidden, "%q can not join %q: it is for %s only, who is in it must invite", as, c.id, c.access)
	}
	// A global agent's row conflicts with nothing: whoever had opted out
	// comes back into the row that is there.
	res, err := t.run(`UPDATE channel_members SET opted_out=0,opted_out_at=NULL,joined_at=? WHERE channel_id=? AND agent_name=? AND agent_project_id IS ?`,
		t.time(), c.id, as.Name, project(as))
	if err != nil {
		return action.Result{}, err
	}
	if n, err := res.RowsAffected(); err != nil || n > 0 {
		return action.Result{Channel: c.id}, err
	}
	return action.Result{Channel: c.id}, t.insertMember(c.id, as, "self", "manual", true, true, false)
}

func (t *tx) leave(as event.Agent, o action.Leave) (action.Result, error) {
	if err := t.mayIn(o.Channel, as, "can_leave", "leave"); err != nil {
		return action.Result{}, err
	}
	err := t.exec(`DELETE FROM channel_members WHERE channel_id=? AND agent_name=? AND agent_project_id IS ?`, o.Channel, as.Name, project(as))
	return action.Result{Channel: o.Channel}, err
}

func (t *tx) archive(as event.Agent, o action.Archive) (action.Result, error) {
	c, err := t.channel(o.Channel, as)
	if err != nil {
		return action.Result{}, err
	}
	in, err := t.membership(c.id, as, "can_manage")
	switch {
	case err != nil:
		return action.Result{}, err
	case c.kind != "channel" || strings.HasPrefix(c.id, "notes:"):
		return action.Result{}, action.Refuse(action.Invalid, "%q can not be archived: it is no channel for all", c.id)
	case in != allowed && c.createdBy != as:
		return action.Result{}, action.Refuse(action.Forbidden, "%q may not archive %q: it neither made nor manages it", as, c.id)
	case c.archived != o.Undo:
		return action.Result{Channel: c.id, Unchanged: true}, nil
	}
	return action.Result{Channel: c.id}, t.exec(`UPDATE channels SET is_archived=? WHERE id=?`, !o.Undo, c.id)
}

// short is a project's id as the host's ids of other things have it.
func short(project string) string { return project[:min(8, len(project))] }

// orNull is s, or null if it is empty.
func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
