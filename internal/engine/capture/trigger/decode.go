package trigger

import (
	"fmt"
	"hash/fnv"

	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/event"
)

// The columns of cslack_change, in the order of the query.
const changeColumns = "id,op,k,a,p,c,v1,v2,v3,v4,v5,v6,v7,v8,v9,v10,v11,v12,n,at"

const (
	colID = iota
	colOp
	colK
	colA
	colP
	colC
	colV
	colN  = colV + 12
	colAt = colN + 1
	// columnCount is how many there are.
	columnCount = colAt + 1
)

// decode makes a change of a row of the change log.
func decode(v []any) (claudeslack.Change, error) {
	c := claudeslack.Change{ID: claudeslack.Int(v[colID]), Count: claudeslack.Int(v[colN]), Fence: fence(v)}
	at, ok := v[colAt].(float64)
	if !ok {
		return c, fmt.Errorf("decode change %d: time is %v, want a Julian day", c.ID, v[colAt])
	}
	c.At = claudeslack.JulianTime(at)
	op := claudeslack.String(v[colOp])
	row, err := decodeRow(op, v)
	if err != nil {
		return c, fmt.Errorf("decode change %d: %w", c.ID, err)
	}
	c.Row = row
	return c, nil
}

// fence tells histories apart: the id, what was done to which key, when, and
// the writer's count.
func fence(v []any) string {
	h := fnv.New64a()
	for _, i := range []int{colID, colOp, colK, colA, colP, colC, colN, colAt} {
		fmt.Fprintf(h, "%v\x00", v[i])
	}
	return fmt.Sprintf("%016x", h.Sum64())
}

func decodeRow(op string, v []any) (claudeslack.Row, error) {
	switch op {
	case "ab":
		return nil, nil //nolint:nilnil // a marker has no row
	case "mi":
		return claudeslack.MessageInserted{Message: message(v)}, nil
	case "mu":
		return claudeslack.MessageUpdated{
			Message: message(v), OldContent: claudeslack.String(v[colV+8]), OldMetadata: claudeslack.JSON(v[colV+9]),
		}, nil
	case "md":
		return claudeslack.MessageDeleted{Message: message(v)}, nil
	case "cp":
		return claudeslack.ChannelPut{Channel: channel(v)}, nil
	case "cd":
		return claudeslack.ChannelGone{ID: claudeslack.String(v[colC])}, nil
	case "ji":
		if claudeslack.Bool(v[colV]) && v[colP] == nil {
			// A global agent's rows never replace each other: one more that
			// has opted out changes nothing.
			return nil, nil //nolint:nilnil // as a marker
		}
		return claudeslack.MemberPut{Member: member(v), Active: !claudeslack.Bool(v[colV])}, nil
	case "jp":
		return claudeslack.MemberPut{Member: member(v), Active: !claudeslack.Bool(v[colV])}, nil
	case "jd":
		if !claudeslack.Bool(v[colV]) {
			return nil, nil //nolint:nilnil // another row of the key is left
		}
		return claudeslack.MemberGone{Member: member(v)}, nil
	case "ap":
		return claudeslack.AgentPut{AgentStatus: agent(v)}, nil
	case "ad":
		if !claudeslack.Bool(v[colV]) {
			return nil, nil //nolint:nilnil // another row of the key is left
		}
		return claudeslack.AgentGone{Agent: event.Agent{Name: claudeslack.String(v[colA]), Project: claudeslack.String(v[colP])}}, nil
	case "lp":
		return claudeslack.LinkPut{Link: link(v)}, nil
	case "ld":
		return claudeslack.LinkGone{ProjectA: claudeslack.String(v[colA]), ProjectB: claudeslack.String(v[colP])}, nil
	case "fi":
		return claudeslack.ConfigSynced{ConfigSync: config(v)}, nil
	case "ti":
		return claudeslack.ToolCalled{Call: call(v)}, nil
	}
	return nil, fmt.Errorf("unknown op %q", op)
}

// The functions below put the generic columns back into the order of the
// host's, which is what package claudeslack reads.

func message(v []any) event.Message {
	x := v[colV:]
	return claudeslack.MessageOf([]any{v[colK], v[colC], v[colA], v[colP], x[0], x[4], x[2], x[3], x[6], x[7], x[5], x[1]})
}

func channel(v []any) event.Channel {
	x := v[colV:]
	return claudeslack.ChannelOf([]any{v[colC], x[0], x[1], v[colP], x[2], x[3], x[4], x[5], x[6], x[7], v[colA], x[8], x[9], x[10], x[11]})
}

func member(v []any) event.Member {
	x := v[colV:]
	return claudeslack.MemberOf([]any{v[colC], v[colA], v[colP], x[1], x[2], x[3], x[4], x[5], x[6], x[7], x[0]})
}

func agent(v []any) event.AgentStatus {
	x := v[colV:]
	return claudeslack.AgentOf([]any{v[colA], v[colP], x[2], x[0], x[4], x[3], x[1], x[5], x[6]})
}

func link(v []any) event.Link {
	x := v[colV:]
	return claudeslack.LinkOf([]any{v[colA], v[colP], x[1], x[0], x[2], x[3]})
}

func config(v []any) event.ConfigSync {
	x := v[colV:]
	return claudeslack.ConfigOf([]any{v[colK], x[0], x[1], v[colP], x[2], x[3], x[4]})
}

func call(v []any) claudeslack.Call {
	x := v[colV:]
	return claudeslack.CallOf([]any{v[colP], v[colC], x[0], x[1], x[2]})
}
