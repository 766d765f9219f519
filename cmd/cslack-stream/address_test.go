package main

import (
	"slices"
	"strings"
	"testing"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/tui/line"
)

func TestFindAgent_TakesEveryUnambiguousName(t *testing.T) {
	const web, api = "6e80fe1383fb56d068d4cfe265b5d35d", "2b0b63929122367315e84a3529b266ec"
	info := func(name, id, project string) event.AgentInfo {
		i := event.AgentInfo{Name: name}
		if id != "" {
			i.ProjectID = &id
		}
		if project != "" {
			i.ProjectName = &project
		}
		return i
	}
	infos := []event.AgentInfo{
		info("alice", web, "webapp"), info("alice", api, "api"), info("bob", web, "webapp"),
		info("gina", "", ""), info("gina", "", ""), // the host keeps global agents several times
		info("odd@name", web, "webapp"), info("col:on", "", ""), info("twin", "p1", "same"), info("twin", "p2", "same"),
		info(`rev\u202e`, web, "webapp"), info("rev\u202e", web, "webapp"), info("rev\u202e", api, "api"), info("two\nlines", web, "webapp"),
	}
	alice := event.Agent{Name: "alice", Project: web}
	tests := []struct {
		input string
		want  event.Agent
	}{
		{"alice@webapp", alice},
		{"alice:" + web, alice},
		{"alice@" + web, alice},
		{"alice@6e80fe", alice},
		{"bob", event.Agent{Name: "bob", Project: web}},
		{"gina", event.Agent{Name: "gina"}},
		{"gina@global", event.Agent{Name: "gina"}},
		{"gina:", event.Agent{Name: "gina"}},
		{"odd@name", event.Agent{Name: "odd@name", Project: web}},
		{"odd@name@webapp", event.Agent{Name: "odd@name", Project: web}},
		{"col:on", event.Agent{Name: "col:on"}},
		{"twin:p2", event.Agent{Name: "twin", Project: "p2"}},
		{`rev\u202e@webapp`, event.Agent{Name: "rev\u202e", Project: web}},
		{"rev\u202e@webapp", event.Agent{Name: "rev\u202e", Project: web}},
		{`rev\u202e@2b0b63`, event.Agent{Name: "rev\u202e", Project: api}},
		{`rev\\u202e@webapp`, event.Agent{Name: `rev\u202e`, Project: web}},
		{`two\x0alines`, event.Agent{Name: "two\nlines", Project: web}},
	}
	for _, tt := range tests {
		if got, err := findAgent(tt.input, infos); err != nil || got != tt.want {
			t.Errorf("findAgent(%q): got %v and %v, want %v", tt.input, got, err, tt.want)
		}
	}
	wrong := []struct {
		input, message string
		code           int
	}{
		{"alice", `agent "alice" is ambiguous: say which, alice@api or alice@webapp`, exitUsage},
		{"twin@same", `agent "twin@same" is ambiguous: say which, twin:p1 or twin:p2`, exitUsage},
		{"alise", `there is no agent called "alise", did you mean alice@api or alice@webapp? There are: alice@api `, exitNotFound},
		{"bob@api", "did you mean bob@webapp", exitNotFound},
		{"alice@6e8", "did you mean alice@", exitNotFound},
		{"zzz\x1b[2J", `there is no agent called "zzz␛[2J"; there are:`, exitNotFound},
		{"", "the agent's name is empty", exitUsage},
		{`bob\u202e`, `there is no agent called "bob\u202e", did you mean`, exitNotFound},
		{`rev\u202e`, `agent "rev\u202e" is ambiguous: say which, rev\\u202e@webapp or rev\u202e@api or rev\u202e@webapp`, exitUsage},
	}
	for _, tt := range wrong {
		_, err := findAgent(tt.input, infos)
		if err == nil || !strings.Contains(err.Error(), tt.message) || exitCode(err) != tt.code {
			t.Errorf("findAgent(%q): got %v with exit code %v, want %q and %v", tt.input, err, exitCode(err), tt.message, tt.code)
		}
	}
	if _, err := findAgent("alice", nil); err == nil || !strings.Contains(err.Error(), "no agents yet") {
		t.Errorf("empty workspace: got %v", err)
	}
}

func TestFindChannels_TakesThemAsTheyAreShown(t *testing.T) {
	all := []event.Channel{
		{ID: "g:dev", Name: "dev", Kind: event.KindChannel},
		{ID: "g:dev\u200b", Name: "dev\u200b", Kind: event.KindChannel},
		{ID: "g:two\nlines", Name: "two\nlines", Kind: event.KindChannel},
	}
	for input, want := range map[string]string{
		"#DEV": "g:dev", `#dev\u200b`: "g:dev\u200b", `dev\u200b`: "g:dev\u200b", "dev\u200b": "g:dev\u200b",
		`two\x0alines`: "g:two\nlines", `g:two\x0alines`: "g:two\nlines",
	} {
		if got, err := findChannels([]string{input}, all, line.View{}); err != nil || !slices.Equal(got, []string{want}) {
			t.Errorf("findChannels(%q): got %q and %v, want %q", input, got, err, want)
		}
	}
}

func TestFindAgent_ListsSomeOfMany(t *testing.T) {
	var infos []event.AgentInfo
	for i := range 500 {
		infos = append(infos, event.AgentInfo{Name: "agent-" + strings.Repeat("x", i%7) + string(rune('a'+i%26)) + strings.Repeat("y", i%11)})
	}
	_, err := findAgent("nobody", infos)
	if err == nil || len(err.Error()) > 1000 || !strings.Contains(err.Error(), "cslack-stream agents lists all") {
		t.Errorf("got %v, want a short list", err)
	}
}
