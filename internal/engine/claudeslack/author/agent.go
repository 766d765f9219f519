package author

import (
	"fmt"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/action"
)

// do does one operation inside a transaction, or returns why not.
func (t *tx) do(as event.Agent, op action.Op) (action.Result, error) {
	switch o := op.(type) {
	case action.Send:
		return t.send(as, o)
	case action.Edit:
		return t.edit(as, o)
	case action.Delete:
		return t.delete(as, o)
	case action.Note:
		return t.note(as, o)
	case action.CreateChannel:
		return t.createChannel(as, o)
	case action.Archive:
		return t.archive(as, o)
	case action.Join:
		return t.join(as, o)
	case action.Leave:
		return t.leave(as, o)
	case action.SetStatus:
		return t.setStatus(as, o)
	}
	return action.Result{}, fmt.Errorf("unknown operation %T", op)
}

// mustExist refuses an agent that has no row.
func (t *tx) mustExist(a event.Agent) error {
	var one int
	ok, err := t.row(`SELECT 1 FROM agents WHERE name=? AND project_id IS ? LIMIT 1`, []any{a.Name, project(a)}, &one)
	if err == nil && !ok {
		err = action.Refuse(action.Missing, "there is no agent %q in this workspace", a)
	}
	return err
}

// maxStatus bounds a status, which is free text.
const maxStatus = 200

func (t *tx) setStatus(as event.Agent, o action.SetStatus) (action.Result, error) {
	if o.Status == "" || len(o.Status) > maxStatus {
		return action.Result{}, action.Refuse(action.Invalid, "a status has 1 to %d bytes: online, busy, offline, or what you like", maxStatus)
	}
	if err := t.mustExist(as); err != nil {
		return action.Result{}, err
	}
	return action.Result{}, t.exec(`UPDATE agents SET status=?,last_active=? WHERE name=? AND project_id IS ?`, o.Status, t.time(), as.Name, project(as))
}
