package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/tui"
	"cslack-stream/internal/tui/line"
)

// tailer prints one stream. All of it runs in one goroutine.
type tailer struct {
	env     *environment
	plan    *tailPlan
	source  *attachment
	agents  []event.Agent // whose stream it is; none: everything
	view    line.View
	printer *line.Printer
	fold    line.Fold
	request event.Request
	saying  sync.Mutex  // connections say things too
	status  *tui.Status // below the lines; nil if it is not shown
	infos   []event.AgentInfo
	opened  bool // the source has answered once: what fails later may pass
	tape    *recorder
	plain   bool            // every event is a line of JSON
	again   string          // the command that goes on, if it is not tail
	only    *event.Audience // of view.Agent; nil until asked for

	out     []byte       // lines of the batch that is being printed
	printed int          // lines, all in all
	idle    time.Time    // since when nothing was printed
	cursor  event.Cursor // everything up to here was printed or is not for us
	newest  time.Time    // when the newest event printed was committed
}

// runTail prints what plan asks for until it ends or is ended.
func runTail(ctx context.Context, env *environment, plan *tailPlan) error {
	if plan.query.NeedsWaiting() {
		// When a line is printed its message waits for everybody.
		return usageError("--query: is:waiting is known in watch only, whose screen changes when an agent is seen checking its messages")
	}
	ctx, stopSignals := env.Signals(ctx)
	defer stopSignals()
	ctx, stopHangup := onHangup(ctx, env.Stdout)
	defer stopHangup()
	t := &tailer{env: env, plan: plan, idle: time.Now()}
	stopStatus := t.startStatus(ctx)
	defer stopStatus()
	if t.status != nil {
		// To die at once would leave the status there.
		var stopTerminal func()
		ctx, stopTerminal = onTerminalHangup(ctx)
		defer stopTerminal()
	}
	plan.source.notify = func(line string) { t.say("%s", line) }
	source, err := env.Open(ctx, env, plan.source)
	if err == nil {
		defer source.close()
		t.source = source
		if err = t.prepare(ctx); err == nil {
			err = t.run(ctx)
			t.tape.finish(t.cursor)
		}
	}
	stopStatus()
	return t.end(ctx, err)
}

// prepare finds out what the names in the plan mean in this workspace.
func (t *tailer) prepare(ctx context.Context) error {
	infos, err := t.source.Agents(ctx)
	if err != nil && (len(t.plan.agents) > 0 || !errors.Is(err, event.ErrForbidden)) {
		return err
	}
	t.infos = infos
	if err := t.setView(infos); err != nil {
		return err
	}
	channels, err := t.findChannels(ctx)
	if err != nil {
		return err
	}
	t.request = t.plan.request(t.agents, channels)
	if t.printer, err = line.NewPrinter(t.plan.printer); err != nil {
		return err
	}
	t.plain = t.plan.printer.Format == line.FormatJSON && !t.plan.narrows() && t.plan.count == 0
	if err := t.startRecording(); err != nil {
		return err
	}
	t.introduce()
	return nil
}

// introduce says whose stream this is, where it comes from, and what it
// shows.
func (t *tailer) introduce() {
	for _, note := range t.source.Notes {
		t.say("%s", note)
	}
	who, watched := "everything (the operator's view; --agent NAME shows what one agent sees)", "everything"
	if len(t.agents) > 0 {
		who = strings.Join(t.addresses(), " + ")
		watched = who
	}
	what := fmt.Sprintf("last %d", t.plan.last)
	switch {
	case !t.plan.at.IsZero():
		what = "as it was at " + t.plan.at.In(t.plan.printer.Location).Format("2006-01-02 15:04:05 -07:00")
	case t.plan.all:
		what = "all that is retained"
	case !t.plan.sinceTime.IsZero():
		what = "since " + t.plan.sinceTime.In(t.plan.printer.Location).Format("2006-01-02 15:04:05 -07:00")
	case !t.plan.after.IsZero():
		what = "behind " + t.plan.after.String()
	}
	if t.follows() {
		what += " then following; ctrl-c stops"
	}
	where := t.source.Mode
	if t.source.Where != "" {
		where += " on " + t.source.Where
	}
	t.say("%s, %s, %s", who, where, what)
	if t.plan.printer.Terminal && t.plan.printer.Format == line.FormatText && t.view.Several != nil {
		t.say("who sees it: %s", t.view.Several.Legend())
	}
	t.status.Attach(watched, t.source.Mode)
}

// run prints what is there, and then what comes.
func (t *tailer) run(ctx context.Context) error {
	t.request.Follow = false
	if err := t.past(ctx); err != nil {
		return err
	}
	if !t.follows() {
		if t.printed == 0 {
			t.say("no events to show; --since, --all or fewer filters may show some")
		}
		return nil
	}
	if t.controls() {
		if err := t.write(line.AppendLive(nil)); err != nil {
			return err
		}
	}
	if t.request.Follow = true; !t.cursor.IsZero() {
		t.request.After, t.request.Since = t.cursor, time.Time{}
	}
	return t.read(ctx)
}

// past prints the events that were there when tail began.
func (t *tailer) past(ctx context.Context) error {
	if t.plan.after.IsZero() && t.plan.sinceTime.IsZero() && !t.plan.all {
		return t.printLast(ctx, t.plan.last)
	}
	return t.read(ctx)
}

// follows tells whether tail goes on behind the newest event.
func (t *tailer) follows() bool {
	return !t.plan.noFollow && (t.plan.untilTime.IsZero() || t.plan.untilTime.After(t.env.Now()))
}

// controls tells whether control objects are part of the output.
func (t *tailer) controls() bool {
	return t.plan.printer.Format == line.FormatJSON && !t.plan.noControl
}

// next waits for events no longer than --timeout and --until allow.
func (t *tailer) next(ctx context.Context, s event.Stream) ([]*event.Event, error) {
	waiting := ctx
	if t.plan.timeout > 0 {
		idle, cancel := context.WithDeadlineCause(waiting, t.idle.Add(t.plan.timeout), errIdle)
		defer cancel()
		waiting = idle
	}
	if until := t.plan.untilTime; !until.IsZero() && t.request.Follow {
		bounded, cancel := context.WithTimeoutCause(waiting, until.Sub(t.env.Now()), errUntil)
		defer cancel()
		waiting = bounded
	}
	events, err := s.Next(waiting)
	t.cursor = s.Cursor()
	if err != nil && waiting.Err() != nil {
		return nil, context.Cause(waiting)
	}
	return events, err
}

// print prints those of the events that the filters let through, in one
// write.
func (t *tailer) print(events []*event.Event) error {
	if t.plain {
		return t.printPlain(events)
	}
	var records []*line.Record
	for _, e := range events {
		if r := t.record(e); r != nil {
			records = append(records, r)
		}
	}
	return t.printRecords(records)
}

// printPlain prints events as JSON without putting them into words first.
func (t *tailer) printPlain(events []*event.Event) error {
	t.out = t.out[:0]
	for _, e := range events {
		t.view.Names.Learn(e)
		t.out = t.view.AppendJSON(t.out, e)
	}
	if n := len(events); n > 0 {
		t.printed += n
		t.newest = events[n-1].CreatedAt
	}
	t.tape.events(events)
	return t.write(t.out)
}

// record is e in words; nil if it is not to be shown.
func (t *tailer) record(e *event.Event) *line.Record {
	t.view.Names.Learn(e)
	r := t.view.Record(e)
	p := t.plan
	matches := func(re *regexp.Regexp) bool { return re.MatchString(r.Text) }
	if !p.senders.Match(r) || !p.query.Match(r) ||
		len(p.include) > 0 && !slices.ContainsFunc(p.include, matches) || slices.ContainsFunc(p.exclude, matches) {
		return nil
	}
	if p.printer.Format == line.FormatRaw && !r.HasContent() || p.foldsRepeats && t.fold.Hides(r) {
		return nil
	}
	return r
}

func (t *tailer) printRecords(records []*line.Record) error {
	t.printer.Widen(records)
	t.out = t.out[:0]
	var shown []*event.Event // for the recording
	defer func() { t.tape.events(shown) }()
	for _, r := range records {
		n := len(t.out)
		var err error
		if t.out, err = t.printer.Append(t.out, r); err != nil {
			t.complain("%v", err)
		}
		if len(t.out) == n {
			continue
		}
		t.printed++
		t.status.Count(r.Time(), !t.request.Follow || r.Event.Backfilled)
		t.newest = r.Time()
		if t.tape != nil {
			shown = append(shown, r.Event)
		}
		if t.plan.count > 0 && t.printed == t.plan.count {
			t.cursor = r.Event.Cursor
			return errors.Join(t.write(t.out), errCount)
		}
	}
	return t.write(t.out)
}

// write writes whole lines.
func (t *tailer) write(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	t.idle = time.Now()
	if _, err := t.stdout().Write(b); err != nil {
		return &writeError{err}
	}
	return nil
}

// writeError means that lines could not be written. Asking for the stream
// again does not help.
type writeError struct{ err error }

func (e *writeError) Error() string { return "write lines: " + e.err.Error() }
func (e *writeError) Unwrap() error { return e.err }
