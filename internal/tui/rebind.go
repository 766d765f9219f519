package tui

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"cslack-stream/internal/tui/text"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// Command is something that keys do in the view.
type Command struct {
	// Name is how [Options.Keys] calls it: "half-up".
	Name string
	// Group is its heading in the help, and Does what it does.
	Group, Does string
	// Keys are the keys it has unless somebody chose others.
	Keys []string
}

// Commands returns all commands in the order of the help.
func Commands() []Command {
	keys := defaultKeys()
	names := make(map[string]string) // by what they do, which differs
	for name, b := range keys.byName() {
		names[b.Help().Desc] = name
	}
	var all []Command
	for _, g := range keys.groups() {
		for _, h := range g.Keys {
			name := names[h.Does]
			all = append(all, Command{name, g.Title, h.Does, spoken(keys.byName()[name].Keys())})
		}
	}
	return all
}

// CheckKeys reports what is wrong with a choice of keys, as [Options.Keys]
// takes it: a command or a key that does not exist, a command without keys, or
// two commands on one key.
func CheckKeys(chosen map[string][]string) error {
	keys := defaultKeys()
	return keys.rebind(chosen)
}

// keysOf are the keys with those that were chosen; the default ones if there
// is something wrong with them.
func keysOf(chosen map[string][]string) keyMap {
	keys := defaultKeys()
	if keys.rebind(chosen) != nil {
		return defaultKeys()
	}
	return keys
}

// always are the commands whose keys can not be changed.
const always = "interrupt"

// rebind gives commands other keys. In what it does it is the same with any
// order of chosen.
func (k *keyMap) rebind(chosen map[string][]string) error {
	commands := k.byName()
	for _, name := range slices.Sorted(maps.Keys(chosen)) {
		b := commands[name]
		switch {
		case b == nil:
			return fmt.Errorf("unknown command %s%s", text.Line(name), suggest(name, slices.Sorted(maps.Keys(commands))))
		case name == always:
			return fmt.Errorf("the key of %s can not be changed: %s always quits", name, b.Help().Key)
		case len(chosen[name]) == 0:
			return fmt.Errorf("no key for %s: name at least one, as in %s: [%s]", name, name, strings.Join(spoken(b.Keys()), ", "))
		}
		var keys []string
		for _, typed := range chosen[name] {
			k, err := keyNamed(typed)
			if err != nil {
				return fmt.Errorf("keys of %s: %w", name, err)
			}
			keys = append(keys, k)
		}
		b.SetKeys(keys...)
		b.SetHelp(label(keys), b.Help().Desc)
	}
	return k.clash(chosen)
}

// clash reports two commands on one key that can be asked for at the same
// time.
func (k *keyMap) clash(chosen map[string][]string) error {
	commands, taken := k.byName(), make(map[string][]string)
	for _, name := range slices.Sorted(maps.Keys(commands)) {
		for _, key := range commands[name].Keys() {
			i := slices.IndexFunc(taken[key], func(other string) bool { return other != name && !apart(name, other) })
			taken[key] = append(taken[key], name)
			if i < 0 {
				continue
			}
			other := taken[key][i]
			if _, ours := chosen[other]; ours {
				name, other = other, name
			}
			return fmt.Errorf("the key %s is that of %s and of %s: give %s another one", spoken([]string{key})[0], name, other, other)
		}
	}
	return nil
}

// where tells which commands are not for everywhere: those of the playhead are
// for a replay, and others make sense only where new events come.
var where = map[string]scope{
	"step-back": inReplay, "step-forward": inReplay, "minute-back": inReplay, "minute-forward": inReplay,
	"faster": inReplay, "slower": inReplay, "go-live": inReplay,
	"left": whileLive, "right": whileLive, "older": whileLive, "write": whileLive, "edit": whileLive, "delete": whileLive,
}

type scope uint8

const (
	everywhere scope = iota
	inReplay
	whileLive
)

// apart tells whether two commands can never be asked for at the same time.
func apart(a, b string) bool {
	return where[a] != everywhere && where[b] != everywhere && where[a] != where[b]
}

// suit leaves the keys that mean something in a replay, or where it is live.
func (k *keyMap) suit(replaying bool) {
	for name, b := range k.byName() {
		b.SetEnabled(where[name] == everywhere || (where[name] == inReplay) == replaying)
	}
	pause, matrix := "pause or follow", "who sees what: agents, messages"
	if replaying {
		pause, matrix = "pause or play", "the state: channels, agents"
	}
	k.Pause.SetHelp(k.Pause.Help().Key, pause)
	k.Matrix.SetHelp(k.Matrix.Help().Key, matrix)
}

// byName are the bindings by the names of their commands: those of the fields,
// in lower case with dashes.
func (k *keyMap) byName() map[string]*key.Binding {
	fields := reflect.ValueOf(k).Elem()
	all := make(map[string]*key.Binding, fields.NumField())
	for i := range fields.NumField() {
		all[dashed(fields.Type().Field(i).Name)] = fields.Field(i).Addr().Interface().(*key.Binding)
	}
	return all
}

// dashed is a name such as CopyJSON as it is typed: copy-json.
func dashed(name string) string {
	var out strings.Builder
	upper := true
	for i, r := range name {
		if unicode.IsUpper(r) && !upper && i > 0 {
			out.WriteByte('-')
		}
		upper = unicode.IsUpper(r)
		out.WriteRune(unicode.ToLower(r))
	}
	return out.String()
}

// keyNamed is the key that somebody calls name, as tea calls it.
func keyNamed(name string) (string, error) {
	if name == "space" {
		return " ", nil
	}
	if r, size := utf8.DecodeRuneInString(name); size > 0 && size == len(name) && unicode.IsPrint(r) {
		return name, nil
	}
	if strings.HasPrefix(strings.ToLower(name), "alt+") {
		return "", fmt.Errorf("%s can not be told from esc and a key: choose one without alt", text.Line(name))
	}
	known := keyNames()
	if slices.Contains(known, name) {
		return name, nil
	}
	return "", fmt.Errorf("unknown key %s%s", text.Line(name), suggest(name, known))
}

// keyNames are the names of the keys that are no characters.
func keyNames() []string {
	var names []string
	for t := tea.KeyType(-128); t < 128; t++ {
		if name := t.String(); name != "" && t != tea.KeyRunes && t != tea.KeySpace {
			names = append(names, name)
		}
	}
	return append(names, "space")
}

// suggest names the candidate that was probably meant, or says which there
// are.
func suggest(name string, candidates []string) string {
	if near := text.Nearest(name, candidates, 1); len(near) > 0 {
		return ", did you mean " + near[0] + "?"
	}
	if len(candidates) > 60 {
		return ", want one character or a name such as space, enter, f5, pgup, ctrl+u, shift+up"
	}
	return ", want one of " + strings.Join(candidates, " ")
}

// spoken are keys as people write them.
func spoken(keys []string) []string {
	var out []string
	for _, k := range keys {
		if k == " " {
			k = "space"
		}
		out = append(out, k)
	}
	return out
}

// label is how the help names keys.
func label(keys []string) string {
	short := map[string]string{
		"up": "↑", "down": "↓", "left": "←", "right": "→", "shift+left": "⇧←", "shift+right": "⇧→", "pgup": "PgUp", "pgdown": "PgDn", "home": "Home", "end": "End",
	}
	names := spoken(keys)
	for i, k := range names {
		if s, ok := short[k]; ok {
			names[i] = s
		}
	}
	return strings.Join(names, " ")
}
