package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/sqlitedb"
)

// Fork is a new event file that is filled with events of another log, with
// their own cursors and audiences. It is one transaction: until Close the file
// holds nothing.
type Fork struct {
	path   string
	handle *sql.DB
	conn   *sql.Conn
	insert *sql.Stmt

	epoch     string
	last      int64
	roster    *event.Roster
	audiences map[*event.Audience]*event.Audience
	used      map[*event.Audience]int64
}

// CreateFork makes the file at path, which must not be there. header is kept
// with the events and is what [Log.Header] returns.
func CreateFork(ctx context.Context, path, header string) (*Fork, error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("create event file: %w", err)
	}
	if err := file.Close(); err != nil {
		return nil, fmt.Errorf("create event file: %w", err)
	}
	f := &Fork{
		path: path, roster: new(event.Roster),
		audiences: make(map[*event.Audience]*event.Audience), used: make(map[*event.Audience]int64),
	}
	// Nobody reads the file before it is whole, so it needs no journal.
	if f.handle, f.conn, err = sqlitedb.Conn(ctx, path, sqlitedb.ReadWrite, "journal_mode(OFF)", "synchronous(OFF)"); err != nil {
		return nil, errors.Join(err, os.Remove(path))
	}
	if err := f.begin(ctx, header); err != nil {
		return nil, errors.Join(fmt.Errorf("create event file: %w", err), f.Discard())
	}
	return f, nil
}

func (f *Fork) begin(ctx context.Context, header string) error {
	if _, err := f.conn.ExecContext(ctx, `BEGIN IMMEDIATE;`+schema+`CREATE TABLE fork(header TEXT NOT NULL)`); err != nil {
		return err
	}
	if _, err := f.conn.ExecContext(ctx, `INSERT INTO fork(header) VALUES(?)`, header); err != nil {
		return err
	}
	var err error
	f.insert, err = f.conn.PrepareContext(ctx, `INSERT INTO event_stream(id,event_type,entity_type,entity_id,agent_id,channel_id,project_id,payload,created_at,expires_at,processed,audience_id,change_id) VALUES(?,?,?,?,?,?,?,?,?,?,TRUE,?,?)`)
	return err
}

// Add adds events in their order. Events of another epoch than the first get
// offsets behind it: one file is one epoch.
func (f *Fork) Add(ctx context.Context, events []*event.Event) error {
	for _, e := range events {
		if err := f.add(ctx, e); err != nil {
			return fmt.Errorf("fork event %s: %w", e.Cursor, err)
		}
	}
	return nil
}

func (f *Fork) add(ctx context.Context, e *event.Event) error {
	offset := e.Cursor.Offset
	switch {
	case f.epoch == "":
		f.epoch = e.Cursor.Epoch
		// What came before the first event is not in this file.
		if _, err := f.conn.ExecContext(ctx, `INSERT INTO meta(id,version,file,epoch,database_path,database_device,database_inode,trimmed_dm,trimmed_rest,lost_dm,lost_rest) VALUES(1,?1,?2,?3,'',0,0,?4,?4,?4,?4)`,
			version, event.NewEpoch()+event.NewEpoch(), f.epoch, offset-1); err != nil {
			return err
		}
	case e.Cursor.Epoch != f.epoch:
		offset = f.last + 1
	}
	change := e.Change
	if change == 0 && !e.Backfilled {
		change = 1 // 0 would mean backfilled
	}
	var expires sql.NullString // the schema's trigger decides
	if !e.ExpiresAt.IsZero() {
		expires = orNull(e.ExpiresAt.UTC().Format(timeFormat))
	}
	audience := f.audience(e.Audience)
	_, err := f.insert.ExecContext(ctx, offset, string(e.Type), e.EntityType, e.EntityID, agentOrNull(e.Agent), orNull(e.Channel), orNull(e.Project),
		string(e.Payload), e.CreatedAt.UTC().Format(timeFormat), expires, audienceID(audience), change)
	if audience != nil {
		f.used[audience] = offset
	}
	f.last = offset
	return err
}

// audience is the same set of agents, by this file's numbers.
func (f *Fork) audience(a *event.Audience) *event.Audience {
	if a == nil {
		return nil
	}
	if known, ok := f.audiences[a]; ok {
		return known
	}
	var set event.Bitmap
	for _, agent := range a.Agents() {
		set.Add(f.roster.Add(agent))
	}
	f.audiences[a] = f.roster.Intern(set)
	return f.audiences[a]
}

// Close completes the file. Without any event there is nothing to complete,
// and the file is removed again.
func (f *Fork) Close(ctx context.Context) error {
	if f.epoch == "" {
		return f.Discard()
	}
	err := f.finish(ctx)
	if err != nil {
		return errors.Join(fmt.Errorf("complete event file: %w", err), f.Discard())
	}
	return f.release()
}

func (f *Fork) finish(ctx context.Context) error {
	for number, a := range f.roster.Agents() {
		if _, err := f.conn.ExecContext(ctx, `INSERT INTO agent(number,name,project) VALUES(?,?,?)`, number, a.Name, a.Project); err != nil {
			return err
		}
	}
	for a, last := range f.used {
		if _, err := f.conn.ExecContext(ctx, `INSERT INTO audience(id,agents,last_event) VALUES(?,?,?)`, a.ID, a.Set().Bytes(), last); err != nil {
			return err
		}
	}
	_, err := f.conn.ExecContext(ctx, `COMMIT`)
	return err
}

func (f *Fork) release() error {
	var err error
	if f.insert != nil {
		err = f.insert.Close()
	}
	return errors.Join(err, f.conn.Close(), f.handle.Close())
}

// Discard removes the file.
func (f *Fork) Discard() error { return errors.Join(f.release(), os.Remove(f.path)) }

// Header returns what CreateFork was given; it is empty for a file that is no
// fork.
func (l *Log) Header(ctx context.Context) (string, error) {
	var tables int
	err := l.readers.Load().QueryRowContext(ctx, `SELECT count(*) FROM sqlite_master WHERE name='fork'`).Scan(&tables)
	if err != nil || tables == 0 {
		return "", err
	}
	var header string
	err = l.readers.Load().QueryRowContext(ctx, `SELECT header FROM fork`).Scan(&header)
	return header, err
}

// Agents returns the agents that are in an audience of the file.
func (l *Log) Agents(ctx context.Context) ([]event.Agent, error) {
	roster := new(event.Roster)
	if err := loadRoster(ctx, l.readers.Load(), roster); err != nil {
		return nil, fmt.Errorf("list agents: %w", err)
	}
	return roster.Agents(), nil
}
