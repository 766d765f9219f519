package event

import (
	"errors"
	"fmt"
	"strings"
)

// Agent identifies an agent of the host. Project is the host's project id, or
// empty for a global agent. Names are unvalidated text of the host: they may
// hold spaces, colons and control characters.
type Agent struct {
	Name    string
	Project string
}

// String returns "name:project"; a global agent is "name:".
func (a Agent) String() string { return a.Name + ":" + a.Project }

// IsZero reports whether a names nobody.
func (a Agent) IsZero() bool { return a == Agent{} }

// ParseAgent reads the form that [Agent.String] writes. The last colon
// separates, because a name may hold colons and a project id does not.
func ParseAgent(s string) (Agent, error) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return Agent{}, fmt.Errorf("parse agent %q: want name:project, or name: for a global agent", s)
	}
	if i == 0 {
		return Agent{}, errors.New("parse agent: the name is empty")
	}
	return Agent{Name: s[:i], Project: s[i+1:]}, nil
}
