package poll

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"cslack-stream/internal/engine/capture"
	"cslack-stream/internal/engine/claudeslack"
)

// What can change, in the order in which one look hands it over (pipeline rule
// 17): whoever and wherever first, then what was said, then who and what is
// gone. Leaves come before deletions, so that those who leave with a channel
// or with their agent still have both. Calls come before messages, so that
// nobody is taken to have seen what may have come later.
const (
	agentPut = iota
	linkPut
	channelPut
	join
	config
	called
	messageNew
	messageEdited
	leave
	messageGone
	channelGone
	linkGone
	agentGone
	kinds
)

// look is what one read transaction showed. Nothing of it counts before it is
// accepted.
type look struct {
	image    image // what the tables hold now
	rows     [kinds][]row
	segments []segment // of messages that were compared
	now      time.Time
	told     bool // the rows are what a write told of itself
}

func (l *look) add(kind int, r claudeslack.Row, at time.Time) {
	l.rows[kind] = append(l.rows[kind], row{r, at})
}

// time is when a row says that it was written, if it can be: a commit lies
// between the look before, which did not see it, and this one. A time without
// a fraction tells only the second.
func (l *look) time(raw json.RawMessage) time.Time { return l.timeSince(raw, l.image.began) }

func (l *look) timeSince(raw json.RawMessage, since time.Time) time.Time {
	t, ok := claudeslack.Time(raw)
	switch {
	case !ok, t.Before(since), t.After(l.now), t.Nanosecond() == 0 && l.now.Sub(t) < time.Second:
		return l.now
	}
	return t
}

func present() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// work does what is to be done now, and reports whether that was anything.
func (p *Poller) work(ctx context.Context) (bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	scanning := p.scan.due(now)
	if !scanning && now.Before(p.rest) {
		return false, nil
	}
	looked, err := p.view(ctx, scanning)
	return looked || scanning, err
}

// view looks through the host's connection if anything was committed since the
// last time, and, if scanning, at one chunk of the older messages. If these
// show a change, the rest is looked at in the same transaction: who may see it
// depends on that.
func (p *Poller) view(ctx context.Context, scanning bool) (looked bool, err error) {
	if p.image == nil {
		return false, capture.ErrReplaced
	}
	p.follow()
	g, err := p.host.Generation(ctx)
	if err != nil {
		return false, err
	}
	begins := scanning && !p.scan.running
	var (
		l       *look
		older   segment
		conn    *sql.Conn
		version int64
	)
	err = p.host.View(ctx, func(c *sql.Conn) error {
		q := prepared{p.host}
		if err := readRow(ctx, q, `PRAGMA data_version`, nil, &version); err != nil {
			return err
		}
		conn = c
		committed := p.due || p.moved || c != p.conn || version != p.version
		if scanning && !p.moved {
			if older, err = p.scan.chunk(ctx, q, p.image.messages, p.image.from); err != nil {
				return err
			}
		}
		if committed || older.changed() {
			l, err = p.examine(ctx, q, g, older)
		}
		return err
	})
	if err = p.accept(l, err); err != nil {
		return false, err
	}
	if l != nil {
		p.conn, p.version = conn, version
	}
	if older.read {
		p.image.messages.apply(older, p.image.from)
		p.scan.passed(older, p.image)
	}
	if begins {
		p.scan.dirty = false // what was committed up to now lies before the scan
	}
	return l != nil, nil
}

// prepared runs queries on the host's connection, each prepared only once.
type prepared struct{ host *capture.Host }

// QueryContext implements claudeslack.Queryer.
func (q prepared) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	stmt, err := q.host.Prepared(ctx, query) //nolint:sqlclosecheck // kept for the connection's life
	if err != nil {
		return nil, err
	}
	return stmt.QueryContext(ctx, args...)
}

// share is the part of the time that looks may take: one in share.
const share = 4

// examine compares the tables with the image of them, and adds what a chunk of
// older messages has shown. q must be one read transaction. It returns
// capture.ErrReplaced if these are other tables.
func (p *Poller) examine(ctx context.Context, q claudeslack.Queryer, g claudeslack.Generation, older segment) (*look, error) {
	began := time.Now()
	st, err := readState(ctx, q, g, p.image.from, p.image.newest)
	if err != nil {
		return nil, err
	}
	l := &look{image: *p.image, now: present()}
	if err := l.examineTables(ctx, q, st); err != nil {
		return nil, err
	}
	l.addRows(older, p.scan.before)
	if err := l.examineMessages(ctx, q, st, p.moved); err != nil {
		return nil, err
	}
	l.image.began = began.UTC().Truncate(time.Millisecond)
	p.rest = time.Now().Add((share - 1) * time.Since(began))
	return l, nil
}

// examineTables reads the tables whose digest is another than before.
func (l *look) examineTables(ctx context.Context, q claudeslack.Queryer, st state) error {
	var g claudeslack.Generation
	for i, t := range digested {
		if !st.readable[i] {
			st.digests[i] = l.image.digests[i]
		}
		if st.digests[i] != l.image.digests[i] {
			g.Tables = append(append(g.Tables, t.name), t.with...)
		}
	}
	if g.Tables != nil {
		t, err := claudeslack.ReadTables(ctx, q, g)
		if err != nil {
			return err
		}
		was := &l.image.tables
		if g.Has("agents") {
			l.compareAgents(was.Agents, t.Agents)
			was.Agents = t.Agents
		}
		if g.Has("project_links") {
			l.compareLinks(was.Links, t.Links)
			was.Links = t.Links
		}
		if g.Has("channels") {
			l.compareChannels(was.Channels, t.Channels)
			was.Channels = t.Channels
		}
		if g.Has("channel_members") {
			l.compareMembers(was.Members, t.Members)
			was.Members = t.Members
		}
	}
	l.image.digests = st.digests
	if err := l.examineCalls(ctx, q, st); err != nil {
		return err
	}
	return l.examineConfig(ctx, q, st)
}

// examineCalls: the host notes every call of a tool, and forgets it after ten
// minutes.
func (l *look) examineCalls(ctx context.Context, q claudeslack.Queryer, st state) error {
	before := l.image.call
	if st.call <= before {
		return nil
	}
	l.image.call = st.call
	calls, err := claudeslack.ReadCalls(ctx, q, before)
	for _, c := range calls {
		l.add(called, claudeslack.ToolCalled{Call: c}, l.time(c.CalledAt))
	}
	return err
}

// examineConfig: the host notes a sync at the start of every session; only
// another configuration is a change.
func (l *look) examineConfig(ctx context.Context, q claudeslack.Queryer, st state) error {
	before := l.image.config
	l.image.config = st.config
	if st.config <= before {
		return nil
	}
	syncs, err := claudeslack.ReadConfigSyncs(ctx, q, before)
	for _, s := range syncs {
		if s.ConfigHash != l.image.tables.ConfigHash {
			l.image.tables.ConfigHash = s.ConfigHash
			l.add(config, claudeslack.ConfigSynced{ConfigSync: s}, l.time(s.AppliedAt))
		}
	}
	return err
}

// begin takes the tables as they are for the first image of a new epoch.
func (p *Poller) begin(ctx context.Context, q claudeslack.Queryer, g claudeslack.Generation) error {
	im := &image{began: present()}
	st, err := readState(ctx, q, g, 0, 0)
	if err != nil {
		return err
	}
	im.newest, im.config, im.call, im.digests = st.newest, st.config, st.call, st.digests
	if im.tables, err = claudeslack.ReadTables(ctx, q, g); err != nil {
		return err
	}
	im.tables.Calls = nil // they are over, and only grow in number
	if err := im.beginMessages(ctx, q); err != nil {
		return err
	}
	p.image, p.queue, p.scan = im, newQueue(), scan{every: p.scan.every, began: im.began}
	p.conn, p.moved, p.due = nil, false, false
	return nil
}

// accept makes what a look showed the image, and its changes changes.
func (p *Poller) accept(l *look, err error) error {
	if errors.Is(err, capture.ErrReplaced) {
		p.image = nil
	}
	if err != nil {
		p.due = true
		return err
	}
	if l == nil {
		return nil
	}
	for _, s := range l.segments {
		l.image.messages.apply(s, l.image.from)
	}
	p.image.messages.reduce(p.image.from, l.image.from)
	im := l.image // and nothing else of the look
	p.image = &im
	p.due, p.moved = false, false
	p.scan.dirty = true
	step := 1
	if l.told {
		step = 2
	}
	rows := slices.Concat(l.rows[:]...)
	p.queue.put(rows, step)
	if closes(rows) {
		p.queue.put([]row{{at: l.now}}, 1)
	}
	return nil
}

// closes reports whether a marker must follow, as if it were the next
// transaction. It proves that no more founding members of a new channel come,
// and that somebody who is gone and comes again with the next look has not
// been replaced.
func closes(rows []row) bool {
	return slices.ContainsFunc(rows, func(r row) bool {
		switch change := r.Row.(type) {
		case claudeslack.ChannelPut, claudeslack.MemberGone, claudeslack.AgentGone:
			return true
		case claudeslack.MemberPut:
			return !change.Active
		}
		return false
	})
}
