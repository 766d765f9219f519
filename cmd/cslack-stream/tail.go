package main

import (
	"strings"
	"time"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/tui/line"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// tailOptions are the flags of tail as they were typed.
type tailOptions struct {
	source sourceFlags
	agents []string

	since, until, sinceID string
	last                  int
	all, noFollow         bool
	count                 int
	timeout               time.Duration

	types, channels, from       []string
	query                       string
	include, exclude, highlight []string

	output, template, templateFile string
	clock, timezone, color         string
	utc, raw                       bool
	noControl, noReconnect, quiet  bool
	noStatus                       bool
	record                         string
}

// defaultLast is how many events tail shows before it follows.
const defaultLast = 10

const tailLong = `tail shows the events that an agent sees, one a line: aligned for eyes on a
terminal, tab separated in a pipe (time, id, type, where, who, text), or as
JSON. It shows the last 10 and then what happens. Without an agent it shows
everything; with several, what any of them sees, and on a terminal who of
them does. No server is needed: with none running it opens the database, and
never changes it. What is not data goes to standard error.`

const tailExample = `  cslack-stream tail alice
  cslack-stream tail alice bob -q only:bob   what bob sees and alice does not
  cslack-stream tail alice -o json | jq 'select(.addressed)'
  cslack-stream tail alice --since today --no-follow -q 'from:bob "retry"'
  cslack-stream tail alice -n 0 -q is:dm --count 1 --timeout 5m && echo "somebody wrote"`

// newTailCommand makes the command that shows events as lines.
func newTailCommand(env *environment) *cobra.Command {
	var o tailOptions
	cmd := &cobra.Command{
		Use:     "tail [AGENT...]",
		Short:   "Show what an agent sees, as lines, live",
		Long:    tailLong,
		Example: tailExample,
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			plan, err := planTail(env, o, cmd.Flags(), args)
			if err != nil {
				return err
			}
			return runTail(cmd.Context(), env, plan)
		},
	}
	flags := cmd.Flags()
	addTailStart(flags, &o)
	addTailFilters(flags, &o)
	addTailOutput(flags, &o)
	o.source.add(flags)
	flags.BoolVar(&o.noReconnect, "no-reconnect", false, "exit with 4 when the stream is lost, instead of going on with it")
	groupFlags(flags, "Where from", "no-reconnect")
	flags.SetNormalizeFunc(tailAliases)
	completeTail(env, cmd, &o)
	return cmd
}

// tailAliases are the names that other tools give to -n.
func tailAliases(_ *pflag.FlagSet, name string) pflag.NormalizedName {
	switch name {
	case "tail", "lines", "limit":
		name = "last"
	}
	return pflag.NormalizedName(name)
}

func addTailStart(flags *pflag.FlagSet, o *tailOptions) {
	flags.StringArrayVarP(&o.agents, "agent", "a", nil, "whose stream: `NAME[@PROJECT]`, also without --agent (several: all of theirs)")
	flags.IntVarP(&o.last, "last", "n", defaultLast, "start with the last `N` events")
	flags.StringVar(&o.since, "since", "", "start at this `TIME`: 10m, 1d2h, 14:00, yesterday, 2006-01-02 15:04, RFC 3339")
	flags.StringVar(&o.sinceID, "since-id", "", "start behind the event with this `ID`")
	flags.BoolVar(&o.all, "all", false, "start with the oldest event that is retained")
	flags.StringVar(&o.until, "until", "", "stop at this `TIME`")
	flags.BoolVar(&o.noFollow, "no-follow", false, "stop at the newest event")
	flags.IntVar(&o.count, "count", 0, "stop after `N` lines")
	flags.DurationVar(&o.timeout, "timeout", 0, "exit with 124 when no line came for this `DURATION`: 30s, 5m")
	groupFlags(flags, "From when to when", "agent", "last", "since", "since-id", "all", "until", "no-follow", "count", "timeout")
}

func addTailFilters(flags *pflag.FlagSet, o *tailOptions) {
	flags.StringSliceVar(&o.types, "type", nil, "only these `TYPE`s: message.new, message.*")
	flags.StringSliceVar(&o.channels, "channel", nil, "only these channels: `NAME`, @agent, ~notes, or id")
	flags.StringSliceVar(&o.from, "from", nil, "only what these agents did: `NAME[@PROJECT]`")
	flags.StringVarP(&o.query, "query", "q", "", "only what this `QUERY` matches: word \"a phrase\" /regexp/ from: in: to: seen: only: type: is: thread: meta.KEY: conf: since: before:")
	flags.StringArrayVarP(&o.include, "include", "i", nil, "only texts that match this `REGEXP` (several: any of them)")
	flags.StringArrayVarP(&o.exclude, "exclude", "e", nil, "no texts that match this `REGEXP`")
	flags.StringArrayVarP(&o.highlight, "highlight", "H", nil, "mark what matches this `REGEXP`")
	groupFlags(flags, "Which", "type", "channel", "from", "query", "include", "exclude", "highlight")
}

func addTailOutput(flags *pflag.FlagSet, o *tailOptions) {
	flags.StringVarP(&o.output, "output", "o", "", "`FORMAT`: text, json (or jsonl: one object a line), raw (content only), template")
	flags.StringVar(&o.template, "template", "", "a Go `TEMPLATE`: '{{time \"15:04\" .Time}} {{.Sender}}: {{.Text | trunc 60}}'")
	flags.StringVar(&o.templateFile, "template-file", "", "a `FILE` with the template")
	flags.StringVar(&o.clock, "time", "", "`HOW` times are shown: clock, iso, relative, delta or none")
	flags.BoolVar(&o.utc, "utc", false, "show and read times in UTC")
	flags.StringVar(&o.timezone, "timezone", "", "show and read times in this `ZONE`, for example Europe/Berlin")
	flags.StringVar(&o.color, "color", "auto", "`WHEN` to use colour: auto, always or never ($NO_COLOR, $CLICOLOR, $CLICOLOR_FORCE)")
	flags.BoolVar(&o.raw, "raw", false, "do not make control characters harmless (never in JSON)")
	flags.BoolVar(&o.noControl, "no-control", false, "no stream.gap and stream.live objects in JSON")
	flags.BoolVar(&o.quiet, "quiet", false, "nothing but errors on standard error")
	flags.BoolVar(&o.noStatus, "no-status", false, "no line with the state of the stream below the lines on a terminal")
	flags.StringVar(&o.record, "record", "", "also write what is shown to this new `FILE`: cslack-stream replay FILE shows it again")
	groupFlags(flags, "How it looks", "record", "output", "template", "template-file", "time", "utc", "timezone", "color", "raw", "no-control", "quiet", "no-status")
}

// completeTail registers what the shell can complete.
func completeTail(env *environment, cmd *cobra.Command, o *tailOptions) {
	agents := completeAgents(env, &o.source)
	channels := completeChannels(env, &o.source)
	cmd.ValidArgsFunction = func(c *cobra.Command, args []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args)+len(o.agents) >= line.MaxSeveral {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return agents(c, args, word)
	}
	for name, complete := range map[string]cobra.CompletionFunc{
		"agent": agents, "from": agents, "channel": channels, "type": completeTypes,
		"output": cobra.FixedCompletions([]cobra.Completion{"text", "json", "raw", "template"}, cobra.ShellCompDirectiveNoFileComp),
		"color":  cobra.FixedCompletions([]cobra.Completion{"auto", "always", "never"}, cobra.ShellCompDirectiveNoFileComp),
		"time":   completeClocks,
	} {
		_ = cmd.RegisterFlagCompletionFunc(name, complete)
	}
}

func completeClocks(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var out []cobra.Completion
	for _, c := range line.Clocks {
		out = append(out, string(c))
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

// completeTypes offers the types of events, and the groups of them.
func completeTypes(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var out []cobra.Completion
	groups := make(map[string]bool)
	for _, t := range event.Types {
		entity, _, _ := strings.Cut(string(t), ".")
		if g := entity + ".*"; !groups[g] {
			groups[g] = true
			out = append(out, cobra.CompletionWithDesc(g, "everything about "+entityNames[entity]))
		}
		out = append(out, cobra.CompletionWithDesc(string(t), typeNames[t]))
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

var entityNames = map[string]string{
	"message": "messages", "channel": "channels and their members", "agent": "agents", "dm": "direct messages",
	"note": "notes", "project": "projects", "config": "configuration",
}

var typeNames = map[event.Type]string{
	event.MessageNew:         "a message was posted",
	event.MessageEdited:      "a message was edited",
	event.MessageDeleted:     "a message was deleted",
	event.ChannelCreated:     "a channel was created",
	event.ChannelUpdated:     "a channel was changed",
	event.ChannelArchived:    "a channel was archived",
	event.MemberJoined:       "an agent joined a channel",
	event.MemberLeft:         "an agent left a channel",
	event.AgentRegistered:    "an agent appeared for the first time",
	event.AgentStatusChanged: "an agent's status changed",
	event.AgentChecked:       "an agent was seen checking its messages",
	event.DMChannelCreated:   "two agents opened a direct channel",
	event.DMReceived:         "a direct message arrived",
	event.NoteCreated:        "an agent wrote a note",
	event.NoteTagged:         "a note was tagged",
	event.ProjectLinked:      "two projects were linked",
	event.ConfigUpdated:      "the configuration was applied",
}
