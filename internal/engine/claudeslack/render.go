package claudeslack

import (
	"encoding/json"
	"fmt"
	"strconv"

	"cslack-stream/internal/engine/event"
)

// Render folds a run of changes, in order, into the workspace and returns the
// events that they mean. Events come without a cursor: only the log gives
// those.
//
// complete says that the run was not cut by a limit, so that it ends at a
// commit. A cut run may end inside an INSERT OR REPLACE; what can not be told
// yet is left for the next run, and consumed is how many changes were folded.
// It is 0 only if the run holds a single such change: read more then.
func (ws *Workspace) Render(run []Change, complete bool) (events []event.Event, consumed int) {
	r := renderer{Workspace: ws}
	for i, c := range run {
		last := i == len(run)-1
		if last && !complete && mayContinue(c) {
			return r.events, i
		}
		r.change = c
		r.boundary()
		if !last && replaces(c, run[i+1]) {
			continue
		}
		r.fold(c.Row)
	}
	return r.events, len(run)
}

// renderer collects the events of one run.
type renderer struct {
	*Workspace
	change Change
	events []event.Event
}

func (r *renderer) fold(row Row) {
	switch row := row.(type) {
	case MessageInserted:
		r.messageInserted(row)
	case MessageUpdated:
		r.messageUpdated(row)
	case MessageDeleted:
		r.messageDeleted(row)
	case ChannelPut:
		r.channelPut(row)
	case ChannelGone:
		r.announce(r.channels[row.ID])
		r.dropChannel(row.ID)
	case MemberPut:
		r.memberPut(row)
	case MemberGone:
		r.memberGone(row)
	case AgentPut:
		r.agentPut(row)
	case AgentGone:
		r.dropAgent(row.Agent)
	case LinkPut:
		r.linkPut(row)
	case LinkGone:
		delete(r.links, [2]string{row.ProjectA, row.ProjectB})
		r.touch(kindLink, row.ProjectA, row.ProjectB)
	case ConfigSynced:
		r.configSynced(row)
	case ToolCalled:
		r.toolCalled(row.Call)
	}
}

// emit adds an event of the current change.
func (r *renderer) emit(e event.Event, payload any, audience *event.Audience) {
	b, err := json.Marshal(payload)
	if err != nil {
		// Payloads hold only what Raw and JSON made valid.
		panic(fmt.Sprintf("claudeslack: encode %s: %v", e.Type, err))
	}
	e.Payload = b
	e.Audience = audience
	e.CreatedAt = r.change.At
	e.Change = r.change.ID
	r.events = append(r.events, e)
}

// emitMessage adds an event about message m in channel c.
func (r *renderer) emitMessage(t event.Type, m event.Message, c *channelState, audience *event.Audience) {
	e := event.Event{Type: t, EntityType: "message", EntityID: strconv.FormatInt(m.ID, 10), Channel: m.ChannelID}
	if c.Row.ProjectID != nil {
		e.Project = *c.Row.ProjectID
	}
	r.emit(e, m, audience)
}

// emitChannel adds an event about channel c.
func (r *renderer) emitChannel(t event.Type, c *channelState, previous map[string]json.RawMessage, audience *event.Audience) {
	p := c.Row
	p.Previous = previous
	if p.Kind == event.KindDirect {
		p.Members = c.memberNames()
	}
	e := event.Event{Type: t, EntityType: "channel", EntityID: p.ID, Channel: p.ID}
	if p.ProjectID != nil {
		e.Project = *p.ProjectID
	}
	r.emit(e, p, audience)
}
