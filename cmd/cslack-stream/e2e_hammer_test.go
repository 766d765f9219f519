//go:build unix

package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"cslack-stream/internal/engine/sqlitedb"
)

// hammerEnv holds what a process that shall be a hammer is to do.
const hammerEnv = "CSLACK_E2E_HAMMER"

// hammer is a foreign writer that never rests. Beside everything that makes
// an event, in the same transaction and savepoint, it writes a line into the
// table journal. What was rolled back is in neither; what was committed is in
// the journal in the order in which it happened, since its ids are given
// under the write lock, which is kept until the commit. That is what streams
// are compared with: an account that owes nothing to our triggers.
type hammer struct {
	Path string
	Name string
	Seed uint64
	// Wild makes it do everything that a writer can do: explicit rollbacks,
	// savepoints, failing statements. Otherwise it only says things.
	Wild bool
	// Reconnect makes it open a connection for every transaction, as the host
	// does.
	Reconnect bool
	// Python makes it a Python program, with the SQLite of the host.
	Python bool

	random *rand.Rand
	said   int
}

// hammerTables are what hammers need beside the world.
var hammerTables = []string{
	`CREATE TABLE journal(id INTEGER PRIMARY KEY AUTOINCREMENT, what TEXT)`,
	`INSERT INTO agents(name,project_id) VALUES('m0','p'),('m1','p'),('m2','p'),('m3','p')`,
}

// hammering is a hammer at work.
type hammering struct {
	t    testing.TB
	cmd  *exec.Cmd
	in   io.WriteCloser
	done chan error
}

// startHammer starts a hammer in a process of its own.
func startHammer(t testing.TB, h hammer) *hammering {
	t.Helper()
	config, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	program := []string{os.Args[0]}
	if h.Python {
		program = []string{"python3", "-c", pythonHammer}
	}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), program[0], program[1:]...)
	cmd.Env = append(os.Environ(), hammerEnv+"="+string(config))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	r := &hammering{t: t, cmd: cmd, in: in, done: make(chan error, 1)}
	go func() { r.done <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended
	})
	return r
}

// kill ends it at once, in whatever transaction it is.
func (r *hammering) kill() {
	_ = r.cmd.Process.Kill()
	<-r.done
}

// stop lets it finish its transaction.
func (r *hammering) stop() {
	r.t.Helper()
	_ = r.in.Close()
	if err := <-r.done; err != nil {
		r.t.Fatalf("hammer: %v", err)
	}
}

// pythonHammer is a hammer in Python: less wild, but with another SQLite.
const pythonHammer = `
import json, os, random, select, sqlite3, sys, time
h = json.loads(os.environ["` + hammerEnv + `"])
random.seed(h["Seed"])
said = 0
def say(db):
    global said
    said += 1
    cur = db.execute("INSERT INTO messages(channel_id,sender_id,sender_project_id,content) VALUES('global:general','bob','p',?)", (f"{h['Name']}-{said}",))
    db.execute("INSERT INTO journal(what) VALUES(?)", (f"message.new {cur.lastrowid}",))
def edit(db):
    row = db.execute("SELECT id FROM messages WHERE content<>'[Message deleted]' AND length(content)<200 ORDER BY random() LIMIT 1").fetchone()
    if row:
        db.execute("UPDATE messages SET content=content||' edited',is_edited=1 WHERE id=?", row)
        db.execute("INSERT INTO journal(what) VALUES(?)", (f"message.edited {row[0]}",))
def fail(db):
    try:
        db.execute("INSERT INTO messages(channel_id,sender_id,content) VALUES('global:general','bob','bad'),('global:general','bob',NULL)")
    except sqlite3.IntegrityError:
        return
    sys.exit("got no error")
def savepoint(db):
    db.execute("SAVEPOINT s")
    random.choice([say, edit, fail])(db)
    if random.random() < .5:
        db.execute("ROLLBACK TO s")
        say(db)
    db.execute("RELEASE s")
while not select.select([sys.stdin], [], [], 0)[0]:
    db = sqlite3.connect(h["Path"], isolation_level=None, timeout=5)
    db.execute("PRAGMA journal_mode=WAL").fetchall()
    db.execute("PRAGMA foreign_keys=ON")
    db.execute("PRAGMA synchronous=NORMAL")
    try:
        db.execute(random.choice(["BEGIN", "BEGIN IMMEDIATE"]))
        for _ in range(random.randint(1, 4)):
            random.choice([say, say, edit, fail, savepoint])(db)
        db.execute("ROLLBACK" if random.random() < .25 else "COMMIT")
    except sqlite3.OperationalError as e:
        if "locked" not in str(e):
            raise
        if db.in_transaction:
            db.execute("ROLLBACK")
    db.close()
    time.sleep(random.random() * .003)
`

// hasPython reports whether there is a Python to write with.
func hasPython(t testing.TB) bool {
	t.Helper()
	_, err := exec.LookPath("python3")
	if err != nil {
		t.Log("python3 is not at hand: all writers have our own SQLite")
	}
	return err == nil
}

// runHammer is the hammer's own side.
func runHammer(config string, in io.Reader) error {
	var h hammer
	if err := json.Unmarshal([]byte(config), &h); err != nil {
		return err
	}
	h.random = rand.New(rand.NewPCG(h.Seed, 1))
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, in) // until whoever started it wants an end
		stop()
	}()
	return h.run(ctx)
}

func (h *hammer) run(ctx context.Context) error {
	work := context.WithoutCancel(ctx)
	var db *sql.DB
	var c *sql.Conn
	for ctx.Err() == nil {
		if c == nil {
			var err error
			db, c, err = sqlitedb.Conn(work, h.Path, sqlitedb.ReadWrite, "journal_mode(WAL)", "foreign_keys(ON)", "synchronous(NORMAL)")
			if err != nil {
				return err
			}
		}
		err := h.transaction(work, c)
		if err != nil && !sqlitedb.IsBusy(err) {
			return err
		}
		if h.Reconnect {
			if err := errors.Join(c.Close(), db.Close()); err != nil {
				return err
			}
			c = nil
		}
		time.Sleep(time.Duration(h.random.IntN(3000)) * time.Microsecond) // two processors are shared by all
	}
	if c == nil {
		return nil
	}
	return errors.Join(c.Close(), db.Close())
}

// errOver means that a statement has rolled back its transaction.
var errOver = errors.New("transaction is over")

func (h *hammer) transaction(ctx context.Context, c *sql.Conn) error {
	begin := []string{"BEGIN", "BEGIN IMMEDIATE"}[h.random.IntN(2)]
	if _, err := c.ExecContext(ctx, begin); err != nil {
		return err
	}
	for range 1 + h.random.IntN(4) {
		err := h.step(ctx, c, 0)
		if errors.Is(err, errOver) {
			return nil
		}
		if err != nil {
			_, rerr := c.ExecContext(ctx, "ROLLBACK")
			return errors.Join(err, rerr)
		}
	}
	end := "COMMIT"
	if h.Wild && h.random.IntN(4) == 0 {
		end = "ROLLBACK"
	}
	if _, err := c.ExecContext(ctx, end); err != nil {
		_, rerr := c.ExecContext(ctx, "ROLLBACK")
		return errors.Join(err, rerr)
	}
	return nil
}

func (h *hammer) step(ctx context.Context, c *sql.Conn, depth int) error {
	if !h.Wild {
		return h.say(ctx, c)
	}
	switch n := h.random.IntN(20); {
	case n < 7:
		return h.say(ctx, c)
	case n < 9:
		return h.change(ctx, c, "message.edited", `content=content||' edited',is_edited=1`)
	case n < 10:
		return h.change(ctx, c, "message.deleted", `content='[Message deleted]',metadata=json_set(coalesce(metadata,'{}'),'$.deleted',1),is_edited=1`)
	case n < 12:
		return h.join(ctx, c)
	case n < 13:
		return h.leave(ctx, c)
	case n < 17 && depth < 2:
		return h.savepoint(ctx, c, depth)
	}
	return h.fail(ctx, c)
}

func (h *hammer) note(ctx context.Context, c *sql.Conn, what string) error {
	_, err := c.ExecContext(ctx, `INSERT INTO journal(what) VALUES(?)`, what)
	return err
}

func (h *hammer) text() string {
	h.said++
	return fmt.Sprintf("%s-%d", h.Name, h.said)
}

const insertMessage = `INTO messages(channel_id,sender_id,sender_project_id,content) VALUES`

func (h *hammer) say(ctx context.Context, c *sql.Conn) error {
	res, err := c.ExecContext(ctx, "INSERT "+insertMessage+`('global:general','bob','p',?)`, h.text())
	if err != nil {
		return err
	}
	id, err := res.LastInsertId()
	if err != nil {
		return err
	}
	return h.note(ctx, c, fmt.Sprint("message.new ", id))
}

// change edits or deletes any message that is not deleted yet.
func (h *hammer) change(ctx context.Context, c *sql.Conn, what, set string) error {
	var id int64
	err := c.QueryRowContext(ctx, `UPDATE messages SET `+set+` WHERE id=(SELECT id FROM messages WHERE content<>'[Message deleted]' AND length(content)<200 ORDER BY random() LIMIT 1) RETURNING id`).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return h.note(ctx, c, fmt.Sprint(what, " ", id))
}

func (h *hammer) join(ctx context.Context, c *sql.Conn) error {
	name := fmt.Sprint("m", h.random.IntN(4))
	var there bool
	err := c.QueryRowContext(ctx, `SELECT EXISTS(SELECT 1 FROM channel_members WHERE channel_id='global:general' AND agent_name=?)`, name).Scan(&there)
	if err == nil {
		_, err = c.ExecContext(ctx, `INSERT OR REPLACE INTO channel_members(channel_id,agent_name,agent_project_id) VALUES('global:general',?,'p')`, name)
	}
	if err != nil || there {
		return err
	}
	return h.note(ctx, c, "channel.member.joined global:general/"+name+":p")
}

func (h *hammer) leave(ctx context.Context, c *sql.Conn) error {
	name := fmt.Sprint("m", h.random.IntN(4))
	res, err := c.ExecContext(ctx, `DELETE FROM channel_members WHERE channel_id='global:general' AND agent_name=?`, name)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return err
	}
	return h.note(ctx, c, "channel.member.left global:general/"+name+":p")
}

func (h *hammer) savepoint(ctx context.Context, c *sql.Conn, depth int) error {
	name := fmt.Sprint("s", depth)
	if _, err := c.ExecContext(ctx, "SAVEPOINT "+name); err != nil {
		return err
	}
	for range 1 + h.random.IntN(3) {
		if err := h.step(ctx, c, depth+1); err != nil {
			return err
		}
	}
	if h.random.IntN(2) == 0 {
		if _, err := c.ExecContext(ctx, "ROLLBACK TO "+name); err != nil {
			return err
		}
		if h.random.IntN(2) == 0 { // what comes now is kept
			if err := h.say(ctx, c); err != nil {
				return err
			}
		}
	}
	_, err := c.ExecContext(ctx, "RELEASE "+name)
	return err
}

// fail runs a statement that must fail, some of them after a row or two.
func (h *hammer) fail(ctx context.Context, c *sql.Conn) error {
	good, bad := `('global:general','bob','p','`+h.text()+`')`, `('global:general','bob','p',NULL)`
	statements := []string{
		"INSERT " + insertMessage + bad,
		"INSERT " + insertMessage + good + "," + good + "," + bad,
		"INSERT " + insertMessage + good + `,('nowhere','bob','p','x')`, // no such channel
		`INSERT INTO agents(name,project_id) VALUES('bob','p')`,
		`INSERT INTO channel_members(channel_id,agent_name,agent_project_id) VALUES('global:general','bob','p')`,
		`UPDATE messages SET content=CASE WHEN id%2 THEN content||'!' END`, // NOT NULL, perhaps after a row
		"INSERT OR FAIL " + insertMessage + good + "," + bad,
		"INSERT OR ROLLBACK " + insertMessage + good + "," + bad,
	}
	n := h.random.IntN(len(statements))
	_, err := c.ExecContext(ctx, statements[n])
	switch {
	case err == nil:
		if strings.HasPrefix(statements[n], "UPDATE") { // only odd ids there yet: do not keep it
			_, err := c.ExecContext(ctx, "ROLLBACK")
			return errors.Join(err, errOver)
		}
		return fmt.Errorf("%s: got no error", statements[n])
	case sqlitedb.IsBusy(err):
		return err
	case strings.HasPrefix(statements[n], "INSERT OR ROLLBACK"):
		return errOver
	case strings.HasPrefix(statements[n], "INSERT OR FAIL"): // keeps the row before the bad one
		var id int64
		if err := c.QueryRowContext(ctx, `SELECT max(id) FROM messages`).Scan(&id); err != nil {
			return err
		}
		return h.note(ctx, c, fmt.Sprint("message.new ", id))
	}
	return nil
}
