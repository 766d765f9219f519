package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"cslack-stream/bench"
)

// eventFile is where the program keeps the events of a database.
func eventFile(db string) string { return strings.TrimSuffix(db, ".db") + "-cslack-events.db" }

// workspace makes a database with triggers in it, and an event file beside it
// that holds many events.
func workspace(ctx context.Context, lab *bench.Lab, o options) (string, error) {
	if o.keep != "" {
		if kept := filepath.Join(o.keep, "claude-slack.db"); exists(eventFile(kept)) {
			return kept, nil
		}
	}
	db, err := lab.Workspace()
	if err != nil {
		return "", err
	}
	if o.keep != "" {
		kept := filepath.Join(o.keep, "claude-slack.db")
		if err := errors.Join(os.MkdirAll(o.keep, 0o700), os.Rename(db, kept)); err != nil {
			return "", err
		}
		db = kept
	}
	if err := addAgents(ctx, db); err != nil {
		return "", fmt.Errorf("add agents: %w", err)
	}
	if err := lab.Run(ctx, "capture", "install", "--db", db); err != nil {
		return "", err
	}
	if err := fill(ctx, eventFile(db), o); err != nil {
		return "", fmt.Errorf("fill event file: %w", err)
	}
	return db, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func addAgents(ctx context.Context, db string) error {
	h, err := sql.Open("sqlite", "file:"+db)
	if err != nil {
		return err
	}
	defer h.Close()
	_, err = h.ExecContext(ctx, `INSERT INTO projects(id,path,name) VALUES('pb','/pb','replayed');
INSERT INTO agents(name,project_id,status) VALUES('alice','pb','online'),('bob','pb','online'),('carol','pb','online')`)
	return err
}

// fill adds messages in one transaction: bob sees all of them, alice every
// second, carol one in a thousand.
func fill(ctx context.Context, path string, o options) error {
	h, err := sql.Open("sqlite", "file:"+path+"?_pragma=synchronous(OFF)&_txlock=immediate")
	if err != nil {
		return err
	}
	defer h.Close()
	tx, err := h.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	number := make(map[string]int)
	for _, name := range []string{"alice", "bob", "carol"} {
		n := 0
		if err := tx.QueryRowContext(ctx, `SELECT number FROM agent WHERE name=? AND project='pb'`, name).Scan(&n); err != nil {
			return fmt.Errorf("find %s: %w", name, err)
		}
		number[name] = n
	}
	sets := [][]string{{"bob"}, {"alice", "bob"}, {"carol", "bob"}}
	for i, set := range sets {
		bits := make([]byte, 8)
		for _, name := range set {
			bits[number[name]/8] |= 1 << (number[name] % 8)
		}
		for len(bits) > 0 && bits[len(bits)-1] == 0 {
			bits = bits[:len(bits)-1]
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO audience(id,agents,last_event) VALUES(?,?,?)`, 1000+i, bits, 1<<40); err != nil {
			return err
		}
	}
	start := time.Now().UTC().Add(-o.span)
	_, err = tx.ExecContext(ctx, `
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<?1)
INSERT INTO event_stream(event_type,entity_type,entity_id,agent_id,channel_id,project_id,payload,created_at,expires_at,processed,audience_id,change_id)
SELECT 'message.new','message',i,NULL,'pb:dev','pb',
'{"id":'||i||',"channel_id":"pb:dev","channel_name":"dev","channel_kind":"channel","channel_scope":"project","sender_id":"bob","sender_project_id":"pb","content":"message '||i||': the retry loop in src/worker.py:45-80 waits too long \u003csee below\u003e, can you look at it before the release? \"soon\" is fine","topic_name":"general","thread_id":null,"timestamp":1767366245.123,"is_edited":false,"edited_at":null,"confidence":null,"metadata":{"priority":"high","tags":["a","b"]}}',
strftime('%Y-%m-%d %H:%M:%f',?2,'+'||(i*?3)||' seconds'),'2126-01-01 00:00:00.000',1,
CASE WHEN i%1000=0 THEN 1002 WHEN i%2=0 THEN 1001 ELSE 1000 END,0 FROM n`,
		o.events, start.Format("2006-01-02 15:04:05.000"), o.span.Seconds()/float64(o.events))
	if err != nil {
		return err
	}
	return tx.Commit()
}

// plainSelect reads the rows as the program needs them, and does nothing with
// them.
func plainSelect(ctx context.Context, path string) (result, error) {
	h, err := sql.Open("sqlite", "file:"+path+"?mode=ro")
	if err != nil {
		return result{}, err
	}
	defer h.Close()
	start := time.Now()
	rows, err := h.QueryContext(ctx, `SELECT id,event_type,entity_type,entity_id,agent_id,channel_id,project_id,+payload,+created_at,+expires_at,audience_id,change_id FROM event_stream ORDER BY id`)
	if err != nil {
		return result{}, err
	}
	defer rows.Close()
	var row [12]sql.RawBytes
	into := make([]any, len(row))
	for i := range row {
		into[i] = &row[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return result{}, err
		}
	}
	return result{all: time.Since(start)}, rows.Err()
}
