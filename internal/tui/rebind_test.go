package tui

import (
	"strings"
	"testing"
)

func TestCheckKeys(t *testing.T) {
	for _, tt := range []struct {
		name   string
		chosen map[string][]string
		want   string
	}{
		{"none", nil, ""},
		{"others", map[string][]string{"pause": {"p", "space"}, "half-up": {"ctrl+y"}, "copy-json": {"f5"}, "next-for-me": {"é"}}, ""},
		{"swapped", map[string][]string{"copy": {"Y"}, "copy-json": {"y"}}, ""},
		{"the same twice", map[string][]string{"pause": {"space", " "}}, ""},
		{"no such command", map[string][]string{"puase": {"p"}}, "unknown command puase, did you mean pause?"},
		{"no such key", map[string][]string{"pause": {"ctlr+p"}}, "keys of pause: unknown key ctlr+p, did you mean ctrl+p?"},
		{"alt is two keys", map[string][]string{"pause": {"alt+p"}}, "keys of pause: alt+p can not be told from esc and a key: choose one without alt"},
		{"another case", map[string][]string{"pause": {"Ctrl+P"}}, "keys of pause: unknown key Ctrl+P, did you mean ctrl+p?"},
		{"no key", map[string][]string{"pause": {}}, "no key for pause: name at least one, as in pause: [space]"},
		{"an empty key", map[string][]string{"pause": {""}}, "keys of pause: unknown key , want one character or a name such as space, enter, f5, pgup, ctrl+u, shift+up"},
		{"taken", map[string][]string{"pause": {"y"}}, "the key y is that of pause and of copy: give copy another one"},
		{"taken by an earlier name", map[string][]string{"wrap": {"a"}}, "the key a is that of wrap and of agents: give agents another one"},
		{"chosen twice", map[string][]string{"pause": {"x"}, "wrap": {"x"}}, "the key x is that of pause and of wrap: give wrap another one"},
		{"interrupt", map[string][]string{"interrupt": {"x"}}, "the key of interrupt can not be changed: ctrl+c always quits"},
		{"hostile", map[string][]string{"\x1b[2J": {"x"}}, "unknown command ␛[2J, want one of "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			if err := CheckKeys(tt.chosen); err != nil {
				got = err.Error()
			}
			if got != tt.want && (!strings.HasSuffix(tt.want, "one of ") || !strings.HasPrefix(got, tt.want)) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestCommands_AreAllInTheHelp holds also when somebody adds a key and forgets
// the help, or says of two keys that they do the same.
func TestCommands_AreAllInTheHelp(t *testing.T) {
	keys := defaultKeys()
	named := make(map[string]bool)
	for _, c := range Commands() {
		if c.Name == "" || named[c.Name] || len(c.Keys) == 0 {
			t.Errorf("got the command %+v twice, or without a name or keys", c)
		}
		named[c.Name] = true
	}
	for name := range keys.byName() {
		if !named[name] {
			t.Errorf("%s is not in the help", name)
		}
	}
}

func TestModel_TakesOtherKeys(t *testing.T) {
	d := newDesk(t, Options{Keys: map[string][]string{"pause": {"p"}, "inspect": {"ctrl+e", "I"}, "close": {"x"}, "channels": {"C"}, "up": {"u"}}})
	d.live()
	d.said(40)
	d.shows("p pause", "↓ select", "ctrl+e inspect", "C channels")
	d.press(" ")
	d.shows("FOLLOWING")
	d.press("p", "u", "u")
	d.shows("PAUSED", "39 of")
	d.press("I")
	d.shows("message.new", "x close")
	d.press("/", "m1")
	// What is typed has its own keys.
	d.shows("enter keep", "esc undo")
	d.press("enter", "x", "x", "?")
	d.shows("ctrl+e I", "inspect the event")
}
