package main

import (
	"context"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"cslack-stream/internal/tui"
	"cslack-stream/internal/tui/query"
	"cslack-stream/internal/tui/view"

	"github.com/spf13/pflag"
)

// replayLineFlags are the flags of replay that only make sense for lines.
var replayLineFlags = []string{"output", "template", "template-file", "count", "raw", "no-control", "highlight", "record", "to-db"}

// screenSpeed is how fast a screen plays at first.
const screenSpeed = 10

// hasScreen tells whether the range is to be shown on a screen.
func (o *replayOptions) hasScreen(env *environment, flags *pflag.FlagSet) bool {
	return !o.plain && env.hasScreen() && !slices.ContainsFunc(replayLineFlags, flags.Changed)
}

// runReplayScreen shows the range with a playhead until the reader has enough.
func runReplayScreen(ctx context.Context, env *environment, plan *replayPlan, theme view.Theme, keys map[string][]string) error {
	ctx, stopSignals := env.Signals(ctx)
	defer stopSignals()
	ctx, stopHangup := onTerminalHangup(ctx)
	defer stopHangup()
	plan.source.noReconnect = true // the view itself connects again
	t := &tailer{env: env, plan: plan.tailPlan, again: plan.again()}
	source, err := openReplay(ctx, env, plan)
	if err != nil {
		return t.end(ctx, err)
	}
	defer source.close()
	t.source = source
	options, err := watchPlan(ctx, env, t)
	if err != nil {
		return t.end(ctx, err)
	}
	options.Theme = theme
	options.Replay = &tui.Replay{Pace: plan.pace, At: plan.at, Derived: source.Derived, Live: source.Mode == modeLive || source.Mode == modeDirect}
	if err := rebind(&options, keys); err != nil {
		return err
	}
	if env.Getenv("GOGC") == "" {
		debug.SetGCPercent(watchGC)
	}
	for _, note := range source.Notes {
		t.say("%s", note)
	}
	summary, err := tui.Run(ctx, options)
	if !summary.Replayed {
		t.again = ""
	}
	return t.endWatch(ctx, summary, err)
}

// sayReplayed says in one line how far it was played, and the command that
// goes on from there.
func (t *tailer) sayReplayed(s tui.Summary) {
	command := []string{t.again}
	for _, address := range s.Addresses {
		command = append(command, "--agent", shellWord(address))
	}
	t.say("replayed %s, event %d of %d, go on: %s", s.Address, s.Events, s.Of, strings.Join(command, " ")+t.from(s))
}

// moment checks the time of --at against the range.
func (o *replayOptions) moment(env *environment, p *replayPlan, flags *pflag.FlagSet) (at time.Time, err error) {
	if !flags.Changed("at") {
		return at, nil
	}
	loc := p.printer.Location
	if at, err = query.ParseTime(o.at, env.Now(), loc); err != nil {
		return at, usageError("--at: %w", err)
	}
	switch {
	case at.After(env.Now()):
		return at, usageError("--at %s is in the future: it is %s now", quoted(o.at), env.Now().In(loc).Format("2006-01-02 15:04:05 MST"))
	case !p.sinceTime.IsZero() && at.Before(p.sinceTime):
		return at, usageError("--at %s is before --since %s: it is not in the range", quoted(o.at), quoted(o.since))
	case !p.untilTime.IsZero() && at.After(p.untilTime):
		return at, usageError("--at %s is after --until %s: it is not in the range", quoted(o.at), quoted(o.until))
	}
	return at, nil
}
