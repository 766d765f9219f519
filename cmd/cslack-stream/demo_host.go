package main

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"time"

	"cslack-stream/internal/engine/event"
)

// demoHost writes into a workspace the way Claude-Slack itself does, because
// the demo is to show what happens on a real one: every call opens its own
// connection, makes one transaction and closes it; the sender of every message
// is registered anew; deletions only mark a row.
type demoHost struct {
	path string
	now  func() time.Time
	// held, if not nil, is used for all calls: what came before the demo's
	// beginning is written at once, not lived through.
	held *sql.DB
}

// hold keeps one connection for all calls until the returned function ends
// that. It does not wait for the disk: a demo that a power cut interrupts is
// over anyway.
func (h *demoHost) hold(ctx context.Context) (release func() error, err error) {
	db, err := sql.Open("sqlite", demoDSN(h.path, "rw"))
	if err != nil {
		return nil, fmt.Errorf("open demo database: %w", err)
	}
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, "PRAGMA synchronous=OFF"); err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("open demo database: %w", err)
	}
	h.held = db
	return func() error { h.held = nil; return db.Close() }, nil
}

// call runs write in one transaction of a connection of its own.
func (h *demoHost) call(ctx context.Context, write func(tx *sql.Tx) error) error {
	db := h.held
	if db == nil {
		var err error
		if db, err = sql.Open("sqlite", demoDSN(h.path, "rw")); err != nil {
			return fmt.Errorf("open demo database: %w", err)
		}
		defer db.Close()
		db.SetMaxOpenConns(1)
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if err := write(tx); err != nil {
		_ = tx.Rollback()
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// exec is a call of one statement.
func (h *demoHost) exec(ctx context.Context, query string, args ...any) error {
	return h.call(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, query, args...)
		return err
	})
}

// seconds is the host's form of a time.
func (h *demoHost) seconds() float64 { return float64(h.now().UnixMicro()) / 1e6 }

// demoProject returns the host's id of the project at a path.
func demoProject(path string) string {
	sum := sha256.Sum256([]byte(path))
	return hex.EncodeToString(sum[:])[:32]
}

// demoShort is how the host writes a project inside other ids.
func demoShort(project string) string {
	if project == "" {
		return "global"
	}
	return project[:8]
}

// demoNull is the host's form of "no project".
func demoNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func (h *demoHost) registerProject(ctx context.Context, id, path, name string) error {
	return h.exec(ctx, `INSERT OR REPLACE INTO projects (id, path, name, last_active) VALUES (?, ?, ?, ?)`,
		id, path, name, h.seconds())
}

func (h *demoHost) registerSession(ctx context.Context, id, project, path, name string) error {
	return h.exec(ctx, `INSERT OR REPLACE INTO sessions
		(id, project_id, project_path, project_name, transcript_path, scope, updated_at, metadata)
		VALUES (?, ?, ?, ?, NULL, 'project', ?, NULL)`, id, project, path, name, h.seconds())
}

// registerAgent is also what the host does with the sender of every message,
// then without a description: whoever was busy is online again.
func (h *demoHost) registerAgent(ctx context.Context, a event.Agent, description string) error {
	return h.exec(ctx, `INSERT OR REPLACE INTO agents
		(name, project_id, description, dm_policy, discoverable, status, current_project_id, metadata, last_active)
		VALUES (?, ?, ?, 'open', 'public', 'online', NULL, NULL, ?)`,
		a.Name, demoNull(a.Project), demoNull(description), h.seconds())
}

func (h *demoHost) setStatus(ctx context.Context, a event.Agent, status string) error {
	return h.exec(ctx, `UPDATE agents SET status = ?, last_active = ? WHERE name = ? AND project_id IS NOT DISTINCT FROM ?`,
		status, h.seconds(), a.Name, demoNull(a.Project))
}

// demoChannel is a channel to be created.
type demoChannel struct {
	id, project, name, access, description string
	by                                     event.Agent
	isDefault                              bool
}

// createChannel also makes the creator the first member where the host does:
// in channels that one can not just walk into.
// A channel that is there already is left as it is.
func (h *demoHost) createChannel(ctx context.Context, c demoChannel) error {
	scope := "global"
	if c.project != "" {
		scope = "project"
	}
	by := c.by.Name
	if by == "" {
		by = "system"
	}
	return h.call(ctx, func(tx *sql.Tx) error {
		if there, err := channelExists(ctx, tx, c.id); err != nil || there {
			return err
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO channels
			(id, channel_type, access_type, scope, name, project_id, description, created_by, created_by_project_id, is_default)
			VALUES (?, 'channel', ?, ?, ?, ?, ?, ?, ?, ?)`,
			c.id, c.access, scope, c.name, demoNull(c.project), c.description, by, demoNull(c.by.Project), c.isDefault); err != nil {
			return fmt.Errorf("create channel %s: %w", c.id, err)
		}
		if c.access == "open" || c.by.IsZero() {
			return nil
		}
		return h.addMember(ctx, tx, c.id, c.by, "system", "system", 1)
	})
}

func channelExists(ctx context.Context, tx *sql.Tx, id string) (bool, error) {
	var n int
	err := tx.QueryRowContext(ctx, `SELECT count(*) FROM channels WHERE id = ?`, id).Scan(&n)
	return n > 0, err
}

func (h *demoHost) addMember(ctx context.Context, tx *sql.Tx, channel string, a event.Agent, invitedBy, source string, manage int) error {
	_, err := tx.ExecContext(ctx, `INSERT OR REPLACE INTO channel_members
		(channel_id, agent_name, agent_project_id, invited_by, source,
		 can_leave, can_send, can_invite, can_manage, is_from_default, joined_at)
		VALUES (?, ?, ?, ?, ?, ?, 1, ?, ?, 0, ?)`,
		channel, a.Name, demoNull(a.Project), invitedBy, source, 1-manage, 1-manage, manage, h.seconds())
	if err != nil {
		return fmt.Errorf("add member %s to %s: %w", a, channel, err)
	}
	return nil
}

func (h *demoHost) join(ctx context.Context, channel string, a event.Agent, invitedBy string) error {
	return h.call(ctx, func(tx *sql.Tx) error { return h.addMember(ctx, tx, channel, a, invitedBy, "manual", 0) })
}

func (h *demoHost) leave(ctx context.Context, channel string, a event.Agent) error {
	return h.exec(ctx, `DELETE FROM channel_members
		WHERE channel_id = ? AND agent_name = ? AND agent_project_id IS NOT DISTINCT FROM ?`, channel, a.Name, demoNull(a.Project))
}

// openNotes makes a's notes channel, and adds its one member twice, as the
// host does.
func (h *demoHost) openNotes(ctx context.Context, a event.Agent) error {
	id := "notes:" + a.Name + ":" + demoShort(a.Project)
	err := h.createChannel(ctx, demoChannel{
		id: id, project: a.Project, name: "notes-" + a.Name, access: "private",
		description: "Private notes for " + a.Name, by: a,
	})
	if err != nil {
		return err
	}
	return h.call(ctx, func(tx *sql.Tx) error { return h.addMember(ctx, tx, id, a, "system", "system", 1) })
}

// openDM makes the channel of two agents, unless it is there, and returns its
// id.
func (h *demoHost) openDM(ctx context.Context, a, b event.Agent) (string, error) {
	if b.Name < a.Name {
		a, b = b, a
	}
	id := fmt.Sprintf("dm:%s:%s:%s:%s", a.Name, demoShort(a.Project), b.Name, demoShort(b.Project))
	err := h.call(ctx, func(tx *sql.Tx) error {
		if there, err := channelExists(ctx, tx, id); err != nil || there {
			return err
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO channels (id, channel_type, access_type, scope, name, created_at)
			VALUES (?, 'direct', 'private', 'project', ?, ?)`, id, id, h.seconds()); err != nil {
			return fmt.Errorf("create channel %s: %w", id, err)
		}
		for _, who := range []event.Agent{a, b} {
			if _, err := tx.ExecContext(ctx, `INSERT INTO channel_members
				(channel_id, agent_name, agent_project_id, invited_by, can_leave, can_send, can_invite, source)
				VALUES (?, ?, ?, 'system', FALSE, TRUE, FALSE, 'system')`, id, who.Name, demoNull(who.Project)); err != nil {
				return fmt.Errorf("add member %s to %s: %w", who, id, err)
			}
		}
		return nil
	})
	return id, err
}

func (h *demoHost) link(ctx context.Context, a, b string) error {
	return h.exec(ctx, `INSERT OR REPLACE INTO project_links
		(project_a_id, project_b_id, link_type, enabled, created_by, created_at)
		VALUES (?, ?, 'bidirectional', TRUE, 'admin', ?)`, min(a, b), max(a, b), h.seconds())
}

func (h *demoHost) unlink(ctx context.Context, a, b string) error {
	return h.exec(ctx, `DELETE FROM project_links WHERE (project_a_id = ? AND project_b_id = ?)
		OR (project_a_id = ? AND project_b_id = ?)`, a, b, b, a)
}

// syncConfig notes that a configuration was applied, as every session start
// does; only another hash means that something changed.
func (h *demoHost) syncConfig(ctx context.Context, project, snapshot string) error {
	sum := sha256.Sum256([]byte(snapshot))
	return h.exec(ctx, `INSERT INTO config_sync_history
		(config_hash, config_snapshot, scope, project_id, actions_taken, success, error_message, applied_at)
		VALUES (?, ?, 'all', ?, '[]', 1, NULL, ?)`, hex.EncodeToString(sum[:]), snapshot, project, h.seconds())
}

// recordToolCall is what the host's hook does before every tool that an agent
// uses: it notes the call, unless it repeats one of the ten minutes before.
func (h *demoHost) recordToolCall(ctx context.Context, session, tool, inputs string) error {
	sum := sha256.Sum256([]byte(inputs))
	hash := hex.EncodeToString(sum[:])
	return h.call(ctx, func(tx *sql.Tx) error {
		var n int
		err := tx.QueryRowContext(ctx, `SELECT count(*) FROM tool_calls
			WHERE session_id = ? AND tool_name = ? AND tool_inputs_hash = ? AND called_at > ?`,
			session, tool, hash, h.seconds()-600).Scan(&n)
		if err == nil && n == 0 {
			_, err = tx.ExecContext(ctx, `INSERT INTO tool_calls (session_id, tool_name, tool_inputs_hash, tool_inputs, called_at)
				VALUES (?, ?, ?, ?, ?)`, session, tool, hash, inputs, h.seconds())
		}
		if err != nil {
			return fmt.Errorf("record call of %s: %w", tool, err)
		}
		return nil
	})
}

// describe and archive are what a person does with an SQL shell: the host has
// columns for them, and no code yet.

func (h *demoHost) describe(ctx context.Context, channel, description string) error {
	return h.exec(ctx, `UPDATE channels SET description = ? WHERE id = ?`, description, channel)
}

func (h *demoHost) archive(ctx context.Context, channel string) error {
	return h.exec(ctx, `UPDATE channels SET is_archived = 1 WHERE id = ?`, channel)
}
