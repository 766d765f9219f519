//go:build unix

package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"cslack-stream/internal/engine/claudeslack/hosttest"
	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/sqlitedb"
	"cslack-stream/internal/server"
)

// The tests in the files e2e_*_test.go run the program as people do: as
// processes of its own, on real databases, with writers that are further
// processes. Nothing in them waits for a time to pass: they wait for something
// that can be observed, and patience is when they give up on it.
const patience = 45 * time.Second

// init lets the test binary be the writers too, before TestMain lets it be
// the program.
func init() {
	if os.Getenv("CSLACK_HOSTTEST_WRITER") != "" {
		hosttest.Main(nil) // ends the process
	}
	if config := os.Getenv(hammerEnv); config != "" {
		if err := runHammer(config, os.Stdin); err != nil {
			fmt.Fprintln(os.Stderr, "hammer:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
}

// scene is a database, and a home directory for the programs that work on it.
type scene struct {
	t    testing.TB
	db   string
	home string
}

func newScene(t testing.TB, db string) *scene {
	t.Helper()
	return &scene{t: t, db: db, home: t.TempDir()}
}

// e2eWorld is what most tests begin with: two agents in one channel.
var e2eWorld = []string{
	`INSERT INTO projects(id,path,name) VALUES('p','/p','webapp')`,
	`INSERT INTO agents(name,project_id,status) VALUES('alice','p','online'),('bob','p','online')`,
	`INSERT INTO channels(id,channel_type,access_type,scope,name) VALUES('global:general','channel','open','global','general')`,
	`INSERT INTO channel_members(channel_id,agent_name,agent_project_id) VALUES('global:general','alice','p'),('global:general','bob','p')`,
}

// newWorldScene makes a database with the world in it, and a writer process.
func newWorldScene(t testing.TB) (*scene, *hosttest.Writer) {
	t.Helper()
	sc := newScene(t, hosttest.NewDatabase(t))
	w := hosttest.StartWriter(t, sc.db)
	w.Exec(e2eWorld...)
	return sc, w
}

// say is the statement with which bob says something in #general.
func say(text string) string {
	return `INSERT INTO messages(channel_id,sender_id,sender_project_id,content) VALUES('global:general','bob','p','` + text + `')`
}

// sayEach are n messages.
func sayEach(prefix string, n int) []string {
	var out []string
	for _, text := range numbered(prefix, n) {
		out = append(out, say(text))
	}
	return out
}

func numbered(prefix string, n int) []string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprint(prefix, i))
	}
	return out
}

// environ is the environment of programs in the scene: nothing of the
// developer's own.
func (sc *scene) environ() []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + sc.home, "XDG_STATE_HOME=" + filepath.Join(sc.home, "state"), "TZ=UTC", "GOTRACEBACK=all",
	}
}

// child is the program as a process.
type child struct {
	t        testing.TB
	cmd      *exec.Cmd
	out, err *output
	done     chan struct{} // closed when the process has ended
}

// start starts the program.
func (sc *scene) start(args ...string) *child {
	sc.t.Helper()
	return sc.startAs(nil, args...)
}

// startAs starts the program after change has changed the command.
func (sc *scene) startAs(change func(*exec.Cmd), args ...string) *child {
	sc.t.Helper()
	self, err := os.Executable()
	if err != nil {
		sc.t.Fatal(err)
	}
	c := &child{t: sc.t, cmd: exec.CommandContext(context.WithoutCancel(sc.t.Context()), self), out: newOutput(), err: newOutput(), done: make(chan struct{})}
	c.cmd.Args = append([]string{"cslack-stream"}, args...) // TestMain goes by the name
	c.cmd.Env, c.cmd.Stdout, c.cmd.Stderr = sc.environ(), c.out, c.err
	if change != nil {
		change(c.cmd)
	}
	if err := c.cmd.Start(); err != nil {
		sc.t.Fatal(err)
	}
	go func() {
		_ = c.cmd.Wait() // the exit code says it
		c.out.close()
		c.err.close()
		close(c.done)
	}()
	sc.t.Cleanup(func() {
		c.kill()
		if sc.t.Failed() {
			sc.t.Logf("%v wrote to stderr:\n%s", c.cmd.Args[1:], c.err)
		}
	})
	return c
}

// run runs the program to its end.
func (sc *scene) run(args ...string) *child {
	sc.t.Helper()
	c := sc.start(args...)
	c.exitCode()
	return c
}

// kill ends the process at once, as kill -9 does, and waits for its end.
func (c *child) kill() {
	_ = c.cmd.Process.Kill() // it may have ended
	<-c.done
}

// signal sends a signal.
func (c *child) signal(s os.Signal) {
	c.t.Helper()
	if err := c.cmd.Process.Signal(s); err != nil {
		c.t.Fatal(err)
	}
}

// exitCode waits for the end of the process.
func (c *child) exitCode() int {
	c.t.Helper()
	select {
	case <-c.done:
	case <-time.After(patience):
		_ = c.cmd.Process.Signal(syscall.SIGQUIT) // shows where it hangs
		<-c.done
		c.t.Fatalf("%v does not end; stderr:\n%s", c.cmd.Args, c.err)
	}
	return c.cmd.ProcessState.ExitCode()
}

// stop ends the process as ctrl-c does.
func (c *child) stop() {
	c.t.Helper()
	c.signal(os.Interrupt)
	if got := c.exitCode(); got != 0 {
		c.t.Fatalf("stop: got exit code %v, want 0; stderr:\n%s", got, c.err)
	}
}

// output is what a process has written so far.
type output struct {
	mu    sync.Mutex
	text  bytes.Buffer
	grown chan struct{} // closed with the next growth
	ended bool
}

func newOutput() *output { return &output{grown: make(chan struct{})} }

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	close(o.grown)
	o.grown = make(chan struct{})
	return o.text.Write(b)
}

func (o *output) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ended = true
	close(o.grown)
	o.grown = make(chan struct{})
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// lines are the whole lines so far.
func (o *output) lines() []string {
	text := o.String()
	text = text[:strings.LastIndexByte(text, '\n')+1]
	if text == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

// until waits until there is what ok wants.
func (o *output) until(t testing.TB, what string, ok func(text string) bool) {
	t.Helper()
	deadline := time.After(patience)
	for {
		o.mu.Lock()
		text, grown, ended := o.text.String(), o.grown, o.ended
		o.mu.Unlock()
		if ok(text) {
			return
		}
		if ended {
			t.Fatalf("the process has ended with output %q, want %s", text, what)
		}
		select {
		case <-grown:
		case <-deadline:
			t.Fatalf("got output %q, want %s", text, what)
		}
	}
}

// untilLine waits for a line.
func (o *output) untilLine(t testing.TB, line string) {
	t.Helper()
	o.until(t, "the line "+line, func(text string) bool { return strings.Contains("\n"+text, "\n"+line+"\n") })
}

// serving is a running serve.
type serving struct {
	*child
	url    string
	client *http.Client
}

var servingAt = regexp.MustCompile(`serving .* at (http://\S+)\n`)

// serve starts serve on a free port and waits until it serves.
func (sc *scene) serve(args ...string) *serving {
	sc.t.Helper()
	return sc.serves(sc.start(sc.serveArgs(args...)...))
}

func (sc *scene) serveArgs(args ...string) []string {
	return append([]string{"serve", "--db", sc.db, "--listen", "127.0.0.1:0"}, args...)
}

// serves waits until a serve that was started serves.
func (sc *scene) serves(c *child) *serving {
	sc.t.Helper()
	s := &serving{child: c, client: &http.Client{Transport: new(http.Transport)}}
	c.err.until(sc.t, "the address", servingAt.MatchString)
	s.url = servingAt.FindStringSubmatch(c.err.String())[1]
	sc.t.Cleanup(s.client.CloseIdleConnections)
	return s
}

// get returns the body of an answer, or an error.
func (s *serving) get(path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.url+path, nil)
	if err != nil {
		return nil, err
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", resp.Status, body)
	}
	return body, err
}

// health is what the server says of itself.
func (s *serving) health() server.Health {
	s.t.Helper()
	body, err := s.get("/health")
	if err != nil {
		s.t.Fatalf("health: %v", err)
	}
	var h server.Health
	if err := json.Unmarshal(body, &h); err != nil {
		s.t.Fatal(err)
	}
	return h
}

// beginning is the cursor before everything that the server retains.
func (s *serving) beginning() string {
	s.t.Helper()
	return s.health().Latest.Epoch + "-0"
}

// agentQuery is the query of an agent's stream.
func agentQuery(a event.Agent) string {
	q := url.Values{"agent": {a.Name}}
	if a.Project != "" {
		q.Set("project", a.Project)
	}
	return q.Encode()
}

// operatorQuery is the query of the operator's stream.
const operatorQuery = "view=operator"

// query reads one column of the database, as a foreign reader.
func (sc *scene) query(statement string) []string {
	sc.t.Helper()
	out, err := queryFile(sc.t.Context(), sc.db, statement)
	if err != nil {
		sc.t.Fatal(err)
	}
	return out
}

func queryFile(ctx context.Context, path, statement string) ([]string, error) {
	db, c, err := sqlitedb.Conn(ctx, path, sqlitedb.ReadOnly)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	defer c.Close()
	rows, err := c.QueryContext(ctx, statement)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var s sql.NullString
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		out = append(out, s.String)
	}
	return out, rows.Err()
}

// checkIntegrity fails the test if the database is damaged.
func (sc *scene) checkIntegrity() {
	sc.t.Helper()
	if got := sc.query(`PRAGMA integrity_check`); len(got) != 1 || got[0] != "ok" {
		sc.t.Errorf("got integrity check %q, want ok", got)
	}
}

// eventually waits until ok returns true.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("%s does not happen", what)
		}
		time.Sleep(5 * time.Millisecond) // between two looks
	}
}

// compare fails the test where two lists differ, saying where they begin to.
func compare(t testing.TB, what string, want, got []string) {
	t.Helper()
	i := 0
	for i < len(want) && i < len(got) && want[i] == got[i] {
		i++
	}
	if i == len(want) && i == len(got) {
		return
	}
	near := func(list []string) []string {
		var out []string
		for _, s := range list[max(0, min(i, len(list))-3):min(len(list), i+5)] {
			out = append(out, clipped(s))
		}
		return out
	}
	t.Errorf("%s: got %d, want %d, the first difference is number %d:\n got …%q…\nwant …%q…", what, len(got), len(want), i, near(got), near(want))
}

// clipped is short enough for a message.
func clipped(s string) string { return s[:min(len(s), 200)] }
