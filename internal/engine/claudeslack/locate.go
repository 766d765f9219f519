package claudeslack

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Place is one of the places where the host's database is looked for.
type Place struct {
	// Name is how the user says it: a flag, an environment variable, or the
	// default path.
	Name string
	// Path is the database file that the place names; empty if it is not set.
	Path string
	// State says what was found there, for people.
	State string
}

// NotFoundError says that no database was found, and where it was looked for.
type NotFoundError struct{ Places []Place }

// Error says it in one line.
func (e *NotFoundError) Error() string {
	var tried []string
	for _, p := range e.Places {
		if p.Path != "" {
			tried = append(tried, p.Path)
		}
	}
	return fmt.Sprintf("no Claude-Slack database found (looked at %s): give --db PATH, or look around with: cslack-stream demo", strings.Join(tried, ", "))
}

// Expected is where Claude-Slack would create its database; empty if there is
// something else at that place.
func (e *NotFoundError) Expected() string {
	for _, p := range e.Places {
		if p.Path != "" && p.State == absent {
			return p.Path
		} else if p.Path != "" {
			break
		}
	}
	return ""
}

// Block says it as a page for a terminal: what happened, where we looked, and
// what to do.
func (e *NotFoundError) Block() string {
	var b strings.Builder
	b.WriteString("No Claude-Slack database found.\n\nLooked in\n")
	for _, p := range e.Places {
		name := p.Name
		if p.Path != "" && !strings.HasPrefix(p.Name, "~") {
			name += "  " + p.Path
		}
		fmt.Fprintf(&b, "  %-60s  %s\n", name, p.State)
	}
	b.WriteString("\nIf Claude-Slack is not installed yet:   npx claude-slack\n")
	b.WriteString("If it lives elsewhere:                  give --db PATH\n")
	b.WriteString("To look around without one:             cslack-stream demo\n")
	return b.String()
}

// databaseName is the file's name in the host's data directory.
const databaseName = "claude-slack.db"

// Locate returns the path of the host's database: the first of flag,
// CLAUDE_SLACK_DB_PATH, CLAUDE_SLACK_DIR, CLAUDE_CONFIG_DIR and the default
// below home that names an existing file. A file that flag or
// CLAUDE_SLACK_DB_PATH name must exist. The error is a *NotFoundError.
//
// Symbolic links are resolved, so that one database has one path.
func Locate(flag string, getenv func(string) string, home string) (string, error) {
	places := []Place{
		{Name: "--db", Path: flag},
		{Name: "CLAUDE_SLACK_DB_PATH", Path: getenv("CLAUDE_SLACK_DB_PATH")},
		{Name: "CLAUDE_SLACK_DIR", Path: under(getenv("CLAUDE_SLACK_DIR"), "data", databaseName)},
		{Name: "CLAUDE_CONFIG_DIR", Path: under(expand(getenv("CLAUDE_CONFIG_DIR"), home), "claude-slack", "data", databaseName)},
		{Name: "~/.claude/claude-slack/data/" + databaseName, Path: under(home, ".claude", "claude-slack", "data", databaseName)},
	}
	for i := range places {
		p := &places[i]
		if p.Path == "" {
			p.State = "not set"
			if i == 0 {
				p.State = "not given"
			}
			continue
		}
		path, err := resolve(p.Path)
		if err == nil {
			return path, nil
		}
		p.State = reason(err)
		if i < 2 { // named outright: never look at another file instead
			return "", &NotFoundError{Places: places[:i+1]}
		}
	}
	return "", &NotFoundError{Places: places}
}

func resolve(path string) (string, error) {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "", err
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if info.IsDir() {
		return "", errors.New("is a directory")
	}
	return filepath.Abs(path)
}

// absent is the state of a place where nothing is.
const absent = "does not exist"

func reason(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return absent
	case errors.Is(err, fs.ErrPermission):
		return "permission denied"
	}
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err.Error()
	}
	return err.Error()
}

func under(dir string, parts ...string) string {
	if dir == "" {
		return ""
	}
	return filepath.Join(append([]string{dir}, parts...)...)
}

func expand(path, home string) string {
	if path == "~" || strings.HasPrefix(path, "~/") {
		return home + path[1:]
	}
	return path
}
