package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/tui/text"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// run runs the command that the arguments name, and returns the exit code.
func run(ctx context.Context, env *environment) int {
	root := newRootCommand(env)
	return reportExit(env.Stderr, root.ExecuteContext(ctx))
}

// newRootCommand makes the command line. Errors are returned, not printed.
func newRootCommand(env *environment) *cobra.Command {
	root := &cobra.Command{
		Use:   "cslack-stream",
		Short: "Show, live and exactly, what the agents of a Claude-Slack workspace say to each other",
		Example: `  cslack-stream demo                     a workspace of agents talking: nothing to install
  cslack-stream tail alice               what alice sees, live, as lines
  cslack-stream tail alice -o json       the same for jq and scripts
  cslack-stream agents                   who is there`,
		Args:          cobra.ArbitraryArgs,
		Version:       versionLine(),
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, args[0])
			}
			return introduce(cmd, env)
		},
	}
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetArgs(append([]string{}, env.Args...))
	root.SetIn(env.Stdin)
	root.SetOut(env.Stdout)
	root.SetErr(env.Stderr)
	all := commands(env)
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		children := cmd.Commands() // in the order of the alphabet
		if cmd == root {
			children = all
		}
		fmt.Fprint(env.Stdout, helpText(cmd, children, env))
	})
	root.SetFlagErrorFunc(flagError)
	root.SetHelpCommand(newHelpCommand())
	root.AddCommand(all...)
	return root
}

// introduce is what the program says when nothing was asked of it.
func introduce(cmd *cobra.Command, env *environment) error {
	if err := cmd.Help(); err != nil || !env.IsTerminal(env.Stdout) {
		return err
	}
	path, err := claudeslack.Locate("", env.Getenv, env.Home)
	if err != nil {
		fmt.Fprintf(env.Stdout, "\nNo Claude-Slack database here yet; try: cslack-stream demo\n")
		return nil
	}
	fmt.Fprintf(env.Stdout, "\nFound %s; try: cslack-stream tail\n", text.Line(path))
	return nil
}

// newHelpCommand is cobra's, with our way of refusing.
func newHelpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Say what a command does and takes",
		Args:  cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			found, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return unknownCommand(cmd.Root(), strings.Join(args, " "))
			}
			found.InitDefaultHelpFlag()
			return found.Help()
		},
	}
}

// unknownCommand names the commands that were probably meant.
func unknownCommand(root *cobra.Command, name string) error {
	var names []string
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	if near := text.Nearest(name, names, 2); len(near) > 0 {
		return usageError("unknown command %s, did you mean %s?", quoted(name), strings.Join(near, " or "))
	}
	return usageError("unknown command %s, want one of: %s", quoted(name), strings.Join(names, " "))
}

// flagError says in one line what is wrong with a flag, and what was probably
// meant.
func flagError(cmd *cobra.Command, err error) error {
	var notExist *pflag.NotExistError
	var missing *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.Is(err, pflag.ErrHelp):
		return err
	case errors.As(err, &notExist):
		return unknownFlag(cmd, notExist.GetSpecifiedName())
	case errors.As(err, &missing):
		return usageError("%s needs a value; see: %s --help", flagName(missing.GetSpecifiedName()), cmd.CommandPath())
	case errors.As(err, &invalid):
		f := invalid.GetFlag()
		return usageError("--%s %s: want %s; see: %s --help", f.Name, quoted(invalid.GetValue()), wanted(f), cmd.CommandPath())
	}
	return usageError("%v; see: %s --help", err, cmd.CommandPath())
}

func unknownFlag(cmd *cobra.Command, name string) error {
	// With an unknown command before it, a flag is unknown only because the
	// command is.
	if cmd.Parent() == nil {
		if args := cmd.Flags().Args(); len(args) > 0 {
			return unknownCommand(cmd, args[0])
		}
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, "--"+f.Name)
		}
	})
	if near := text.Nearest("--"+name, names, 1); len(near) > 0 && len(name) > 1 {
		return usageError("unknown flag %s, did you mean %s?", flagName(name), near[0])
	}
	return usageError("unknown flag %s; see: %s --help", flagName(name), cmd.CommandPath())
}

func flagName(name string) string {
	if len(name) == 1 {
		return "-" + text.Line(name)
	}
	return "--" + text.Line(name)
}

// wanted says what values a flag takes.
func wanted(f *pflag.Flag) string {
	switch f.Value.Type() {
	case "int", "int64":
		return "a number"
	case "duration":
		return "a duration such as 30s or 5m"
	case "bool":
		return "true or false"
	}
	return "a " + f.Value.Type()
}
