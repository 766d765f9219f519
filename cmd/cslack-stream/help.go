package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// groupKey annotates a flag with the heading that help lists it under.
const groupKey = "cslack-stream-group"

// groupFlags lists the flags named under a heading in help.
func groupFlags(flags *pflag.FlagSet, heading string, names ...string) {
	for _, name := range names {
		// The only error is a name that does not exist, which tests find.
		_ = flags.SetAnnotation(name, groupKey, []string{heading})
	}
}

// helpText is what --help says: what a command does, examples, and only then
// flags, so that the first screen is enough for most. children are the
// commands to list, in this order.
func helpText(cmd *cobra.Command, children []*cobra.Command, env *environment) string {
	var b strings.Builder
	about := cmd.Long
	if about == "" {
		about = cmd.Short + "."
	}
	fmt.Fprintf(&b, "%s\n", strings.TrimSpace(about))
	if cmd.Runnable() {
		fmt.Fprintf(&b, "\nUsage: %s\n", cmd.UseLine())
	}
	if cmd.Example != "" {
		fmt.Fprintf(&b, "\nExamples:\n%s\n", cmd.Example)
	}
	if cmd.HasAvailableSubCommands() {
		b.WriteString("\nCommands:\n")
		for _, c := range children {
			if c.IsAvailableCommand() {
				fmt.Fprintf(&b, "  %-12s %s\n", c.Name(), c.Short)
			}
		}
	}
	b.WriteString(flagHelp(cmd))
	if usedByAgent(env) {
		b.WriteString(agentGuidance)
	}
	return b.String()
}

// flagHelp lists the flags under their headings, those without one last.
func flagHelp(cmd *cobra.Command) string {
	var headings []string
	groups := make(map[string]*pflag.FlagSet)
	cmd.Flags().SortFlags = false
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		heading := ""
		if g := f.Annotations[groupKey]; len(g) > 0 {
			heading = g[0]
		}
		if groups[heading] == nil {
			groups[heading] = pflag.NewFlagSet("", pflag.ContinueOnError)
			groups[heading].SortFlags = false
			if heading != "" {
				headings = append(headings, heading)
			}
		}
		groups[heading].AddFlag(f)
	})
	var b strings.Builder
	for _, heading := range append(headings, "") {
		g := groups[heading]
		if g == nil || !g.HasAvailableFlags() {
			continue
		}
		if heading == "" {
			heading = "Other"
			if len(headings) == 0 {
				heading = "Flags"
			}
		}
		fmt.Fprintf(&b, "\n%s:\n%s", heading, g.FlagUsages())
	}
	return b.String()
}

// usedByAgent tells whether an AI agent reads the help.
func usedByAgent(env *environment) bool {
	for _, name := range []string{"CLAUDECODE", "AI_AGENT", "CURSOR_AGENT", "GEMINI_CLI", "CODEX_SANDBOX"} {
		if v := env.Getenv(name); v != "" && v != "0" {
			return true
		}
	}
	return false
}

const agentGuidance = `
[Agent guidance]
  Read what was said:   cslack-stream tail NAME -o json --no-follow -n 50
  Wait for an answer:   cslack-stream tail NAME -o json -n 0 --count 1 --timeout 60s -q 'is:dm from:bob'
  Go on where you were: pass the "id" of the last event you saw to --since-id
  Never use watch: it needs a person at a terminal. Do not follow without --count or --timeout.
  A line of type stream.gap says that events are missing. Exit codes: cslack-stream help exit-codes
`

// newExitCodesTopic is a help topic, not a command.
func newExitCodesTopic() *cobra.Command {
	return &cobra.Command{
		Use:    "exit-codes",
		Short:  "What the exit codes mean",
		Hidden: true,
		Long: `Exit codes of cslack-stream

  0    done
  1    failed
  2    wrong usage: a flag, a filter, a time, a template
  3    not found: no database, no such agent or channel
  4    the stream was lost, and --no-reconnect was given
  124  --timeout passed
  130  interrupted by ctrl-c
  143  terminated

What went wrong is said in one line on standard error.`,
	}
}
