package main

import (
	"cslack-stream/internal/tui/view"

	"github.com/spf13/pflag"
)

// screenFlags are the flags of commands that have a screen.
type screenFlags struct {
	plain, ascii bool
	theme        string
	config       configFlags
}

// add adds the flags to a command's.
func (o *screenFlags) add(flags *pflag.FlagSet) {
	flags.BoolVar(&o.plain, "plain", false, "show lines as tail does, for screen readers")
	flags.BoolVar(&o.ascii, "ascii", false, "draw with ASCII characters only (the default on the Linux console)")
	flags.StringVar(&o.theme, "theme", "", "`HOW` it looks: ansi (the 16 colours of the terminal) or none")
	groupFlags(flags, "How it looks", "plain", "ascii", "theme")
	o.config.add(flags)
	groupFlags(flags, "How it looks", "config")
}

// pickTheme takes the theme of the flag, or else the configured one; colours
// asked for by --color beat that one.
func (o *screenFlags) pickTheme(env *environment, flags *pflag.FlagSet, when, configured string) (view.Theme, error) {
	t := view.Theme{ASCII: o.ascii || env.Getenv("TERM") == "linux"}
	color, err := env.useColor(when)
	if err != nil {
		return t, err
	}
	switch o.theme {
	case "":
		t.Color = color && (configured != "none" || flags.Changed("color"))
	case "ansi":
		t.Color = true
	case "none":
	default:
		return t, usageError("--theme %s: want ansi or none", quoted(o.theme))
	}
	return t, nil
}
