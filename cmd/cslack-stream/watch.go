package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/engine/event/action"
	"cslack-stream/internal/tui"
	"cslack-stream/internal/tui/line"
	"cslack-stream/internal/tui/view"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// watchOptions are the flags of watch as they were typed: those of tail, and
// what only a screen has.
type watchOptions struct {
	tailOptions
	screenFlags
	everything bool
	as         string
}

const watchLong = `watch shows live, on the whole terminal, what an agent sees: who says what to
whom, and whether the picture is complete. With several agents a column says
who of them sees what. Without an agent it asks which one; --everything does
not ask. It begins with the last 500 events; h loads older ones. space pauses,
enter inspects, / filters, ? shows every key. With --as AGENT, i writes a
message as that agent; without it nothing can be written. No server is needed:
with none running it opens the database, which looking never changes. Where the
output is no terminal it does what tail does.`

const watchExample = `  cslack-stream watch                        choose an agent
  cslack-stream watch alice
  cslack-stream watch alice bob              both, side by side
  cslack-stream watch --everything           what all agents say
  cslack-stream watch alice -q 'is:mention'
  cslack-stream watch alice -q 'is:waiting'  what alice was not seen checking
  cslack-stream watch alice --as bob         i writes messages as bob
  cslack-stream watch alice --plain          lines, for screen readers`

// newWatchCommand makes the command that shows events live on a screen.
func newWatchCommand(env *environment) *cobra.Command {
	var o watchOptions
	cmd := &cobra.Command{
		Use:     "watch [AGENT...]",
		Short:   "Watch what an agent sees, live, on the whole terminal",
		Long:    watchLong,
		Example: watchExample,
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.run(cmd.Context(), env, cmd.Flags(), args)
		},
	}
	flags := cmd.Flags()
	addTailStart(flags, &o.tailOptions)
	addTailFilters(flags, &o.tailOptions)
	addTailOutput(flags, &o.tailOptions)
	flags.Lookup("last").DefValue = fmt.Sprintf("%d, with lines %d", tui.DefaultLast, defaultLast)
	flags.BoolVar(&o.everything, "everything", false, "begin with everything that happens, the operator's view, and ask for no agent")
	groupFlags(flags, "From when to when", "everything")
	flags.StringVar(&o.as, "as", "", "let i write messages as this agent: `NAME[@PROJECT]`")
	groupFlags(flags, "Writing", "as")
	o.screenFlags.add(flags)
	o.source.add(flags)
	flags.BoolVar(&o.noReconnect, "no-reconnect", false, "with lines: exit with 4 when the stream is lost, instead of going on with it")
	groupFlags(flags, "Where from", "no-reconnect")
	flags.SetNormalizeFunc(watchAliases)
	completeTail(env, cmd, &o.tailOptions)
	_ = cmd.RegisterFlagCompletionFunc("as", completeAgents(env, &o.source))
	_ = cmd.RegisterFlagCompletionFunc("theme", cobra.FixedCompletions([]cobra.Completion{"ansi", "none"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// watchAliases are those of tail, and the operator's own word for everything.
func watchAliases(flags *pflag.FlagSet, name string) pflag.NormalizedName {
	if name == "operator" {
		name = "everything"
	}
	return tailAliases(flags, name)
}

// lineFlags are the flags that only make sense for lines: who gives one wants
// lines.
var lineFlags = []string{"output", "template", "template-file", "count", "timeout", "until", "no-follow", "raw", "no-control", "no-reconnect", "highlight"}

// run shows the screen, or lines where there is none.
func (o *watchOptions) run(ctx context.Context, env *environment, flags *pflag.FlagSet, args []string) error {
	lines := o.plain || !env.hasScreen() || slices.ContainsFunc(lineFlags, flags.Changed)
	c, err := env.loadConfig(o.config)
	if err != nil {
		return err
	}
	theme, err := o.pickTheme(env, flags, o.color, c.Theme)
	if err != nil {
		return err
	}
	if !lines && !flags.Changed("last") {
		o.last = tui.DefaultLast
	}
	plan, err := planTail(env, o.tailOptions, flags, args)
	if err != nil {
		return err
	}
	if o.everything && len(plan.agents) > 0 {
		return usageError("--everything and %s both say whose stream: give one", quoted(plan.agents[0]))
	}
	if lines && o.as != "" {
		return usageError("--as %s writes from the screen, and this shows lines: use cslack-stream send", quoted(o.as))
	}
	if lines {
		plan.noStatus = plan.noStatus || o.plain
		return runTail(ctx, env, plan)
	}
	plan.as = o.as
	plan.ask = len(plan.agents) == 0 && !o.everything
	return runWatch(ctx, env, plan, theme, c.Keys)
}

// watchGC is how much garbage there may be for what is held, in percent.
const watchGC = 40

// hasScreen tells whether there is a terminal to draw on, and a person at it.
func (env *environment) hasScreen() bool {
	return env.IsTerminal(env.Stdout) && env.IsTerminal(env.Stdin) && env.Getenv("TERM") != "dumb"
}

// runWatch shows the screen until the reader has enough.
func runWatch(ctx context.Context, env *environment, plan *tailPlan, theme view.Theme, keys map[string][]string) error {
	ctx, stopSignals := env.Signals(ctx)
	defer stopSignals()
	ctx, stopHangup := onTerminalHangup(ctx)
	defer stopHangup()
	// The view itself connects again, so that it can say what happens.
	plan.source.noReconnect = true
	t := &tailer{env: env, plan: plan}
	source, err := env.Open(ctx, env, plan.source)
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
	if err := rebind(&options, keys); err != nil {
		return err
	}
	if env.Getenv("GOGC") == "" {
		// What is held all day should not take twice its room.
		debug.SetGCPercent(watchGC)
	}
	if plan.tailOptions.record != "" {
		finish, err := t.recordScreen(&options)
		if err != nil {
			return t.end(ctx, err)
		}
		defer finish()
	}
	summary, err := tui.Run(ctx, options)
	return t.endWatch(ctx, summary, err)
}

// watchPlan finds out what the names in the plan mean in this workspace.
func watchPlan(ctx context.Context, env *environment, t *tailer) (tui.Options, error) {
	plan, source := t.plan, t.source
	infos, err := source.Agents(ctx)
	if err != nil && (len(plan.agents) > 0 || !errors.Is(err, event.ErrForbidden)) {
		return tui.Options{}, err
	}
	if err := t.setView(infos); err != nil {
		return tui.Options{}, err
	}
	channels, err := t.findChannels(ctx)
	if err != nil {
		return tui.Options{}, err
	}
	o := tui.Options{
		Source: source.Source, Agents: source.Agents, Channels: source.Channels, Why: source.Why, Mode: source.Mode, Where: source.Where, Trouble: source.Trouble,
		Request: plan.request(t.agents, channels), Pick: plan.ask, Infos: infos, LastActive: lastActiveOf,
		Last: plan.last, Query: plan.query, Admit: plan.admits,
		Clock: plan.printer.Clock, Location: plan.printer.Location, Now: env.Now, In: env.Stdin, Out: env.Stdout, Environ: os.Environ(),
	}
	if env.Paging != nil {
		o.Paging = env.Paging.Store
	}
	if plan.as != "" {
		if o.As, o.Actor, err = t.author(infos); err != nil {
			return tui.Options{}, err
		}
	}
	if memory := env.remember(source.Where); memory != nil {
		o.Memory = memory
	}
	if plan.last == 0 {
		o.Last = -1
	}
	if plan.all {
		o.Last = 1 << 30
	}
	return o, nil
}

// author is as whom the reader writes, and what does it.
func (t *tailer) author(infos []event.AgentInfo) (event.Agent, action.Actor, error) {
	as, err := findAgent(t.plan.as, infos)
	if err == nil && t.source.Actor == nil {
		err = errors.New("this database can only be looked at: watch it without --as")
	}
	return as, t.source.Actor, err
}

// admits tells whether the flags that are no query let r through.
func (p *tailPlan) admits(r *line.Record) bool {
	matches := func(re interface{ MatchString(string) bool }) bool { return re.MatchString(r.Text) }
	if !p.senders.Match(r) {
		return false
	}
	for _, re := range p.exclude {
		if matches(re) {
			return false
		}
	}
	for _, re := range p.include {
		if matches(re) {
			return true
		}
	}
	return len(p.include) == 0
}

// endWatch says what was watched and how to go on, and turns what ended the
// view into what ends the program.
func (t *tailer) endWatch(ctx context.Context, s tui.Summary, err error) error {
	if err != nil && !errors.Is(context.Cause(ctx), errTerminalGone) {
		return err
	}
	if s.Watched && t.env.IsTerminal(t.env.Stderr) && ctx.Err() == nil {
		if s.Replayed {
			t.sayReplayed(s)
		} else {
			t.sayWatched(s)
		}
	}
	var stopped *signalError
	switch {
	case errors.As(context.Cause(ctx), &stopped):
		return &exitError{code: stopped.exitCode()}
	case s.Interrupted:
		return &exitError{code: exitInterrupted}
	}
	return nil
}

// sayWatched says in one line what was watched, and the command that goes on
// from there.
func (t *tailer) sayWatched(s tui.Summary) {
	command := []string{"cslack-stream watch"}
	for _, address := range s.Addresses {
		command = append(command, agentWord(address))
	}
	what := plural(s.Events, "event")
	if s.Gaps > 0 {
		what += ", " + plural(s.Gaps, "gap")
	}
	t.say("watched %s, %s, resume: %s", s.Address, what, strings.Join(command, " ")+t.from(s))
}

// from is the flag that goes on where the view was; empty if nothing was seen.
func (t *tailer) from(s tui.Summary) string {
	switch {
	case !t.source.Ephemeral && !s.Cursor.IsZero():
		return " --since-id " + s.Cursor.String()
	case !s.Newest.IsZero():
		return " --since " + s.Newest.UTC().Format(event.TimeFormat)
	}
	return ""
}

// lastActiveOf is when an agent was last active, as far as the host knows.
func lastActiveOf(i event.AgentInfo) (time.Time, bool) { return claudeslack.Time(i.LastActive) }
