package author

import (
	"fmt"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/act"
)

// do does one operation inside a transaction, or returns why not.
func (t *tx) do(as event.Agent, op act.Op) (act.Result, error) {
	switch o := op.(type) {
	case act.Send:
		return t.send(as, o)
	case act.Edit:
		return t.edit(as, o)
	case act.Delete:
		return t.delete(as, o)
	case act.Note:
		return t.note(as, o)
	case act.CreateChannel:
		return t.createChannel(as, o)
	case act.Archive:
		return t.archive(as, o)
	case act.Join:
		return t.join(as, o)
	case act.Leave:
		return t.leave(as, o)
	case act.SetStatus:
		return t.setStatus(as, o)
	}
	return act.Result{}, fmt.Errorf("unknown operation %T", op)
}

// mustExist refuses an agent that has no row.
func (t *tx) mustExist(a event.Agent) error {
	var one int
	ok, err := t.row(`SELECT 1 FROM agents WHERE name=? AND project_id IS ? LIMIT 1`, []any{a.Name, project(a)}, &one)
	if err == nil && !ok {
		err = act.Refuse(act.Missing, "there is no agent %q in this workspace", a)
	}
	return err
}

// maxStatus bounds a status, which is free text.
const maxStatus = 200

func (t *tx) setStatus(as event.Agent, o act.SetStatus) (act.Result, error) {
	if o.Status == "" || len(o.Status) > maxStatus {
		return act.Result{}, act.Refuse(act.Invalid, "a status has 1 to %d bytes: online, busy, offline, or what you like", maxStatus)
	}
	if err := t.mustExist(as); err != nil {
		return act.Result{}, err
	}
	return act.Result{}, t.exec(`UPDATE agents SET status=?,last_active=? WHERE name=? AND project_id IS ?`, o.Status, t.time(), as.Name, project(as))
}
