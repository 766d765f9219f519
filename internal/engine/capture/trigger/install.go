package trigger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"cslack-stream/internal/engine/capture"
	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/sqlitedb"
)

// Status is what of ours is in a host's database.
type Status struct {
	// Installed tells whether the change log and every trigger of its version
	// are there: it can be read.
	Installed bool
	// Version is the installed version, 0 if there is none.
	Version int
	// Present tells whether anything of ours is there, installed or not.
	Present bool
	// Epoch names the change log.
	Epoch string
	// Carrier is the id of the event file that the change log is carried
	// into; only its engines may trim. CarrierPath is where that file was when
	// it became the carrier.
	Carrier, CarrierPath string
	// Missing are the triggers that are not there or not as they should be.
	Missing []string
	// Changes are the rows in the change log, Newest is the last id given.
	Changes, Newest int64
	// Emptied tells that the change log lacks its newest row. Trimming never
	// takes that, so somebody else has: what was lost with it is not known.
	Emptied bool
}

// Outdated reports whether what is installed is of an older version: it is
// complete as far as it goes, and Install upgrades it.
func (s Status) Outdated() bool { return s.Installed && s.Version < version }

// Newer reports whether what is there is of a version that this build does
// not know.
func (s Status) Newer() bool { return s.Version > version }

// Damage says in a few words what is wrong with an installation that is
// present but can not be read.
func (s Status) Damage() string {
	if s.Emptied {
		return "its newest change was deleted"
	}
	return fmt.Sprintf("%d missing or changed triggers", len(s.Missing))
}

// ReadStatus reads what of ours is in the database.
func ReadStatus(ctx context.Context, q *sql.Conn) (Status, error) {
	found, err := ours(ctx, q)
	if err != nil {
		return Status{}, err
	}
	s := Status{Present: len(found) > 0}
	logged := found["cslack_change"] != "" && found["cslack_meta"] != ""
	if logged {
		err = q.QueryRowContext(ctx, `SELECT coalesce((SELECT v FROM cslack_meta WHERE k='version'),0),coalesce((SELECT v FROM cslack_meta WHERE k='epoch'),''),
coalesce((SELECT v FROM cslack_meta WHERE k='carrier'),''),coalesce((SELECT v FROM cslack_meta WHERE k='carrier_path'),''),(SELECT count(*) FROM cslack_change),`+newestID+`,`+newestID+`>coalesce((SELECT max(id) FROM cslack_change),0)`).
			Scan(&s.Version, &s.Epoch, &s.Carrier, &s.CarrierPath, &s.Changes, &s.Newest, &s.Emptied)
		if err != nil {
			return s, fmt.Errorf("read capture status: %w", err)
		}
	}
	calls, err := claudeslack.RecordsCalls(ctx, q)
	if err != nil {
		return s, fmt.Errorf("read capture status: %w", err)
	}
	known := s.Version >= 1 && s.Version <= version
	wanted := triggers(version, calls)
	if known {
		wanted = triggers(s.Version, calls)
	}
	for _, t := range wanted {
		if found[prefix+t.name] != t.sql() {
			s.Missing = append(s.Missing, prefix+t.name)
		}
	}
	s.Installed = logged && known && len(s.Missing) == 0 && s.Epoch != "" && !s.Emptied
	return s, nil
}

// ours returns name → SQL of everything of ours in the schema.
func ours(ctx context.Context, q claudeslack.Queryer) (map[string]string, error) {
	rows, err := q.QueryContext(ctx, `SELECT name,sql FROM sqlite_master WHERE name GLOB 'cslack_*' AND type IN('table','trigger')`)
	if err != nil {
		return nil, fmt.Errorf("read capture status: %w", err)
	}
	defer rows.Close()
	found := make(map[string]string)
	for rows.Next() {
		var name, text string
		if err := rows.Scan(&name, &text); err != nil {
			return nil, fmt.Errorf("read capture status: %w", err)
		}
		found[name] = text
	}
	return found, rows.Err()
}

// Added says in one line what Install adds to a database of this generation.
func Added(g claudeslack.Generation) string {
	return fmt.Sprintf("adds the tables cslack_change and cslack_meta and %d triggers named cslack_*; cslack-stream capture uninstall removes them without trace", len(triggers(version, g.RecordsCalls())))
}

// Upgraded says in one line what Install does about an installation of an
// older version.
func (s Status) Upgraded() string {
	return fmt.Sprintf("upgrades the change log from version %d to %d, which notes who checks its messages too; nothing of it is lost", s.Version, version)
}

// CheckGeneration returns a *claudeslack.SchemaError if nothing may be
// installed in a database of this generation.
func CheckGeneration(g claudeslack.Generation) error {
	if g.Known {
		return nil
	}
	return &claudeslack.SchemaError{
		Found:   "the database has an unknown schema (it lacks " + strings.Join(g.Missing, ", ") + ")",
		Remedy:  "nothing was added; watch and tail can still show its messages, read-only",
		Partial: g.Partial,
	}
}

// Install adds the change log and the triggers to the database at path, all
// in one transaction of a few milliseconds, or mends what is there. It
// returns a look at the tables as they were at the very boundary: every
// change after it is in the change log, none before. The look is nil if
// everything was installed already. An installation of an older version is
// upgraded: the change log goes on with what it holds, and the look is nil.
//
// It refuses a schema that it does not know (*claudeslack.SchemaError), and a
// newer version of ours.
func Install(ctx context.Context, path string) (*capture.Look, error) {
	// The host itself sets WAL mode with every connection; before its first
	// one, a reader would keep us from committing.
	db, w, err := sqlitedb.Conn(ctx, path, sqlitedb.ReadWrite, "journal_mode(WAL)")
	if err != nil {
		return nil, fmt.Errorf("install capture: %w", err)
	}
	defer db.Close()
	defer w.Close()
	g, err := claudeslack.Recognise(ctx, w)
	if err != nil {
		return nil, err
	}
	if err := CheckGeneration(g); err != nil {
		return nil, err
	}
	// Where nothing is to do, nobody is waited for.
	if s, err := ReadStatus(ctx, w); err != nil || s.Installed && !s.Outdated() {
		return nil, err
	}
	var look *capture.Look
	err = sqlitedb.Tx(ctx, w, "BEGIN IMMEDIATE", func() error {
		s, err := ReadStatus(ctx, w)
		switch {
		case err != nil:
			return err
		case s.Newer():
			return fmt.Errorf("the database holds version %d of our triggers, this build has %d: use the newer build", s.Version, version)
		case s.Outdated():
			return upgrade(ctx, w, s.Version, g)
		case s.Installed:
			return nil
		}
		// A read transaction opened now, under the write lock, is pinned to
		// the state before the triggers: nobody commits in between.
		if look, err = pin(ctx, path, g); err != nil {
			return err
		}
		epoch := event.NewEpoch()
		look.At = claudeslack.Checkpoint{Log: epoch}
		return create(ctx, w, g, epoch)
	})
	if err != nil {
		if look != nil {
			look.Close()
		}
		return nil, fmt.Errorf("install capture: %w", err)
	}
	return look, nil
}

// create makes everything of ours anew, with a new epoch: what an earlier
// change log missed without its triggers is not known.
func create(ctx context.Context, w *sql.Conn, g claudeslack.Generation, epoch string) error {
	if err := drop(ctx, w); err != nil {
		return err
	}
	statements := slices.Clone(tables)
	for _, t := range triggers(version, g.RecordsCalls()) {
		statements = append(statements, t.sql())
	}
	for _, s := range statements {
		if _, err := w.ExecContext(ctx, s); err != nil {
			return fmt.Errorf("create: %w", err)
		}
	}
	_, err := w.ExecContext(ctx, `INSERT INTO cslack_meta VALUES('epoch',?),('version',?)`, epoch, version)
	return err
}

// upgrade adds what an older version has not. Tables, epoch and the triggers
// that are there stay as they are, so that nothing is lost or logged twice,
// and whoever reads the change log reads on.
func upgrade(ctx context.Context, w *sql.Conn, from int, g claudeslack.Generation) error {
	calls := g.RecordsCalls()
	for _, t := range triggers(version, calls)[len(triggers(from, calls)):] {
		if _, err := w.ExecContext(ctx, t.sql()); err != nil {
			return fmt.Errorf("upgrade: %w", err)
		}
	}
	_, err := w.ExecContext(ctx, `UPDATE cslack_meta SET v=? WHERE k='version'`, version)
	return err
}

// drop removes everything of ours, triggers first: a trigger without its
// table would fail the host's writes.
func drop(ctx context.Context, w *sql.Conn) error {
	found, err := ours(ctx, w)
	if err != nil {
		return err
	}
	for _, kind := range []string{"TRIGGER", "TABLE"} {
		for name, text := range found {
			if !strings.HasPrefix(text, "CREATE "+kind+" ") {
				continue
			}
			if _, err := w.ExecContext(ctx, "DROP "+kind+" \""+name+"\""); err != nil {
				return fmt.Errorf("drop %s: %w", name, err)
			}
		}
	}
	return nil
}

// pin opens a read transaction and reads once, so that it stays at this
// moment.
func pin(ctx context.Context, path string, g claudeslack.Generation) (*capture.Look, error) {
	db, c, err := sqlitedb.Conn(ctx, path, sqlitedb.ReadOnly)
	if err != nil {
		return nil, err
	}
	release := func() { _ = errors.Join(c.Close(), db.Close()) } // ends the transaction with the connection
	_, err = c.ExecContext(ctx, "BEGIN")
	if err == nil {
		var n int64
		err = c.QueryRowContext(ctx, `SELECT coalesce(max(id),0) FROM messages`).Scan(&n)
	}
	if err != nil {
		release()
		return nil, fmt.Errorf("look at host tables: %w", err)
	}
	return &capture.Look{Queryer: c, Generation: g, Release: release}, nil
}

// UncarriedError means that the change log holds changes that no event log
// has yet.
type UncarriedError struct{ Changes int64 }

// Error says how many.
func (e *UncarriedError) Error() string {
	return fmt.Sprintf("%d captured changes have not been carried into an event log", e.Changes)
}

// Uninstall removes everything of ours in one transaction, if all changes up
// to now are carried up to the checkpoint or force is set; otherwise it
// returns an *UncarriedError. It reports whether there was anything.
func Uninstall(ctx context.Context, path string, carried claudeslack.Checkpoint, force bool) (bool, error) {
	db, w, err := sqlitedb.Conn(ctx, path, sqlitedb.ReadWrite)
	if err != nil {
		return false, fmt.Errorf("uninstall capture: %w", err)
	}
	defer db.Close()
	defer w.Close()
	there := false
	err = sqlitedb.Tx(ctx, w, "BEGIN IMMEDIATE", func() error {
		found, err := ours(ctx, w)
		if err != nil || len(found) == 0 {
			return err
		}
		there = true
		s, err := ReadStatus(ctx, w)
		if err != nil {
			return err
		}
		left := s.Newest
		if carried.Log == s.Epoch {
			left -= carried.ID
		}
		if left > 0 && !force {
			return &UncarriedError{Changes: left}
		}
		return drop(ctx, w)
	})
	if err != nil {
		return there, fmt.Errorf("uninstall capture: %w", err)
	}
	return there, nil
}
