package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"cslack-stream/bench"
	"cslack-stream/internal/engine/capture"
	"cslack-stream/internal/engine/capture/trigger"
)

// workspace is a database and its event file.
type workspace struct{ path, events string }

const change = `INSERT INTO cslack_change(op,k,a,p,c,v1,v4,n,at)
SELECT 'mi',i,'bench','` + bench.Project + `','proj_b3e4a1f0:bench',printf('seq %d ',i)||hex(zeroblob(40)),julianday('now','-9 days'),4,julianday('now','-9 days')
FROM (WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c WHERE i<?) SELECT i FROM c)`

const expired = `INSERT INTO event_stream(event_type,entity_type,entity_id,channel_id,project_id,payload,created_at,expires_at,processed,change_id)
SELECT 'message.new','message',i,'proj_b3e4a1f0:bench','` + bench.Project + `',printf('{"id":%d,"content":"%s"}',i,hex(zeroblob(150))),
strftime('%Y-%m-%d %H:%M:%f','now','-9 days'),strftime('%Y-%m-%d %H:%M:%f','now','-2 days'),1,i
FROM (WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c WHERE i<?) SELECT i FROM c)`

// newWorkspace makes a workspace whose change log holds rows changes that are
// carried, and whose event file as many expired events.
func newWorkspace(ctx context.Context, lab *bench.Lab, rows int) (w workspace, err error) {
	if w.path, err = lab.Workspace(); err != nil {
		return w, err
	}
	w.events = strings.TrimSuffix(w.path, ".db") + "-cslack-events.db"
	if err := lab.Run(ctx, "capture", "install", "--db", w.path); err != nil || rows == 0 {
		return w, err
	}
	if err := execute(ctx, w.path, change, rows); err != nil {
		return w, err
	}
	if err := execute(ctx, w.events, expired, rows); err != nil {
		return w, err
	}
	changes := trigger.New(trigger.Options{Host: capture.NewHost(w.path), ReadOnly: true})
	look, err := changes.Look(ctx)
	if err != nil {
		return w, errors.Join(err, changes.Close())
	}
	look.Close()
	err = execute(ctx, w.events, `UPDATE meta SET carried_log=?,carried_id=?,carried_fence=?`, look.At.Log, look.At.ID, look.At.Fence)
	return w, errors.Join(err, changes.Close())
}

func execute(ctx context.Context, path, statement string, args ...any) error {
	db, err := sql.Open("sqlite", "file:"+path+"?mode=rw")
	if err != nil {
		return fmt.Errorf("fill %s: %w", path, err)
	}
	if _, err = db.ExecContext(ctx, statement, args...); err != nil {
		err = fmt.Errorf("fill %s: %w", path, err)
	}
	return errors.Join(err, db.Close())
}

// cleaning is how long cleaning took, and how large the write-ahead log of the
// host's file grew meanwhile.
type cleaning struct {
	trimmed, expired time.Duration
	wal              int64
}

// waitUntilClean waits until nothing is left to trim or to expire.
func (w workspace) waitUntilClean(ctx context.Context) (c cleaning, err error) {
	begun := time.Now()
	// What is asked for lies at the beginning: asking must not be what is
	// measured.
	left := []struct {
		path, query string
		took        *time.Duration
	}{
		{w.path, `SELECT EXISTS(SELECT 1 FROM cslack_change WHERE at<julianday('now','-1 day'))`, &c.trimmed},
		{w.events, `SELECT EXISTS(SELECT 1 FROM event_stream WHERE expires_at<datetime('now'))`, &c.expired},
	}
	for c.trimmed == 0 || c.expired == 0 {
		for _, l := range left {
			more, err := ask(ctx, l.path, l.query)
			if err != nil {
				return c, err
			}
			if !more && *l.took == 0 {
				*l.took = time.Since(begun)
			}
		}
		if info, err := os.Stat(w.path + "-wal"); err == nil {
			c.wal = max(c.wal, info.Size())
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return c, ctx.Err()
		}
	}
	return c, nil
}

func ask(ctx context.Context, path, query string) (more bool, err error) {
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro&_pragma=busy_timeout(5000)")
	if err != nil {
		return false, err
	}
	defer db.Close()
	err = db.QueryRowContext(ctx, query).Scan(&more)
	return more, err
}
