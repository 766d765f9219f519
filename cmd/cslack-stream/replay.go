package main

import (
	"context"
	"errors"
	"runtime/debug"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/replay"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// replayOptions are the flags of replay as they were typed: those of tail that
// make sense for the past, and how fast it is played.
type replayOptions struct {
	tailOptions
	screenFlags
	at      string
	speed   string
	maxIdle time.Duration
	toDB    string
	archive bool
}

// defaultMaxIdle is how long a quiet stretch takes at most.
const defaultMaxIdle = 2 * time.Second

const replayLong = `replay shows past events again: from the database's event log, from a server,
or from a recording that --record made. On a terminal it has the screen of
watch, with a playhead: space plays and pauses, left and right step, + and -
change the speed, T jumps to a time, L goes live, ? shows every key. Elsewhere,
and with --plain, it prints lines as fast as they can be read, with --speed at a
pace. It ends at --until or the newest event that is there. Without --agent it
shows everything, as an operator sees it. What an agent is shown is what it
could see at that time; --at shows its channels, who was in them, and their
newest messages as they were then.`

const replayExample = `  cslack-stream replay --since 1h --agent alice
  cslack-stream replay --since 14:00 --until 14:30 --speed 2
  cslack-stream replay --at 14:02 --agent alice
  cslack-stream replay --at 14:02 --agent alice -o json | jq .channels
  cslack-stream replay --since 1d -o json | jq -r .type | sort | uniq -c
  cslack-stream tail alice --record it.ndjson; cslack-stream replay it.ndjson
  cslack-stream replay --since 1d --to-db incident.db; cslack-stream replay incident.db`

// newReplayCommand makes the command that shows past events again.
func newReplayCommand(env *environment) *cobra.Command {
	var o replayOptions
	cmd := &cobra.Command{
		Use:     "replay [FILE]",
		Short:   "Show past events again, at their own pace or another",
		Long:    replayLong,
		Example: replayExample,
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			plan, err := o.plan(env, cmd.Flags(), args)
			if err != nil {
				return err
			}
			if !plan.screen {
				return runReplay(cmd.Context(), env, plan)
			}
			c, err := env.loadConfig(o.config)
			if err != nil {
				return err
			}
			theme, err := o.pickTheme(env, cmd.Flags(), o.color, c.Theme)
			if err != nil {
				return err
			}
			return runReplayScreen(cmd.Context(), env, plan, theme, c.Keys)
		},
	}
	flags := cmd.Flags()
	o.addStart(flags)
	addTailFilters(flags, &o.tailOptions)
	addTailOutput(flags, &o.tailOptions)
	flags.StringVar(&o.toDB, "to-db", "", "copy the events into this new `FILE` instead of showing them; replay FILE reads it")
	groupFlags(flags, "How it looks", "to-db")
	o.screenFlags.add(flags)
	o.source.add(flags)
	flags.BoolVar(&o.archive, "archive", false, "archived events too")
	groupFlags(flags, "Where from", "archive")
	completeTail(env, cmd, &o.tailOptions)
	cmd.ValidArgsFunction = nil // a file
	return cmd
}

func (o *replayOptions) addStart(flags *pflag.FlagSet) {
	flags.StringArrayVarP(&o.agents, "agent", "a", nil, "whose stream: `NAME[@PROJECT]` (several: all of theirs); everything without")
	flags.StringVar(&o.since, "since", "", "start at this `TIME`: 10m, 1d2h, 14:00, yesterday, 2006-01-02 15:04, RFC 3339")
	flags.StringVar(&o.until, "until", "", "stop at this `TIME`")
	flags.StringVar(&o.sinceID, "since-id", "", "start behind the event with this `ID`")
	flags.StringVar(&o.at, "at", "", "what could be seen at this `TIME`; a screen stands there, lines go on up to --until")
	flags.StringVar(&o.speed, "speed", "", "`HOW` many times faster than it happened: 1, 2, 10, 0.5, or max; 10 on a screen, else max")
	flags.DurationVar(&o.maxIdle, "max-idle", defaultMaxIdle, "at a pace, the longest `DURATION` that a quiet stretch takes, 0 for as long as it was")
	flags.BoolVar(&o.noFollow, "no-follow", true, "stop at the newest event: what replay does anyway")
	flags.IntVar(&o.count, "count", 0, "stop after `N` lines")
	groupFlags(flags, "From when to when", "agent", "since", "until", "since-id", "at", "speed", "max-idle", "no-follow", "count")
}

// replayPlan is what replay was asked to do.
type replayPlan struct {
	*tailPlan
	file, toDB string // a recording or an event file to read, and one to make
	pace       replay.Pace
	screen     bool // and not lines
}

// again is the command that plays the same again.
func (p *replayPlan) again() string {
	if p.file != "" {
		return "cslack-stream replay " + shellWord(p.file)
	}
	return "cslack-stream replay"
}

// plan checks everything that was typed.
func (o *replayOptions) plan(env *environment, flags *pflag.FlagSet, args []string) (*replayPlan, error) {
	p := &replayPlan{toDB: o.toDB, screen: o.hasScreen(env, flags)}
	switch {
	case len(args) > 1:
		return nil, usageError("replay reads one file, got %d; for an agent's view give --agent NAME", len(args))
	case len(args) == 1 && args[0] == "":
		return nil, usageError("the file's name is empty: give a recording, or leave it out for the database")
	case len(args) == 1:
		p.file = args[0]
	}
	if p.file != "" && (o.source.db != "" || o.source.server != "" || o.source.direct) {
		return nil, usageError("%s and --db, --server or --direct both say where events come from: give one", quoted(p.file))
	}
	if !o.noFollow {
		return nil, usageError("replay ends at the newest event: tail and watch follow")
	}
	if o.archive && o.source.server != "" {
		return nil, usageError("--archive needs the database: a server does not give archived events")
	}
	if o.toDB != "" && (o.record != "" || flags.Changed("speed")) {
		return nil, usageError("--to-db copies events without showing them: leave --record and --speed out")
	}
	if flags.Changed("at") && (o.toDB != "" || o.record != "") {
		return nil, usageError("--at shows a state, which can not be recorded or copied: leave --record and --to-db out")
	}
	if err := o.setPace(p, flags); err != nil {
		return nil, err
	}
	o.source.archive = o.archive
	o.source.direct = o.source.direct || o.archive
	var err error
	if p.tailPlan, err = planTail(env, o.tailOptions, flags, nil); err != nil {
		return nil, err
	}
	p.all = !p.started
	p.at, err = o.moment(env, p, flags)
	return p, err
}

func (o *replayOptions) setPace(p *replayPlan, flags *pflag.FlagSet) (err error) {
	pace := &p.pace
	switch {
	case o.maxIdle < 0:
		return usageError("--max-idle %v: want a duration such as 2s, or 0", o.maxIdle)
	case !flags.Changed("speed") && p.screen:
		*pace = replay.Pace{Speed: screenSpeed, MaxIdle: o.maxIdle}
		return nil
	case !flags.Changed("speed") && flags.Changed("max-idle"):
		return usageError("--max-idle says how long quiet stretches take at a pace: give --speed too")
	case !flags.Changed("speed"):
		return nil
	}
	if pace.Speed, err = replay.ParseSpeed(o.speed); err != nil {
		return usageError("--%w", err)
	}
	pace.MaxIdle = o.maxIdle
	return nil
}

// replayGC is how much garbage there may be for what is held, in percent.
const replayGC = 400

// runReplay shows what plan asks for, as lines, until it ends or is ended.
func runReplay(ctx context.Context, env *environment, plan *replayPlan) error {
	ctx, stopSignals := env.Signals(ctx)
	defer stopSignals()
	ctx, stopHangup := onHangup(ctx, env.Stdout)
	defer stopHangup()
	if env.Getenv("GOGC") == "" {
		// Little is held, and much passes through.
		debug.SetGCPercent(replayGC)
	}
	t := &tailer{env: env, plan: plan.tailPlan, idle: time.Now(), again: plan.again()}
	plan.source.notify = func(line string) { t.say("%s", line) }
	source, err := openReplay(ctx, env, plan)
	if err != nil {
		return t.end(ctx, err)
	}
	defer source.close()
	t.source = source
	if err = t.prepare(ctx); err == nil {
		err = t.replay(ctx, plan)
	}
	return t.end(ctx, err)
}

// replay does with the events what was asked for.
func (t *tailer) replay(ctx context.Context, plan *replayPlan) error {
	if !plan.at.IsZero() {
		return t.showMoment(ctx, plan)
	}
	t.source.Source = paced{t.source.Source, plan.pace}
	if plan.toDB != "" {
		return t.fork(ctx, plan.toDB)
	}
	err := t.run(ctx)
	t.tape.finish(t.cursor)
	return err
}

// paced is a source whose streams are played at a pace.
type paced struct {
	event.Source
	pace replay.Pace
}

// Subscribe implements event.Source. Without a pace there is nothing to wait
// for, and the next events are read while these are printed.
func (p paced) Subscribe(ctx context.Context, req event.Request) (event.Stream, error) {
	if p.pace.Speed == 0 {
		s, err := p.Source.Subscribe(ctx, req)
		if err != nil {
			return nil, err
		}
		return replay.ReadAhead(ctx, s), nil
	}
	player, err := replay.Play(ctx, p.Source, req, p.pace)
	if err != nil {
		return nil, err // not a stream that is nil
	}
	return player, nil
}

// isBadRecording tells whether a recording can not be read on.
func isBadRecording(err error) bool {
	var bad *replay.LineError
	return errors.As(err, &bad)
}
