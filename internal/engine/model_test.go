package engine_test

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cslack-stream/internal/engine/claudeslack/hosttest"
	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/sqlitedb"
)

// model makes random traffic in the host's ways and says what must come of
// it. It shares nothing with the code under test: who may see what it asks
// the host's own views, after every transaction.
type model struct {
	t    *testing.T
	rand *rand.Rand
	w    *hosttest.Writer
	c    *sql.Conn
	n    int // for names
	want []seen
}

// TestEngine_RandomTraffic compares every event of random traffic, its order
// and its recipients, with the model.
func TestEngine_RandomTraffic(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			db := hosttest.NewDatabase(t)
			w := hosttest.StartWriter(t, db)
			for _, p := range []string{"pa", "pb", "pc"} {
				w.Exec(`INSERT INTO projects(id,path,name) VALUES('` + p + `','/` + p + `','` + p + `')`)
			}
			handle, c, err := sqlitedb.Conn(t.Context(), db, sqlitedb.ReadOnly)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { c.Close(); handle.Close() })
			e := startCarrier(t, db)
			all := e.operator(t, event.Cursor{})
			m := &model{t: t, rand: rand.New(rand.NewPCG(seed, 7)), w: w, c: c}
			for range 250 {
				m.step()
			}
			m.exec(`INSERT INTO projects(id,path) VALUES('end','/end')`, `INSERT INTO agents(name,project_id) VALUES('end','end')`)
			var got []seen
			for len(got) == 0 || got[len(got)-1].Entity != "end:end" {
				for _, ev := range collect(t, all, 1) {
					got = append(got, seenOf(ev))
				}
			}
			if len(m.want) < 150 {
				t.Errorf("got only %d events from the model", len(m.want))
			}
			if diff := cmp.Diff(m.want, got[:len(got)-1]); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			checkStreams(t, e, m.want)
		})
	}
}

// step does one random thing, now and then first in a transaction that is
// rolled back.
func (m *model) step() {
	ops := []func(){
		m.register, m.register, m.reregister, m.status, m.createChannel, m.join, m.join, m.join, m.leave, m.optOut,
		m.message, m.message, m.message, m.edit, m.softDelete, m.hardDelete, m.direct, m.directMessage, m.note, m.retag,
		m.link, m.unlink, m.archive, m.describe, m.config, m.rollback, m.savepoint, m.check, m.check,
	}
	ops[m.rand.IntN(len(ops))]()
}

// exec runs one transaction in the other process. It takes the write lock
// first: a read that comes before it makes SQLite refuse at once if somebody
// else, our trim for one, has committed in between.
func (m *model) exec(statements ...string) {
	m.t.Helper()
	m.w.Do(hosttest.Step{SQL: slices.Concat([]string{"BEGIN IMMEDIATE"}, statements, []string{"COMMIT"}), Keep: m.rand.IntN(2) == 0})
}

// rows queries the database as it is now, columns joined by "|".
func (m *model) rows(query string, args ...any) []string {
	m.t.Helper()
	rows, err := m.c.QueryContext(m.t.Context(), query, args...)
	if err != nil {
		m.t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	columns, _ := rows.Columns()
	var out []string
	for rows.Next() {
		values, targets := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range values {
			targets[i] = &values[i]
		}
		if err := rows.Scan(targets...); err != nil {
			m.t.Fatal(err)
		}
		var parts []string
		for _, v := range values {
			parts = append(parts, v.String)
		}
		out = append(out, strings.Join(parts, "|"))
	}
	return out
}

// pick returns one row of a query, split, or nil.
func (m *model) pick(query string, args ...any) []string {
	rows := m.rows(query, args...)
	if len(rows) == 0 {
		return nil
	}
	return strings.Split(rows[m.rand.IntN(len(rows))], "|")
}

// expect notes an event with the recipients that the query lists.
func (m *model) expect(t event.Type, entity, recipients string, args ...any) {
	m.t.Helper()
	s := seen{Type: string(t), Entity: entity, Recipients: m.rows(recipients, args...)}
	slices.Sort(s.Recipients)
	m.want = append(m.want, s)
}

// Queries of recipients, by the host's own views where it has one.
const (
	inChannel = `SELECT DISTINCT agent_name||':'||ifnull(agent_project_id,'') FROM agent_channels WHERE channel_id=?1`
	knows     = `SELECT DISTINCT discovering_agent||':'||ifnull(discovering_project_id,'') FROM agent_discovery WHERE discoverable_agent=?1 AND ifnull(discoverable_project_id,'')=?2 AND can_discover=1
UNION SELECT ?1||':'||?2`
	linkedWith = `(SELECT project_a_id FROM project_links WHERE enabled AND project_b_id=c.project_id UNION SELECT project_b_id FROM project_links WHERE enabled AND project_a_id=c.project_id)`
	knowsOf    = `SELECT DISTINCT a.name||':'||ifnull(a.project_id,'') FROM agents a, channels c WHERE c.id=?1 AND (
EXISTS(SELECT 1 FROM agent_channels v WHERE v.channel_id=c.id AND v.agent_name=a.name AND v.agent_project_id IS a.project_id)
OR c.access_type<>'private' AND (c.scope='global' OR a.project_id IS NULL OR a.project_id=c.project_id OR a.project_id IN ` + linkedWith + `))`
	someAgent   = `SELECT DISTINCT name,ifnull(project_id,'') FROM agents`
	someChannel = `SELECT id FROM channels WHERE channel_type='channel' AND id NOT LIKE 'notes:%'`
)

func quote(s string) string {
	if s == "" {
		return "NULL"
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}

func (m *model) name(prefix string) string {
	m.n++
	return fmt.Sprintf("%s%d", prefix, m.n)
}

func (m *model) register() {
	name, project := m.name("agent:"), []string{"pa", "pb", "pc", ""}[m.rand.IntN(4)]
	discoverable := []string{"public", "project", "private"}[m.rand.IntN(3)]
	m.exec(fmt.Sprintf(`INSERT OR REPLACE INTO agents(name,project_id,status,discoverable) VALUES('%s',%s,'online','%s')`, name, quote(project), discoverable))
	m.expect(event.AgentRegistered, name+":"+project, knows, name, project)
}

// reregister is what v4.1.4 does with every message: nothing to see for a
// project agent of the same status; and never for a global one, whose oldest
// row stays what it was.
func (m *model) reregister() {
	a := m.pick(`SELECT name,ifnull(project_id,''),discoverable,status FROM agents WHERE project_id IS NOT NULL OR discoverable='public'`)
	if a == nil {
		return
	}
	m.exec(fmt.Sprintf(`INSERT OR REPLACE INTO agents(name,project_id,description,status,discoverable) VALUES('%s',%s,NULL,'online','%s')`, a[0], quote(a[1]), a[2]))
	if a[1] != "" && a[3] != "online" {
		m.expect(event.AgentStatusChanged, a[0]+":"+a[1], knows, a[0], a[1])
	}
}

func (m *model) status() {
	a := m.pick(`SELECT name,ifnull(project_id,''),status FROM agents a WHERE NOT EXISTS(SELECT 1 FROM agents b WHERE b.name=a.name AND b.project_id IS a.project_id AND b.rowid<a.rowid)`)
	if a == nil {
		return
	}
	status := []string{"online", "busy", "away"}[m.rand.IntN(3)]
	m.exec(fmt.Sprintf(`UPDATE agents SET status='%s',last_active=1 WHERE name='%s' AND project_id IS %s`, status, a[0], quote(a[1])))
	if status != a[2] {
		m.expect(event.AgentStatusChanged, a[0]+":"+a[1], knows, a[0], a[1])
	}
}

func (m *model) createChannel() {
	a := m.pick(someAgent)
	if a == nil {
		return
	}
	scope, project := "global", ""
	if m.rand.IntN(2) == 0 {
		scope, project = "project", []string{"pa", "pb", "pc"}[m.rand.IntN(3)]
	}
	access := []string{"open", "members", "private"}[m.rand.IntN(3)]
	id := m.name(scope + ":c")
	statements := []string{fmt.Sprintf(`INSERT INTO channels(id,channel_type,access_type,scope,name,project_id,created_by,created_by_project_id) VALUES('%s','channel','%s','%s','%s',%s,'%s',%s)`,
		id, access, scope, id, quote(project), a[0], quote(a[1]))}
	if access != "open" {
		statements = append(statements, member(id, a[0], a[1]))
	}
	m.exec(statements...)
	m.expect(event.ChannelCreated, id, knowsOf, id)
	if access != "open" {
		m.expect(event.MemberJoined, id+"/"+a[0]+":"+a[1], inChannel, id)
	}
}

func member(channel, name, project string) string {
	return fmt.Sprintf(`INSERT OR REPLACE INTO channel_members(channel_id,agent_name,agent_project_id,invited_by,source) VALUES('%s','%s',%s,'self','manual')`, channel, name, quote(project))
}

// in tells whether an agent is an active member.
func (m *model) in(channel, name, project string) bool {
	return len(m.rows(`SELECT 1 FROM agent_channels WHERE channel_id=? AND agent_name=? AND ifnull(agent_project_id,'')=?`, channel, name, project)) > 0
}

func (m *model) join() {
	a, c := m.pick(someAgent), m.pick(someChannel)
	if a == nil || c == nil {
		return
	}
	was := m.in(c[0], a[0], a[1])
	m.exec(member(c[0], a[0], a[1]))
	if !was {
		m.expect(event.MemberJoined, c[0]+"/"+a[0]+":"+a[1], inChannel, c[0])
	}
}

const leaver = ` UNION SELECT ?2||':'||?3`

func (m *model) somebodyIn() (channel, name, project string, ok bool) {
	r := m.pick(`SELECT channel_id,agent_name,ifnull(agent_project_id,'') FROM agent_channels WHERE channel_type='channel' AND channel_id NOT LIKE 'notes:%'`)
	if r == nil {
		return "", "", "", false
	}
	return r[0], r[1], r[2], true
}

func (m *model) leave() {
	if c, name, project, ok := m.somebodyIn(); ok {
		m.exec(fmt.Sprintf(`DELETE FROM channel_members WHERE channel_id='%s' AND agent_name='%s' AND agent_project_id IS %s`, c, name, quote(project)))
		m.expect(event.MemberLeft, c+"/"+name+":"+project, inChannel+leaver, c, name, project)
	}
}

func (m *model) optOut() {
	if c, name, project, ok := m.somebodyIn(); ok {
		m.exec(fmt.Sprintf(`UPDATE channel_members SET opted_out=1 WHERE channel_id='%s' AND agent_name='%s' AND agent_project_id IS %s`, c, name, quote(project)))
		m.expect(event.MemberLeft, c+"/"+name+":"+project, inChannel+leaver, c, name, project)
	}
}

func insertMessage(channel, name, project, metadata string) string {
	return fmt.Sprintf(`INSERT INTO messages(channel_id,sender_id,sender_project_id,content,metadata) VALUES('%s','%s',%s,'text',%s)`, channel, name, quote(project), quote(metadata))
}

func (m *model) lastMessage() string { return m.rows(`SELECT max(id) FROM messages`)[0] }

func (m *model) message() {
	a, c := m.pick(someAgent), m.pick(someChannel)
	if a == nil || c == nil {
		return
	}
	m.exec(insertMessage(c[0], a[0], a[1], []string{"", "{}", "{bad", `[1]`, `{"deleted":0}`}[m.rand.IntN(5)]))
	m.expect(event.MessageNew, m.lastMessage(), inChannel, c[0])
}

func (m *model) someMessage() []string {
	return m.pick(`SELECT id,channel_id,CASE WHEN json_valid(metadata) THEN ifnull(json_extract(metadata,'$.deleted'),0) ELSE 0 END,content FROM messages WHERE channel_id NOT LIKE 'notes:%'`)
}

func (m *model) edit() {
	if x := m.someMessage(); x != nil {
		m.exec(fmt.Sprintf(`UPDATE messages SET content='%s',is_edited=TRUE,edited_at=1 WHERE id=%s`, m.name("edit"), x[0]))
		m.expect(event.MessageEdited, x[0], inChannel, x[1])
	}
}

func (m *model) softDelete() {
	if x := m.someMessage(); x != nil {
		m.exec(fmt.Sprintf(`UPDATE messages SET content='[Message deleted]',metadata=json_set(CASE WHEN json_valid(metadata) AND json_type(metadata)='object' THEN metadata ELSE '{}' END,'$.deleted',true,'$.deleted_by','x','$.deleted_at',%d),is_edited=TRUE WHERE id=%s`, m.n, x[0]))
		switch {
		case x[2] == "0" || x[2] == "":
			m.expect(event.MessageDeleted, x[0], inChannel, x[1])
		case x[3] != "[Message deleted]": // edited since it was deleted
			m.expect(event.MessageEdited, x[0], inChannel, x[1])
		}
	}
}

func (m *model) hardDelete() {
	if x := m.someMessage(); x != nil {
		m.exec(`DELETE FROM messages WHERE id=` + x[0])
		if x[2] == "0" || x[2] == "" {
			m.expect(event.MessageDeleted, x[0], inChannel, x[1])
		}
	}
}

func (m *model) direct() {
	a, b := m.pick(someAgent), m.pick(someAgent)
	if a == nil || slices.Equal(a, b) {
		return
	}
	id := m.name("dm:")
	m.exec(fmt.Sprintf(`INSERT INTO channels(id,channel_type,access_type,scope,name) VALUES('%s','direct','private','global','%s')`, id, id),
		member(id, a[0], a[1]), member(id, b[0], b[1]))
	m.expect(event.DMChannelCreated, id, inChannel, id)
}

func (m *model) directMessage() {
	c := m.pick(`SELECT channel_id,agent_name,ifnull(agent_project_id,'') FROM agent_channels WHERE channel_type='direct'`)
	if c == nil {
		return
	}
	m.exec(insertMessage(c[0], c[1], c[2], ""))
	m.expect(event.MessageNew, m.lastMessage(), inChannel, c[0])
	for _, other := range m.rows(inChannel+` AND agent_name||':'||ifnull(agent_project_id,'')<>?2`, c[0], c[1]+":"+c[2]) {
		m.want = append(m.want, seen{string(event.DMReceived), m.lastMessage(), []string{other}})
	}
}

func (m *model) note() {
	a := m.pick(someAgent)
	if a == nil {
		return
	}
	id := "notes:" + a[0] + ":" + a[1]
	var statements []string
	if len(m.rows(`SELECT 1 FROM channels WHERE id=?`, id)) == 0 {
		statements = append(statements, fmt.Sprintf(`INSERT INTO channels(id,channel_type,access_type,scope,name,created_by,created_by_project_id) VALUES('%s','channel','private','global','%s','%s',%s)`, id, id, a[0], quote(a[1])),
			member(id, a[0], a[1]), member(id, a[0], a[1]))
	}
	tagged := m.rand.IntN(2) == 0
	metadata := `{"type":"note","tags":[]}`
	if tagged {
		metadata = `{"type":"note","tags":["x"]}`
	}
	m.exec(append(statements, insertMessage(id, a[0], a[1], metadata))...)
	m.expect(event.NoteCreated, m.lastMessage(), inChannel, id)
	if tagged {
		m.expect(event.NoteTagged, m.lastMessage(), inChannel, id)
	}
}

func (m *model) retag() {
	x := m.pick(`SELECT id,channel_id FROM messages WHERE channel_id LIKE 'notes:%'`)
	if x == nil {
		return
	}
	m.exec(fmt.Sprintf(`UPDATE messages SET metadata=json_patch(metadata,'{"tags":["%s"]}'),is_edited=TRUE WHERE id=%s`, m.name("t"), x[0]))
	m.expect(event.NoteTagged, x[0], inChannel, x[1])
}

func (m *model) link() {
	pair := [][2]string{{"pa", "pb"}, {"pa", "pc"}, {"pb", "pc"}}[m.rand.IntN(3)]
	was := m.rows(`SELECT 1 FROM project_links WHERE enabled AND project_a_id=? AND project_b_id=?`, pair[0], pair[1])
	m.exec(fmt.Sprintf(`INSERT OR REPLACE INTO project_links(project_a_id,project_b_id,enabled) VALUES('%s','%s',TRUE)`, pair[0], pair[1]))
	if len(was) == 0 {
		m.expect(event.ProjectLinked, pair[0]+"/"+pair[1], `SELECT DISTINCT name||':'||project_id FROM agents WHERE project_id IN(?,?)`, pair[0], pair[1])
	}
}

func (m *model) unlink() {
	if m.rand.IntN(2) == 0 {
		m.exec(`DELETE FROM project_links WHERE rowid=(SELECT max(rowid) FROM project_links)`)
		return
	}
	m.exec(`UPDATE project_links SET enabled=FALSE`)
}

func (m *model) archive() {
	c := m.pick(`SELECT id,is_archived FROM channels WHERE channel_type='channel' AND id NOT LIKE 'notes:%'`)
	if c == nil {
		return
	}
	to := m.rand.IntN(2)
	m.exec(fmt.Sprintf(`UPDATE channels SET is_archived=%d WHERE id='%s'`, to, c[0]))
	switch {
	case c[1] == fmt.Sprint(to):
	case to == 1:
		m.expect(event.ChannelArchived, c[0], knowsOf, c[0])
	default:
		m.expect(event.ChannelUpdated, c[0], knowsOf, c[0])
	}
}

func (m *model) describe() {
	if c := m.pick(someChannel); c != nil {
		m.exec(fmt.Sprintf(`UPDATE channels SET description='%s' WHERE id='%s'`, m.name("d"), c[0]))
		m.expect(event.ChannelUpdated, c[0], knowsOf, c[0])
	}
}

func (m *model) config() {
	hash := []string{"h1", "h2"}[m.rand.IntN(2)]
	last := m.rows(`SELECT config_hash FROM config_sync_history ORDER BY id DESC LIMIT 1`)
	m.exec(fmt.Sprintf(`INSERT INTO config_sync_history(config_hash,config_snapshot,scope) VALUES('%s','{}','all')`, hash))
	if len(last) == 0 || last[0] != hash {
		m.expect(event.ConfigUpdated, m.rows(`SELECT max(id) FROM config_sync_history`)[0], `SELECT DISTINCT name||':'||ifnull(project_id,'') FROM agents`)
	}
}

// check is an agent that looks for messages, in a session of any project;
// names of agents are unique here, so who is meant can always be told, if it
// is anybody: of the session's project, global, or of a linked project.
func (m *model) check() {
	a := m.pick(someAgent)
	if a == nil {
		return
	}
	project := []string{"pa", "pb", "pc", a[1]}[m.rand.IntN(4)]
	tool := []string{"get_messages", "get_messages", "search_messages", "send_channel_message", "get_recent_notes"}[m.rand.IntN(5)]
	inputs := []string{`{"agent_id": "` + a[0] + `"}`, `{"agent_id": "` + a[0] + `", "limit": 5}`, `{"agent_id": "nobody"}`, `{"agent_id"`, `[]`}[m.rand.IntN(5)]
	session := m.name("session")
	m.exec(hosttest.Session(session, project), hosttest.Call(session, tool, inputs))
	linked := len(m.rows(`SELECT 1 FROM project_links WHERE enabled AND (project_a_id=?1 AND project_b_id=?2 OR project_a_id=?2 AND project_b_id=?1)`, project, a[1])) > 0
	if strings.HasSuffix(tool, "_messages") && strings.Contains(inputs, a[0]) && (a[1] == "" || a[1] == project || linked) {
		m.expect(event.AgentChecked, a[0]+":"+a[1], `SELECT ?1||':'||?2`, a[0], a[1])
	}
}

// rollback leaves nothing.
func (m *model) rollback() {
	m.w.Exec("BEGIN IMMEDIATE", `INSERT INTO agents(name,project_id) VALUES('never','pa')`, `DELETE FROM channel_members`, `UPDATE agents SET status='never'`, "ROLLBACK")
}

// savepoint leaves only what was outside of it.
func (m *model) savepoint() {
	name := m.name("kept")
	m.exec(`SAVEPOINT s`, `DELETE FROM channel_members`, `INSERT INTO agents(name,project_id) VALUES('never','pa')`, `ROLLBACK TO s`,
		fmt.Sprintf(`INSERT INTO agents(name,project_id,status) VALUES('%s','pa','online')`, name), `RELEASE s`)
	m.expect(event.AgentRegistered, name+":pa", knows, name, "pa")
}
