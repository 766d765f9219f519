package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"cslack-stream/internal/tui"

	"go.yaml.in/yaml/v3"
)

// configValue is what a key holds, in a field of a config.
type configValue interface {
	// set takes what a node says, whole or not at all. An error without a
	// text of its own is errUnwanted.
	set(n *yaml.Node) error
	// get returns what is held.
	get() any
	// wants says what may be set.
	wants() string
}

// errUnwanted says that a node is not what a key wants; what that is, the key
// says itself.
var errUnwanted = errors.New("not what is wanted")

// wordValue is one of a few words.
type wordValue struct {
	at    *string
	words []string
}

// oneOf makes a value that is the first word.
func oneOf(at *string, words ...string) configValue {
	*at = words[0]
	return wordValue{at, words}
}

func (v wordValue) set(n *yaml.Node) error {
	if n.Kind != yaml.ScalarNode || !slices.Contains(v.words, n.Value) {
		return errUnwanted
	}
	*v.at = n.Value
	return nil
}

func (v wordValue) get() any      { return *v.at }
func (v wordValue) wants() string { return "one of " + strings.Join(v.words, ", ") }

// textValue is a text in one line.
type textValue struct {
	at   *string
	what string
}

// aText makes a value that is a text; what says what it is.
func aText(at *string, initial, what string) configValue {
	*at = initial
	return textValue{at, what}
}

func (v textValue) set(n *yaml.Node) error {
	control := func(r rune) bool { return r < ' ' || r == 0x7f }
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str" || strings.ContainsFunc(n.Value, control) {
		return errUnwanted
	}
	*v.at = n.Value
	return nil
}

func (v textValue) get() any      { return *v.at }
func (v textValue) wants() string { return v.what }

// pathValue is where a file is. A server is not always started in the same
// directory, so it does not depend on that.
type pathValue struct{ textValue }

func aPath(at *string) configValue {
	return pathValue{textValue{at, "the absolute path of a file"}}
}

func (v pathValue) set(n *yaml.Node) error {
	if n.Value != "" && !filepath.IsAbs(n.Value) {
		return errUnwanted
	}
	return v.textValue.set(n)
}

// numberValue is a whole number within bounds.
type numberValue struct {
	at       *int
	min, max int
}

func aNumber(at *int, initial, smallest, largest int) configValue {
	*at = initial
	return numberValue{at, smallest, largest}
}

func (v numberValue) set(n *yaml.Node) error {
	i, err := strconv.Atoi(n.Value)
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!int" || err != nil || i < v.min || i > v.max {
		return errUnwanted
	}
	*v.at = i
	return nil
}

func (v numberValue) get() any      { return *v.at }
func (v numberValue) wants() string { return fmt.Sprintf("a whole number from %d to %d", v.min, v.max) }

// boolValue is true or false.
type boolValue struct{ at *bool }

func aBool(at *bool, initial bool) configValue {
	*at = initial
	return boolValue{at}
}

func (v boolValue) set(n *yaml.Node) error {
	if n.Kind != yaml.ScalarNode || (n.Value != "true" && n.Value != "false") {
		return errUnwanted
	}
	*v.at = n.Value == "true"
	return nil
}

func (v boolValue) get() any    { return *v.at }
func (boolValue) wants() string { return "true or false" }

// listValue is a list of texts.
type listValue struct {
	at   *[]string
	what string
}

// aList makes a value that is an empty list; what says of what.
func aList(at *[]string, what string) configValue {
	*at = []string{}
	return listValue{at, what}
}

func (v listValue) set(n *yaml.Node) error {
	out, err := listOf(n)
	if err == nil {
		*v.at = out
	}
	return err
}

func (v listValue) get() any      { return *v.at }
func (v listValue) wants() string { return "a list of " + v.what }

// listOf reads a list of texts that are not empty.
func listOf(n *yaml.Node) ([]string, error) {
	if n.Kind != yaml.SequenceNode {
		return nil, errUnwanted
	}
	out := make([]string, len(n.Content))
	for i, item := range n.Content {
		if err := (textValue{at: &out[i]}).set(item); err != nil || out[i] == "" {
			return nil, errUnwanted
		}
	}
	return out, nil
}

// keysValue are the keys of the keyboard for commands of watch.
type keysValue struct{ at *map[string][]string }

func someKeys(at *map[string][]string) configValue {
	*at = map[string][]string{}
	return keysValue{at}
}

func (v keysValue) set(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return errUnwanted
	}
	out := make(map[string][]string)
	for i := 0; i < len(n.Content); i += 2 {
		command := n.Content[i].Value
		if _, twice := out[command]; twice {
			return fmt.Errorf("%s is there twice: give it once", quoted(command))
		}
		keys, err := listOf(n.Content[i+1])
		if err != nil {
			return err
		}
		out[command] = keys
	}
	if err := rebind(new(tui.Options), out); err != nil {
		return err
	}
	*v.at = out
	return nil
}

func (v keysValue) get() any { return *v.at }

func (keysValue) wants() string {
	return "a list of keys for each command, such as {pause: [space, p]}"
}
