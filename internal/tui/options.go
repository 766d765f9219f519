package tui

import (
	"context"
	"io"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/action"
	"cslack-stream/internal/tui/line"
	"cslack-stream/internal/tui/query"
	"cslack-stream/internal/tui/timeline"
	"cslack-stream/internal/tui/view"
)

// DefaultLast is how many events the view begins with.
const DefaultLast = 500

// Options say what is watched and how it is shown.
type Options struct {
	// Source gives the events. The view connects again when a stream is lost:
	// a Source that does that itself hides from it that it is.
	Source event.Source
	// Agents lists the agents that may be watched, and Channels what an agent
	// may know of; either may be nil.
	Agents   func(context.Context) ([]event.AgentInfo, error)
	Channels func(context.Context, event.Agent) ([]event.Channel, error)
	// Why explains whether an agent gets the event with an id; nil if nobody
	// can.
	Why func(ctx context.Context, id string, agent event.Agent) (event.Why, error)
	// Actor writes into the workspace as the agent As, the reader's own; nil if
	// the reader only looks.
	Actor action.Actor
	As    event.Agent
	// Mode says how the source is attached when all is well: "live",
	// "live (direct)". Where is the database or the server.
	Mode, Where string
	// Trouble tells why the source can not look for events now, though its
	// streams are open; nil if it can. A nil Trouble never knows of any. It
	// must return at once.
	Trouble func() error

	// Request is the stream to watch. Its Agent, Also and Operator are ignored
	// if Pick asks the reader whom to watch first.
	Request event.Request
	Pick    bool
	// Watching, if set, is told whose stream is shown, each time before it
	// begins, and returns what the reader should know of that, if anything.
	Watching func(event.Request) string
	// Mishap, if set, is asked each second what went wrong beside the view
	// since it was asked last; empty for nothing.
	Mishap func() string
	// Infos are the agents as they were when the view was opened.
	Infos []event.AgentInfo
	// LastActive reads when an agent was last active; nil if nobody knows.
	LastActive func(event.AgentInfo) (time.Time, bool)
	// Last is how many events the view begins with if Request does not say
	// where; it defaults to DefaultLast, and negative means none.
	Last int
	// Replay, if set, shows the range of the past that Request asks for, with a
	// playhead in it, instead of what comes.
	Replay *Replay
	// Query is the filter to begin with. Admit, if set, decides before any
	// filter which events there are at all.
	Query *query.Query
	Admit func(*line.Record) bool

	// Clock is how times are shown first.
	Clock line.Clock
	// Memory is what is remembered between runs; nil remembers nothing.
	Memory Memory
	// Theme is how it looks.
	Theme view.Theme
	// Keys are the keys of commands that have others than by default, by the
	// names that [Commands] gives them. [CheckKeys] says what is wrong with
	// them; with wrong ones the default keys hold.
	Keys map[string][]string
	// Location is the reader's time zone; it defaults to time.Local.
	Location *time.Location
	// Now is asked by commands; it defaults to time.Now.
	Now func() time.Time
	// Bounds are those of the list.
	Bounds timeline.Options

	// Paging, if set, is told when a pager gets the terminal, and when it has
	// given it back: meanwhile ctrl-c is meant for the pager. A command calls
	// it.
	Paging func(bool)

	// In and Out are the terminal; Environ is where it is described, as
	// os.Environ returns it.
	In      io.Reader
	Out     io.Writer
	Environ []string
}

func (o *Options) defaults() {
	if o.Last == 0 {
		o.Last = DefaultLast
	}
	if o.Location == nil {
		o.Location = time.Local
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Bounds.Location = o.Location
}

// Summary is what there is to say when the view has ended.
type Summary struct {
	// Agent is who was watched last, the first of several, zero for everybody;
	// Address is how they are called, and Addresses are their full names, none
	// for everybody. Watched tells that anything was watched at all.
	Agent     event.Agent
	Address   string
	Addresses []string
	Watched   bool
	// Events and Gaps are how many came.
	Events, Gaps int
	// Replayed tells that a range was played up to Newest, and of how many
	// events; the reader did not go live.
	Replayed bool
	Of       int
	// Cursor is where to resume, and Newest when the newest event was.
	Cursor event.Cursor
	Newest time.Time
	// Interrupted tells that it was ended by ctrl-c.
	Interrupted bool
}
