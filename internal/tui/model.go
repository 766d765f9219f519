package tui

import (
	"context"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/tui/attention"
	"cslack-stream/internal/tui/line"
	"cslack-stream/internal/tui/query"
	"cslack-stream/internal/tui/text"
	"cslack-stream/internal/tui/timeline"
	"cslack-stream/internal/tui/view"

	tea "github.com/charmbracelet/bubbletea"
)

// model is the live view. It is the only tea.Model; all of it runs in the
// goroutine of the program.
type model struct {
	o    Options
	keys keyMap
	out  *terminal
	ctx  context.Context // ends with the view

	width, height int
	now           time.Time // of the last tick or batch

	// Whose stream it is, and how it is said.
	agent   event.Agent   // the first of them
	agents  []event.Agent // none: everybody's
	watched bool
	address string // sanitised
	names   *line.Names
	view    line.View
	fold    line.Fold

	situation situation
	playback  *playback // of a range of the past; nil where it is live
	feed      *feed
	feeds     []*feed // those that were stopped may still be ending
	serial    int     // of the feed: what others tell is not heard
	conn      connection
	hearing   hearing   // of the source, lately
	trouble   error     // why the source can not look; nil if it can
	troubled  time.Time // since when
	since     time.Time // when the stream became good, was lost, or ended
	complete  bool      // it was good once: the list has all up to when it was lost
	timeline  *timeline.Timeline
	meter     meter
	gaps      int
	loading   bool         // older events, or those of a gap
	reached   reach        // how far back older events were loaded
	latest    *line.Record // what happened last before there was anything to show
	events    int
	cursor    event.Cursor

	attention  *attention.Track
	startCheck time.Time // the check before the stream that is not yet a row
	rejudge    bool      // what waits has changed, and the filter asks for it

	channels channels
	presence presence
	query    *query.Query
	meant    meant
	filterID int // of the filter: older ones are not evaluated further

	prompt     *prompt
	draft      string       // of a message that was not sent
	history    []string     // of what was typed
	found      *query.Query // what was looked for last
	picker     *picker
	help       *helping
	matrix     *matrix // who sees what; nil if it is not shown
	matrices   int     // how many there were
	inspecting bool
	raw        bool // as JSON
	reasons    reasons
	mouse      bool // is on
	turning    bool // the wheel is being counted
	wheel      int  // rows to scroll
	noChannels bool // the channels are hidden
	bookmarks  bookmarks
	saver      *saver
	tip        bool // a newcomer reads
	root       root // of the thread looked at
	scroll     int  // of the inspected event
	clock      clock
	wrap       bool
	shift      int // cells of the texts left of the list, while not wrapping
	columns    view.Columns

	toast       string
	toastID     int
	interrupted bool

	drawn string // what View returned last
	dirty bool
}

// newModel returns the view before anything has happened.
func newModel(o Options) *model {
	o.defaults()
	m := &model{
		o: o, keys: keysOf(o.Keys), timeline: timeline.New(o.Bounds), query: o.Query, now: o.Now(),
		names: line.NewNames(o.Infos), columns: view.Columns{Where: minWhere, Who: minWho}, saver: newSaver(), dirty: true,
	}
	m.since, m.ctx = m.now, context.Background()
	m.keys.suit(o.Replay != nil)
	m.clock = clockOf(o.Clock)
	m.columns.Time = m.clock.width()
	m.view = line.View{Names: m.names}
	m.attention, m.presence = attention.New(event.Agent{}), presence{}
	return m
}

// batch is what a feed told within a frame.
type batch struct {
	serial int
	news   []news
	at     time.Time
	closed bool
}

type tick time.Time

type refilter struct{ id int }

type channelList struct {
	serial   int
	agent    event.Agent // as whom they are seen
	channels []event.Channel
}

type agentList struct{ infos []event.AgentInfo }

type toastEnd struct{ id int }

type toastShow struct{ text string }

const (
	// frameTime is how long news are collected before they are drawn: a fixed
	// window, so that a steady stream can not hold them back.
	frameTime = 33 * time.Millisecond
	// mostNews bounds a batch.
	mostNews = 4096
	// askTime is how long lists of agents and channels may take.
	askTime = 10 * time.Second
	// toastTime is how long something that has happened is shown.
	toastTime = 3 * time.Second
)

// Init implements tea.Model.
func (m *model) Init() tea.Cmd {
	cmds := []tea.Cmd{m.tickCmd(), m.askFirst()}
	if m.o.Pick {
		m.pickAgent()
	} else {
		cmds = append(cmds, m.watch(m.o.Request.Agents()...))
	}
	return tea.Batch(cmds...)
}

// tickCmd tells the time in a second.
func (m *model) tickCmd() tea.Cmd {
	now := m.o.Now
	return tea.Tick(time.Second, func(time.Time) tea.Msg { return tick(now()) })
}

// collect returns what f tells next, and what it tells within the same frame.
// While there is nothing it waits without doing anything.
func collect(f *feed, serial int) tea.Cmd {
	return func() tea.Msg {
		b := batch{serial: serial}
		first, ok := <-f.out
		if !ok {
			return batch{serial: serial, closed: true, at: f.now()}
		}
		b.news = append(b.news, first)
		n := len(first.events)
		frame := time.NewTimer(frameTime)
		defer frame.Stop()
		for n < mostNews {
			select {
			case next, ok := <-f.out:
				if !ok {
					b.closed, b.at = true, f.now()
					return b
				}
				b.news = append(b.news, next)
				n += len(next.events)
			case <-frame.C:
				b.at = f.now()
				return b
			}
		}
		b.at = f.now()
		return b
	}
}

// watch begins with the stream of an agent, of several, or of everybody.
func (m *model) watch(agents ...event.Agent) tea.Cmd {
	first, then := !m.watched, m.now
	m.watched = true
	m.setAgents(agents)
	m.fold = line.Fold{}
	m.timeline = m.newTimeline()
	m.channels, m.presence = channels{}, presence{}
	m.meter, m.gaps, m.events = meter{}, 0, 0
	m.conn, m.since, m.cursor = connection{}, m.now, event.Cursor{}
	m.complete = false
	m.hearing = hearing{}
	m.loading, m.reached, m.latest = false, reach{}, nil
	stateShown := m.situation.isShown(m)
	m.inspecting, m.scroll, m.root = false, 0, root{}

	if m.o.Replay != nil && (first || m.playback != nil) {
		return m.watchRange(first, then, stateShown)
	}
	m.meet(m.o.Infos)
	req := m.request()
	if !first {
		// Another agent's stream begins with its newest events.
		req.After, req.Since = event.Cursor{}, time.Time{}
	}
	m.startAttention(&req)
	told := m.tellWatching(req)
	cmds := []tea.Cmd{m.follow(startFeed(m.o.Source, req, m.o.Last, m.o.Now)), m.listAllChannels(), m.introduce(told), m.dropFilter()}
	m.applyFilter()
	return tea.Batch(append(cmds, m.loadBookmarks())...)
}

// tellWatching tells whoever wants to know whose stream is shown now, and
// returns what the reader should know of that.
func (m *model) tellWatching(req event.Request) string {
	if m.o.Watching == nil {
		return ""
	}
	return text.Line(m.o.Watching(req))
}

// watchRange begins with the range of those who are watched: with a new one
// where it was to begin, else at the moment that was reached.
func (m *model) watchRange(first bool, then time.Time, stateShown bool) tea.Cmd {
	m.attention, m.startCheck, m.rejudge = attention.New(m.agent), time.Time{}, false
	m.forgetSituation()
	if at := !m.o.Replay.At.IsZero(); (stateShown || first && at) && len(m.agents) < 2 {
		m.situation.wanted, m.situation.shown, m.inspecting = true, true, true
	}
	if first {
		m.startPlayback(m.o.Replay.At, !m.o.Replay.At.IsZero())
	} else {
		m.startPlayback(then, m.playback.paused)
	}
	cmds := []tea.Cmd{m.follow(readRange(m.o.Source, m.rangeRequest(), m.o.Now)), m.introduce(""), m.dropFilter()}
	m.applyFilter()
	return tea.Batch(append(cmds, m.loadBookmarks())...)
}

// follow takes what f tells, and nothing else.
func (m *model) follow(f *feed) tea.Cmd {
	if m.feed != nil {
		m.feed.cancel()
	}
	m.serial++
	m.feed = f
	m.feeds = append(m.feeds, f)
	return collect(f, m.serial)
}

// listChannels asks for the channels of an agent. Without an answer the
// channels are learnt from the events.
func (m *model) listChannels(a event.Agent) tea.Cmd {
	list, serial := m.o.Channels, m.serial
	if list == nil {
		return nil
	}
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), askTime)
		defer cancel()
		all, err := list(ctx, a)
		if err != nil {
			return nil
		}
		return channelList{serial, a, all}
	}
}

// listAgents asks who there is.
func (m *model) listAgents() tea.Cmd {
	list := m.o.Agents
	if list == nil {
		return nil
	}
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), askTime)
		defer cancel()
		infos, err := list(ctx)
		if err != nil {
			return nil
		}
		return agentList{infos}
	}
}

// stopFeeds ends whatever reads, and waits for it.
func (m *model) stopFeeds() {
	for _, f := range m.feeds {
		f.stop()
	}
}

// summary says what has been watched.
func (m *model) summary() Summary {
	s := Summary{
		Agent: m.agent, Address: m.address, Addresses: m.addresses(), Watched: m.watched,
		Events: m.events, Gaps: m.gaps, Cursor: m.cursor, Interrupted: m.interrupted,
	}
	if p := m.playback; p != nil {
		s.Replayed, s.Of = true, p.index.Len()
	}
	if r := m.timeline.Newest(); r != nil {
		s.Newest = r.Time()
	}
	return s
}
