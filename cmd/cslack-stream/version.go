package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
)

// Set by the linker when a release is built; otherwise what the Go tool noted
// is shown. These are the only variables of the package, because the linker
// can set nothing else.
var (
	version string
	commit  string
	date    string
)

// supportedSchemas are the Claude-Slack schemas that this build knows.
const supportedSchemas = "3.0 to 4.1"

// buildInfo says what build this is.
type buildInfo struct {
	Version string `json:"version"`
	Commit  string `json:"commit"`
	Date    string `json:"date"`
	Go      string `json:"go"`
	OS      string `json:"os"`
	Arch    string `json:"arch"`
	Schemas string `json:"schemas"`
}

func readBuildInfo() buildInfo {
	b := buildInfo{
		Version: version, Commit: commit, Date: date,
		Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH, Schemas: supportedSchemas,
	}
	info, ok := debug.ReadBuildInfo()
	if ok && b.Version == "" {
		b.Version = strings.Trim(info.Main.Version, "()")
	}
	if b.Version == "" {
		b.Version = "devel"
	}
	if !ok {
		return b
	}
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision" && b.Commit == "":
			b.Commit = s.Value
		case s.Key == "vcs.time" && b.Date == "":
			b.Date = s.Value
		}
	}
	return b
}

// versionLine is the build in one line.
func versionLine() string {
	b := readBuildInfo()
	parts := []string{b.Go, b.OS + "/" + b.Arch, "Claude-Slack schemas " + b.Schemas}
	if b.Date != "" {
		parts = append([]string{b.Date}, parts...)
	}
	if b.Commit != "" {
		parts = append([]string{"commit " + b.Commit[:min(len(b.Commit), 12)]}, parts...)
	}
	return fmt.Sprintf("cslack-stream %s (%s)", b.Version, strings.Join(parts, ", "))
}

// newVersionCommand makes the command that says what build this is.
func newVersionCommand(env *environment) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Say which version this is, and which Claude-Slack schemas it knows",
		Example: "  cslack-stream version -o json | jq -r .version",
		Args:    noArgs,
		RunE: func(*cobra.Command, []string) error {
			switch output {
			case "text":
				fmt.Fprintln(env.Stdout, versionLine())
				return nil
			case "json", "jsonl":
				return json.NewEncoder(env.Stdout).Encode(readBuildInfo())
			}
			return usageError("-o %s: want text or json", quoted(output))
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	return cmd
}

// noArgs refuses arguments in one line.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError("%s takes no argument, got %s", cmd.CommandPath(), quoted(args[0]))
	}
	return nil
}
