package hook

import (
	"context"
	"fmt"

	"cslack-stream/internal/engine/claudeslack"
)

// key names an agent, or a member of a channel. Of a global agent there can be
// many rows, and many of a member that is one.
type key struct {
	channel, name, project string
	global                 bool
}

// truth is the rowids behind every key that matters, and whether a row counts:
// who has opted out is as good as not there.
type truth map[string]map[key]map[int64]bool

// The queries for the rows of a key.
const (
	agentRows  = `SELECT rowid,1 FROM agents WHERE name=? AND project_id IS ?`
	memberRows = `SELECT rowid,ifnull(NOT opted_out,0) FROM channel_members WHERE channel_id=? AND agent_name=? AND agent_project_id IS ?`
)

// truth reads what the transaction leaves of the keys that it has touched.
func (r *Recorder) truth(ctx context.Context) (truth, error) {
	t := truth{"agents": {}, "channel_members": {}}
	for i := range r.records {
		rec := &r.records[i]
		if !rec.asksForTruth() {
			continue
		}
		values := rec.new
		if values == nil {
			values = rec.old
		}
		k := keyOf(rec.table, values)
		if t[rec.table][k] != nil {
			continue
		}
		rows, err := r.rows(ctx, rec.table, values)
		if err != nil {
			return nil, err
		}
		t[rec.table][k] = rows
	}
	return t, nil
}

func (r *Recorder) rows(ctx context.Context, table string, values []any) (map[int64]bool, error) {
	query, args := agentRows, values[:2]
	if table == "channel_members" {
		query, args = memberRows, values[:3]
	}
	rows, err := r.conn.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read host tables: %w", err)
	}
	defer rows.Close()
	out := make(map[int64]bool)
	for rows.Next() {
		var id int64
		var counts bool
		if err := rows.Scan(&id, &counts); err != nil {
			return nil, fmt.Errorf("read host tables: %w", err)
		}
		out[id] = counts
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read host tables: %w", err)
	}
	return out, nil
}

// keyOf returns the key of a row of agents or channel_members.
func keyOf(table string, values []any) key {
	if table == "channel_members" {
		k := keyOf("agents", values[1:])
		k.channel = claudeslack.String(values[0])
		return k
	}
	return key{name: claudeslack.String(values[0]), project: claudeslack.String(values[1]), global: values[1] == nil}
}

// of returns the rows of a record's key.
func (t truth) of(rec *record) map[int64]bool {
	values := rec.new
	if values == nil {
		values = rec.old
	}
	return t[rec.table][keyOf(rec.table, values)]
}

// undo takes a record back: what is left was the truth before it.
func (t truth) undo(rec *record) {
	if t[rec.table] == nil {
		return
	}
	if rec.new != nil {
		delete(t[rec.table][keyOf(rec.table, rec.new)], rec.is)
	}
	if rec.old == nil {
		return
	}
	if rows := t[rec.table][keyOf(rec.table, rec.old)]; rows != nil {
		rows[rec.was] = rec.table == "agents" || stays(rec.old)
	}
}
