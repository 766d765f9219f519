package line

import (
	"slices"
	"strconv"
	"strings"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/tui/text"
)

// MaxSeveral is how many agents can be watched together.
const MaxSeveral = 8

// Several are agents that are watched together: a record says which of them
// see its event. It is not safe for concurrent use.
type Several struct {
	agents    []event.Agent
	addresses []string
	letters   []byte
	near      string // the project of all of them
	who       string
	seers     map[uint8]*seers // by the bits of their places in agents
}

// seers are those of several agents who see an event.
type seers struct {
	agents     []event.Agent
	raw, shown []string // their addresses
	gutter     string
}

// noProject is the project of nobody: whoever is watched together and is of
// different projects is near to no agent.
const noProject = "\x00"

// NewSeveral returns the agents given, at most [MaxSeveral], as they are
// watched together. It is nil for a single agent: there is nothing to tell
// apart.
func NewSeveral(agents []event.Agent, names *Names) *Several {
	agents = agents[:min(len(agents), MaxSeveral)]
	if len(agents) < 2 {
		return nil
	}
	s := &Several{agents: agents, near: agents[0].Project, seers: make(map[uint8]*seers)}
	for _, a := range agents {
		s.addresses = append(s.addresses, names.Address(a))
		s.letters = append(s.letters, letter(a.Name, s.letters))
		if a.Project != s.near {
			s.near = noProject
		}
	}
	s.who = s.join(names)
	return s
}

// join calls the agents as briefly as can be: "alice + bob", "alice + bob + 3
// more".
func (s *Several) join(names *Names) string {
	shown := len(s.agents)
	if shown > 3 {
		shown = 2
	}
	var parts []string
	for _, a := range s.agents[:shown] {
		parts = append(parts, names.Short(a, s.near))
	}
	if rest := len(s.agents) - shown; rest > 0 {
		parts = append(parts, strconv.Itoa(rest)+" more")
	}
	return strings.Join(parts, " + ")
}

// Who calls all of them: "alice + bob". It is not sanitised.
func (s *Several) Who() string { return s.who }

// Unseen are the addresses of those that do not see the event of r. They are
// not sanitised.
func (s *Several) Unseen(r *Record) []string {
	var out []string
	for i, a := range s.agents {
		if !slices.Contains(r.SeenBy(), a) {
			out = append(out, s.addresses[i])
		}
	}
	return out
}

// letter is the first character of name that is a plain letter or digit and
// not taken, or else the first of all that is not.
func letter(name string, taken []byte) byte {
	const plain = "abcdefghijklmnopqrstuvwxyz0123456789"
	name = strings.ToLower(name)
	for _, candidates := range []string{name, plain} {
		for i := range len(candidates) {
			if c := candidates[i]; strings.IndexByte(plain, c) >= 0 && !slices.Contains(taken, c) {
				return c
			}
		}
	}
	return '?' // more agents than letters: not within MaxSeveral
}

// Legend says which letter of the gutter is whose: "a alice@webapp, b bob@api".
// It is sanitised; for the nil Several it is empty.
func (s *Several) Legend() string {
	if s == nil {
		return ""
	}
	var parts []string
	for i, a := range s.addresses {
		parts = append(parts, string(s.letters[i])+" "+text.Name(a))
	}
	return strings.Join(parts, ", ")
}

// notSeen is in the gutter for who does not see an event.
const notSeen = "·"

// of returns those who see e. Events with the same ones share them.
func (s *Several) of(e *event.Event) *seers {
	var bits uint8
	for i, a := range s.agents {
		if e.VisibleTo(a) {
			bits |= 1 << i
		}
	}
	if found := s.seers[bits]; found != nil {
		return found
	}
	found := &seers{agents: []event.Agent{}, raw: []string{}, shown: []string{}}
	for i, a := range s.agents {
		if bits&(1<<i) == 0 {
			found.gutter += notSeen
			continue
		}
		found.agents = append(found.agents, a)
		found.raw = append(found.raw, s.addresses[i])
		found.shown = append(found.shown, text.Name(s.addresses[i]))
		found.gutter += string(s.letters[i])
	}
	s.seers[bits] = found
	return found
}

// from is the view of the first agent that sees e, which it notes in r.
func (v View) from(r *Record) View {
	if v.Several == nil {
		return v
	}
	found := v.Several.of(r.Event)
	r.seers = found
	if len(found.agents) > 0 {
		v.Agent = found.agents[0]
	}
	return v
}

// SeenBy returns those of several watched agents that see the event; none if
// one is watched. The slice is shared by records: it must not be changed.
func (r *Record) SeenBy() []event.Agent {
	if r.seers == nil {
		return nil
	}
	return r.seers.agents
}

// Seen returns the addresses of those that [Record.SeenBy] has, sanitised.
func (r *Record) Seen() []string {
	if r.seers == nil {
		return nil
	}
	return r.seers.shown
}

// Gutter returns a letter for each of several watched agents that sees the
// event and a dot for each that does not: "a·c"; empty if one is watched.
func (r *Record) Gutter() string {
	if r.seers == nil {
		return ""
	}
	return r.seers.gutter
}

// seenRaw are the addresses as the host has them.
func (r *Record) seenRaw() []string {
	if r.seers == nil {
		return nil
	}
	return r.seers.raw
}

// near is the project whose agents are called by their names alone.
func (v View) near() string {
	if v.Several != nil {
		return v.Several.near
	}
	return v.Agent.Project
}
