package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cslack-stream/internal/engine/backend"
	"cslack-stream/internal/engine/bus"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"
)

// configEnvironment is the environment of somebody with a configuration in
// the usual place; empty means that there is none.
func configEnvironment(t testing.TB, content string, variables map[string]string) *environment {
	t.Helper()
	home := t.TempDir()
	if content != "" {
		path := filepath.Join(home, ".config", "cslack-stream", "config.yaml")
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return &environment{Home: home, Getenv: func(name string) string { return variables[name] }}
}

// values are the values of all keys, by name.
func (c *config) values() map[string]string {
	out := make(map[string]string)
	for _, k := range c.keys {
		out[k.name] = yamlText(k.value.get())
	}
	return out
}

// parsed is the configuration that a text is.
func parsed(t testing.TB, content string) *config {
	t.Helper()
	c := newConfig()
	if err := c.read("config.yaml", []byte(content)); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestConfig_TableIsConsistent: names and variables are unique, no variable is
// one of our others, sections are in one piece, and the defaults are allowed.
func TestConfig_TableIsConsistent(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{"CSLACK_STREAM_URL": true, "CSLACK_STREAM_TOKEN": true, "CSLACK_STREAM_CONFIG": true}
	var sections []string
	c := newConfig()
	for _, k := range c.keys {
		for _, name := range []string{k.name, k.variable(), k.also} {
			if name != "" && seen[name] {
				t.Errorf("%s: %s is taken", k.name, name)
			}
			seen[name] = true
		}
		if !strings.HasSuffix(k.doc, ".") || strings.HasPrefix(k.value.wants(), "a text ") {
			t.Errorf("%s: got %q, want a sentence", k.name, k.doc)
		}
		if k.lacking != "" && k.reloads {
			t.Errorf("%s: is reloaded, but nothing heeds it", k.name)
		}
		section, _, _ := strings.Cut(k.name, ".")
		if len(sections) == 0 || sections[len(sections)-1] != section {
			if slices.Contains(sections, section) {
				t.Errorf("%s: want it beside the rest of its section", k.name)
			}
			sections = append(sections, section)
		}
		if err := c.setText(k, strings.Trim(yamlText(k.value.get()), `[]"`), "test"); err != nil && yamlText(k.value.get()) != "[]" {
			t.Errorf("%s: the default is refused: %v", k.name, err)
		}
	}
}

// TestConfig_Precedence: flag, environment, file, default.
func TestConfig_Precedence(t *testing.T) {
	t.Parallel()
	const inFile = "listen: 127.0.0.1:2\n"
	other := filepath.Join(t.TempDir(), "other.yaml")
	if err := os.WriteFile(other, []byte("listen: 127.0.0.1:5\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	variable := map[string]string{"CSLACK_STREAM_LISTEN": "127.0.0.1:3"}
	flag := configFlags{set: []setting{{"listen", "127.0.0.1:4", "--listen"}}}
	for _, tt := range []struct {
		name, file  string
		variables   map[string]string
		flags       configFlags
		want, named string
	}{
		{"default", "", nil, configFlags{}, defaultListen, "listen"},
		{"empty file", "# nothing\n", nil, configFlags{}, defaultListen, "listen"},
		{"file", inFile, nil, configFlags{}, "127.0.0.1:2", "config.yaml:1: listen"},
		{"variable over file", inFile, variable, configFlags{}, "127.0.0.1:3", "CSLACK_STREAM_LISTEN"},
		{"flag over all", inFile, variable, flag, "127.0.0.1:4", "--listen"},
		{"no file", inFile, nil, configFlags{file: "-"}, defaultListen, "listen"},
		{"another file", inFile, nil, configFlags{file: other}, "127.0.0.1:5", "other.yaml:1: listen"},
		{"another file by variable", inFile, map[string]string{"CSLACK_STREAM_CONFIG": other}, configFlags{}, "127.0.0.1:5", "other.yaml:1: listen"},
		{"no file by variable", inFile, map[string]string{"CSLACK_STREAM_CONFIG": "-"}, configFlags{}, defaultListen, "listen"},
	} {
		c, err := configEnvironment(t, tt.file, tt.variables).loadConfig(tt.flags)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if named := c.named("listen"); c.Listen != tt.want || !strings.HasSuffix(named, tt.named) {
			t.Errorf("%s: got %s named %q, want %s named …%q", tt.name, c.Listen, named, tt.want, tt.named)
		}
	}
}

// TestConfig_XDG: the usual place follows XDG_CONFIG_HOME, and nothing is made
// there.
func TestConfig_XDG(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	env := configEnvironment(t, "", map[string]string{"XDG_CONFIG_HOME": dir})
	if _, err := env.loadConfig(configFlags{}); err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{dir, env.Home} {
		if left, err := os.ReadDir(d); err != nil || len(left) > 0 {
			t.Errorf("got %v, %v in %s, want nothing to be made", left, err, d)
		}
	}
	path := filepath.Join(dir, "cslack-stream", "config.yaml")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("log: {level: warn}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := env.loadConfig(configFlags{})
	if err != nil || c.LogLevel != "warn" || c.file != path {
		t.Errorf("got %+v, %v, want what %s says", c, err, path)
	}
}

// TestConfig_Variables: every kind of value can be set by a variable.
func TestConfig_Variables(t *testing.T) {
	t.Parallel()
	c, err := configEnvironment(t, "", map[string]string{
		"CSLACK_STREAM_EVENT_STREAMING_POLLING_INTERVAL_MS": "250",
		"CSLACK_STREAM_EVENT_STREAMING_PERSIST_EVENTS":      "false",
		"CSLACK_STREAM_EVENT_STREAMING_CACHE_MAX_SIZE":      "12",
		"CSLACK_STREAM_EVENT_STREAMING_SQLITE_PATH":         "/var/lib/events.db",
		"CSLACK_STREAM_CORS_ORIGINS":                        "https://a.example, https://b.example",
		"CSLACK_STREAM_LOG_FORMAT":                          "json",
		"CSLACK_STREAM_UI_KEYS":                             "{}",
	}).loadConfig(configFlags{})
	if err != nil {
		t.Fatal(err)
	}
	got := c.tuning()
	want := tuning{
		eventFile: "/var/lib/events.db", ttl: backend.DefaultTTL, interval: 250 * time.Millisecond, batch: 100, maxWait: 100 * time.Millisecond,
		window: bus.Options{Max: 12, TTL: time.Minute}, archiving: backend.Archiving{After: 30 * 24 * time.Hour},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(tuning{})); diff != "" {
		t.Errorf("tuning (-want +got):\n%s", diff)
	}
	if c.PersistEvents || c.LogFormat != "json" || !slices.Equal(c.Origins, []string{"https://a.example", "https://b.example"}) {
		t.Errorf("got %+v, want what the variables say", c)
	}
}

// TestConfig_Refuses names the line and the remedy.
func TestConfig_Refuses(t *testing.T) {
	t.Parallel()
	const es = "event_streaming:\n  "
	for _, tt := range []struct{ content, want string }{
		{es + "poling_interval_ms: 1", `config.yaml:2: unknown key event_streaming.poling_interval_ms, did you mean event_streaming.polling_interval_ms?`},
		{"event_streeming: {}", `config.yaml:1: unknown key event_streeming, did you mean event_streaming?`},
		{"polling_interval_ms: 1", `config.yaml:1: unknown key polling_interval_ms, did you mean event_streaming.polling_interval_ms?`},
		{es + "cache: {maxsize: 1}", `unknown key event_streaming.cache.maxsize, did you mean event_streaming.cache.max_size?`},
		{es + "sqlite: {batch_size: 1}", `config.yaml:2: unknown key event_streaming.sqlite.batch_size, did you mean event_streaming.batch_size?`},
		{"colour: red", `config.yaml:1: unknown key colour; see: cslack-stream serve --print-config`},
		{"\"a\\tb\\e[31m\": red", `unknown key a`},
		{es + "batch_size: lots", `config.yaml:2: event_streaming.batch_size "lots": want a whole number from 1 to 10000`},
		{es + "batch_size: 1.5", `"1.5": want a whole number`},
		{es + "batch_size: '5'", `"5": want a whole number`},
		{es + "batch_size: 0", `"0": want a whole number from 1`},
		{es + "batch_size: 99999999999999999999", `want a whole number from 1 to 10000`},
		{es + "batch_size:", `"": want a whole number`},
		{es + "batch_size: [1]", `config.yaml:2: event_streaming.batch_size: want a whole number`},
		{es + "use_hooks: yes", `"yes": want true or false`},
		{es + "backend: sqlight", `"sqlight": want one of sqlite, hybrid, redis, kafka`},
		{es + "sqlite: {path: events.db}", `"events.db": want the absolute path of a file`},
		{es + "sqlite: on", `config.yaml:2: event_streaming.sqlite: want keys with values`},
		{"[1]", `config.yaml:1: the configuration: want keys with values`},
		{"listen: 8787", `config.yaml:1: listen "8787": want HOST:PORT`},
		{"listen: x\nlisten: y", `config.yaml:2: listen is there twice`},
		{"cors: {origins: https://a.example}", `want a list of origins`},
		{"cors: {origins: [1]}", `want a list of origins`},
		{"ui: {keys: [a]}", `config.yaml:1: ui.keys: want a list of keys for each command, such as {pause: [space, p]}`},
		{"ui: {keys: {pause: space}}", `ui.keys: want a list of keys for each command`},
		{"ui: {keys: {pauze: [space]}}", `config.yaml:1: ui.keys: `},
		{"log: {level: loud}", `config.yaml:1: log.level "loud": want one of info, debug, warn, error`},
		{"listen: x\n---\nlisten: y", `config.yaml:2: a second document begins here: want one`},
		{"a: [\nb", `config.yaml:2: this is no YAML`},
		{"a: \x00", `config.yaml: this is no YAML`},
		{"<<: {listen: x}", `unknown key <<`},
		{"a: &a [*a]", `unknown key a`},
		{"event_streaming: &a {sqlite: *a}", `unknown key event_streaming.sqlite.sqlite`},
		{es + "persist_events: true\n  sqlite: {persist_events: false}", `config.yaml:3: event_streaming.sqlite.persist_events says false, but config.yaml:2 says true by its other name: give one`},
	} {
		err := newConfig().read("config.yaml", []byte(tt.content))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: got %v, want %s", tt.content, err, tt.want)
		}
	}
}

// TestConfig_RefusesAllAtOnce: whoever has five things to mend is told five.
func TestConfig_RefusesAllAtOnce(t *testing.T) {
	t.Parallel()
	err := newConfig().read("c.yaml", []byte("lisen: x\nlog: {level: x, format: x}\ntls: 1\nlisten: 1\n"))
	if got := strings.Count(fmt.Sprint(err), "c.yaml:"); got != 5 {
		t.Errorf("got %d places in %v, want 5", got, err)
	}
}

// TestConfig_OtherNames: the keys of the design document's sqlite section are
// the same keys; saying the same twice is fine.
func TestConfig_OtherNames(t *testing.T) {
	t.Parallel()
	c := parsed(t, "event_streaming:\n  event_ttl_days: 9\n  sqlite: {use_hooks: false, persist_events: false, event_ttl_days: 9, dm_ttl_days: 3, path: /e.db}\n")
	if c.UseHooks || c.PersistEvents || c.EventTTLDays != 9 || c.DMTTLDays != 3 || c.EventFile != "/e.db" {
		t.Errorf("got %+v, want what the section says", c)
	}
}

// TestConfig_PrintLoadsAgain: what is printed loads as what was printed, and
// says something about every key.
func TestConfig_PrintLoadsAgain(t *testing.T) {
	t.Parallel()
	tricky := "cors: {origins: [\"https://a.example\", \"#\", \"a: b\", \"'\", \"\\\"\", \"yes\", \"7\", \"ü, [\"]}\nlisten: \"[::1]:0\"\nlog: {format: json}\n"
	contents := map[string]string{"defaults": "", "tricky": tricky}
	for _, name := range []string{"development", "small-scale", "large-scale"} {
		content, err := os.ReadFile(filepath.Join("testdata", "config", name+".yaml"))
		if err != nil {
			t.Fatal(err)
		}
		contents[name] = string(content)
	}
	for name, content := range contents {
		c := parsed(t, content)
		var out bytes.Buffer
		if err := c.print(&out); err != nil {
			t.Fatal(err)
		}
		again := parsed(t, out.String())
		if diff := cmp.Diff(c.values(), again.values()); diff != "" {
			t.Errorf("%s: loaded again (-printed +loaded):\n%s", name, diff)
		}
		for _, k := range c.keys {
			if again.from[k.name] == "" {
				t.Errorf("%s: %s is not printed", name, k.name)
			}
			if words, printed := strings.Fields(k.doc), strings.Fields(strings.ReplaceAll(out.String(), "#", "")); !strings.Contains(strings.Join(printed, " "), strings.Join(words, " ")) {
				t.Errorf("%s: %s has no comment", name, k.name)
			}
		}
	}
}

// TestConfig_DesignDocument: its three configurations load as they are
// written, with these values and the defaults otherwise.
func TestConfig_DesignDocument(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]map[string]string{
		"development": {"persist_events": "false"},
		"small-scale": {"batch_size": "50"},
		"large-scale": {"backend": "hybrid", "event_ttl_days": "30", "redis.url": "redis://redis-cluster:6379"},
	} {
		content, err := os.ReadFile(filepath.Join("testdata", "config", name+".yaml"))
		if err != nil {
			t.Fatal(err)
		}
		all := newConfig().values()
		for key, value := range want {
			all["event_streaming."+key] = value
		}
		if diff := cmp.Diff(all, parsed(t, string(content)).values()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestConfig_NotServable: what a later version does is refused by this one,
// and what would change nothing is not.
func TestConfig_NotServable(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ content, want string }{
		{"event_streaming: {backend: hybrid}", "config.yaml:1: event_streaming.backend: hybrid needs Redis, which this version does not have"},
		{"event_streaming: {backend: redis}", "redis needs Redis"},
		{"event_streaming: {backend: kafka}", "kafka needs Kafka"},
		{"event_streaming: {redis: {url: x}}", "config.yaml:1: event_streaming.redis.url: Redis is not available in this version: leave it out"},
		{"event_streaming: {kafka: {brokers: [x]}}", "Kafka is not available"},
		{"event_streaming: {archive: {enabled: true, after_days: 1}}", ""},
		{"event_streaming: {persist_events: false, archive: {enabled: true}}", "config.yaml:1: event_streaming.archive.enabled: events that are in memory only are not archived"},
		{"event_streaming: {origin: {url: x}}", "a node without the database is not available"},
		{"tls: {cert: /c}", "TLS is not available"},
		{"auth: {mode: token}", "authentication is not available"},
		{"audit: {file: /a}", "the audit log is not available"},
		{"event_streaming: {redis: {stream_ttl_days: 7}}\nauth: {mode: none}\ntls:\n", ""},
	} {
		err := parsed(t, tt.content).checkServable()
		if got := fmt.Sprint(err); (err == nil) != (tt.want == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%s: got %v, want %q", tt.content, err, tt.want)
		}
	}
}

// TestWatch_Theme: the flag beats the configuration, and so does colour that
// was asked for.
func TestWatch_Theme(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		configured string
		args       []string
		noColor    string
		want       bool
	}{
		{"ansi", nil, "", true},
		{"ansi", nil, "1", false},
		{"none", nil, "", false},
		{"none", []string{"--color", "always"}, "", true},
		{"none", []string{"--theme", "ansi"}, "", true},
		{"ansi", []string{"--theme", "none"}, "", false},
	} {
		env := &environment{
			Getenv:     func(name string) string { return map[string]string{"NO_COLOR": tt.noColor}[name] },
			IsTerminal: func(any) bool { return true },
		}
		var o watchOptions
		flags := pflag.NewFlagSet("", pflag.ContinueOnError)
		flags.StringVar(&o.theme, "theme", "", "")
		flags.StringVar(&o.color, "color", "auto", "")
		if err := flags.Parse(tt.args); err != nil {
			t.Fatal(err)
		}
		if got, err := o.pickTheme(env, flags, o.color, tt.configured); err != nil || got.Color != tt.want {
			t.Errorf("%+v: got %+v, %v, want colour: %v", tt, got, err, tt.want)
		}
	}
}

// TestConfig_Document: docs/configuration.md has the table as it is.
func TestConfig_Document(t *testing.T) {
	t.Parallel()
	path := filepath.Join("..", "..", "docs", "configuration.md")
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- keys: made by go test ./cmd/cslack-stream -update -->\n", "<!-- end of keys -->"
	before, rest, ok := strings.Cut(string(content), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the keys", path)
	}
	want := before + begin + configTable() + end + after
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, string(content)); diff != "" {
		t.Errorf("%s is stale, run make golden (-want +got):\n%s", path, diff)
	}
}

// configTable is the table of all keys, for the documents.
func configTable() string {
	var b strings.Builder
	row := func(cells ...string) {
		for i, c := range cells {
			cells[i] = strings.ReplaceAll(c, "|", `\|`)
		}
		fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | "))
	}
	row("key", "default", "takes", "what it does")
	row("---", "---", "---", "---")
	lacking := make(map[string][]string)
	var names []string
	for _, k := range newConfig().keys {
		if k.lacking != "" {
			if lacking[k.lacking] == nil {
				names = append(names, k.lacking)
			}
			lacking[k.lacking] = append(lacking[k.lacking], "`"+k.name+"`")
			continue
		}
		doc := k.doc
		if k.reloads {
			doc += " SIGHUP reloads it."
		}
		row("`"+k.name+"`", "`"+yamlText(k.value.get())+"`", k.value.wants(), doc)
	}
	b.WriteString("\nThese are read, and refused by `serve` when they are set to anything but their default:\n\n")
	for _, name := range names {
		fmt.Fprintf(&b, "* not in this version, %s: %s\n", name, strings.Join(lacking[name], " "))
	}
	return b.String()
}

// FuzzConfig: whatever a file holds, it is taken or refused with its name.
func FuzzConfig(f *testing.F) {
	for _, seed := range []string{"", "listen: x", "a: &a [*a]", "event_streaming: &a {sqlite: *a}", "ui: {keys: {a: [b]}}", "? [a]\n: b", "- !!binary x"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		c := newConfig()
		if err := c.read("config.yaml", content); err != nil {
			if !strings.HasPrefix(err.Error(), "config.yaml:") {
				t.Errorf("got %v, want it to name the file", err)
			}
			return
		}
		var out bytes.Buffer
		if err := c.print(&out); err != nil {
			t.Fatal(err)
		}
		again := newConfig()
		if err := again.read("config.yaml", out.Bytes()); err != nil {
			t.Fatalf("%v\n%s", err, out.String())
		}
		if diff := cmp.Diff(c.values(), again.values()); diff != "" {
			t.Errorf("loaded again (-printed +loaded):\n%s", diff)
		}
	})
}
