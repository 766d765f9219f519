package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"cslack-stream/internal/engine/backend"
	"cslack-stream/internal/engine/bus"

	"github.com/spf13/pflag"
)

// config is the configuration. What each key means, its default and its
// bounds are in the table of config_keys.go, and nowhere else.
type config struct {
	Listen  string
	Origins []string

	Backend       string
	UseHooks      bool
	PersistEvents bool
	EventFile     string // empty: beside the database
	EventTTLDays  int
	DMTTLDays     int

	ArchiveEnabled   bool
	ArchiveAfterDays int
	RedactDeleted    bool

	PollingIntervalMS int
	BatchSize         int
	MaxWaitMS         int
	CacheTTLSeconds   int
	CacheMaxSize      int

	WriteTimeoutSeconds int
	WritesPerSecond     int
	WritesAtOnce        int

	Theme string
	Keys  map[string][]string

	LogLevel, LogFormat string

	// file is the file that was read; empty if there was none.
	file string
	keys []configKey
	// from says for each key that was set what set it, as messages begin.
	from map[string]string
}

// newConfig returns the defaults.
func newConfig() *config {
	c := &config{from: make(map[string]string)}
	c.keys = c.table()
	return c
}

// configFlags are the flags about the configuration, and what other flags say
// about single keys.
type configFlags struct {
	// file is what --config says: a file, "-" for none, empty for the usual
	// place.
	file string
	set  []setting
}

// setting is a key that a flag sets.
type setting struct{ key, value, flag string }

// loadConfig reads the configuration: the defaults, over them the file, over
// that the environment, over that the flags. It makes no file.
func (env *environment) loadConfig(flags configFlags) (*config, error) {
	c := newConfig()
	if err := c.loadFile(env, flags.file); err != nil {
		return nil, usageError("%w", err)
	}
	for _, k := range c.keys {
		if v := env.Getenv(k.variable()); v != "" {
			if err := c.setText(k, v, k.variable()); err != nil {
				return nil, usageError("%w", err)
			}
		}
	}
	for _, s := range flags.set {
		if err := c.setText(c.key(s.key), s.value, s.flag); err != nil {
			return nil, usageError("%w", err)
		}
	}
	return c, nil
}

// maxConfig bounds what is read of a file that was named by mistake.
const maxConfig = 1 << 20

func (c *config) loadFile(env *environment, flag string) error {
	path, named := env.configPath(flag)
	if path == "" {
		return nil
	}
	// In a directory that this user may not enter there is nothing for it.
	if _, err := os.Stat(path); !named && (errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission)) {
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("read configuration: %w: give --config FILE, or --config - for none", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxConfig+1))
	switch {
	case err != nil:
		return fmt.Errorf("read configuration: %w: give --config FILE, or --config - for none", err)
	case len(text) > maxConfig:
		return fmt.Errorf("read configuration %s: it is larger than 1 MiB: that is no configuration", path)
	}
	c.file = path
	return c.read(path, text)
}

// configPath is where the configuration is, if anywhere, and whether somebody
// has named it.
func (env *environment) configPath(flag string) (path string, named bool) {
	if flag == "" {
		flag = env.Getenv("CSLACK_STREAM_CONFIG")
	}
	switch {
	case flag == "-":
		return "", true
	case flag != "":
		return flag, true
	}
	if dir := env.Getenv("XDG_CONFIG_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "cslack-stream", "config.yaml"), false
	}
	if env.Home == "" {
		return "", false
	}
	return filepath.Join(env.Home, ".config", "cslack-stream", "config.yaml"), false
}

// key returns the key with this name, which must be one.
func (c *config) key(name string) configKey {
	for _, k := range c.keys {
		if k.name == name {
			return k
		}
	}
	panic("no such key: " + name)
}

// named is how a message about the value of a key begins: with the place that
// a reader would change it at.
func (c *config) named(name string) string {
	from, ok := c.from[name]
	switch {
	case !ok:
		return name
	case strings.HasPrefix(from, "-"), strings.HasPrefix(from, variablePrefix):
		return from
	}
	return from + ": " + name
}

// checkServable returns why serve can not do what the configuration asks for,
// in this version.
func (c *config) checkServable() error {
	if lacks := map[string]string{"hybrid": "Redis", "redis": "Redis", "kafka": "Kafka"}[c.Backend]; lacks != "" {
		return usageError("%s: %s needs %s, which this version does not have: use sqlite, and leave the section of %s out",
			c.named("event_streaming.backend"), c.Backend, lacks, lacks)
	}
	if c.ArchiveEnabled && !c.PersistEvents {
		return usageError("%s: events that are in memory only are not archived: leave it out, or keep events in a file", c.named("event_streaming.archive.enabled"))
	}
	defaults := newConfig()
	for i, k := range c.keys {
		if k.lacking != "" && yamlText(k.value.get()) != yamlText(defaults.keys[i].value.get()) {
			return usageError("%s: %s is not available in this version: leave it out", c.named(k.name), k.lacking)
		}
	}
	return nil
}

// ttl is how long events are retained.
func (c *config) ttl() backend.TTL {
	const day = 24 * time.Hour
	return backend.TTL{DM: time.Duration(c.DMTTLDays) * day, Rest: time.Duration(c.EventTTLDays) * day}
}

// archiving is what becomes of events whose time is up.
func (c *config) archiving() backend.Archiving {
	return backend.Archiving{Enabled: c.ArchiveEnabled, After: time.Duration(c.ArchiveAfterDays) * 24 * time.Hour}
}

// writeTimeout is how long a reader may take for one batch.
func (c *config) writeTimeout() time.Duration {
	return time.Duration(c.WriteTimeoutSeconds) * time.Second
}

// tuning is what an engine in this process is told besides its database. The
// zero value is what an engine does by itself.
type tuning struct {
	eventFile string // empty: beside the database
	ttl       backend.TTL
	archiving backend.Archiving
	redact    bool // the text of deleted messages
	interval  time.Duration
	batch     int
	maxWait   time.Duration
	window    bus.Options
	archive   bool // archived events too
	noHooks   bool // own writes are noticed as those of others are
}

func (c *config) tuning() tuning {
	return tuning{
		eventFile: c.EventFile, ttl: c.ttl(), archiving: c.archiving(), redact: c.RedactDeleted,
		interval: time.Duration(c.PollingIntervalMS) * time.Millisecond,
		batch:    c.BatchSize, maxWait: time.Duration(c.MaxWaitMS) * time.Millisecond,
		window: bus.Options{Max: c.CacheMaxSize, TTL: time.Duration(c.CacheTTLSeconds) * time.Second}, noHooks: !c.UseHooks,
	}
}

// events is the event file of a database.
func (t tuning) events(database string) string {
	if t.eventFile != "" {
		return t.eventFile
	}
	return eventFile(database)
}

// add adds --config to a command's flags.
func (f *configFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.file, "config", "", "read the configuration from `FILE`; - for none ($CSLACK_STREAM_CONFIG)")
}
