package main

import "strings"

// configKey is one key of the configuration.
type configKey struct {
	// name is where it is in the file, with a dot between the sections.
	name  string
	value configValue
	// doc says in full sentences what it does.
	doc string
	// also is another name for it, as the design document has it.
	also string
	// reloads tells that a running serve can take a new value.
	reloads bool
	// lacking is what a later version heeds the key for. Until then it has to
	// keep its default.
	lacking string
}

// variablePrefix begins the names of our environment variables.
const variablePrefix = "CSLACK_STREAM_"

// variable is the environment variable of the key.
func (k configKey) variable() string {
	return variablePrefix + strings.ToUpper(strings.ReplaceAll(k.name, ".", "_"))
}

// table is the one list of all keys. Everything else about them is made from
// it: the defaults, what is refused, the environment variables, the comments
// of --print-config, and docs/configuration.md.
func (c *config) table() []configKey {
	return append(append(c.serverKeys(), c.eventKeys()...), c.laterKeys()...)
}

func (c *config) serverKeys() []configKey {
	return []configKey{
		{
			name: "listen", value: aText(&c.Listen, defaultListen, "HOST:PORT, for example "+defaultListen),
			doc: "The loopback address that serve listens on. Port 0 takes a free one. The flag is --listen.",
		},
		{
			name: "cors.origins", value: aList(&c.Origins, "origins such as https://dash.example"),
			doc: "Origins beyond loopback whose pages may read and write. The flag is --origin.",
		},
		{
			name: "limits.write_timeout_seconds", value: aNumber(&c.WriteTimeoutSeconds, 10, 1, 600), reloads: true,
			doc: "How long a reader may take for one batch before it is disconnected. It can come back and resume.",
		},
		{
			name: "limits.writes_per_second", value: aNumber(&c.WritesPerSecond, 20, 1, 100_000), reloads: true,
			doc: "How many times a second an agent may write through the server, in the mean. What is more is answered with 429.",
		},
		{
			name: "limits.writes_at_once", value: aNumber(&c.WritesAtOnce, 100, 1, 100_000), reloads: true,
			doc: "How many times an agent may write at once, if it has written little before.",
		},
		{
			name: "log.level", value: oneOf(&c.LogLevel, "info", "debug", "warn", "error"), reloads: true,
			doc: "What serve logs, to standard error. debug logs requests too; so does the flag --verbose.",
		},
		{
			name: "log.format", value: oneOf(&c.LogFormat, "text", "json"),
			doc: "How serve logs. With json every line is an object, also those that text writes for people.",
		},
		{
			name: "ui.theme", value: oneOf(&c.Theme, "ansi", "none"),
			doc: "How watch looks: in the 16 colours of the terminal, unless NO_COLOR or the like say otherwise, or without colours. The flag is --theme.",
		},
		{
			name: "ui.keys", value: someKeys(&c.Keys),
			doc: "The keys of commands of watch, in place of those that the command has.",
		},
	}
}

func (c *config) eventKeys() []configKey {
	const section, sqlite = "event_streaming.", "event_streaming.sqlite."
	return []configKey{
		{
			name: section + "backend", value: oneOf(&c.Backend, "sqlite", "hybrid", "redis", "kafka"),
			doc: "Where events are kept. This version has sqlite only.",
		},
		{
			name: section + "use_hooks", also: sqlite + "use_hooks", value: aBool(&c.UseHooks, true),
			doc: "Notice this process's own writes by a hook, at once; with persist_events: false the hook captures them. With false they are noticed as those of others are.",
		},
		{
			name: section + "persist_events", also: sqlite + "persist_events", value: aBool(&c.PersistEvents, true),
			doc: "Keep events in a file, and note changes by triggers in the database. With false nothing is added to the database and no file is kept: what others write is found by polling, and events are in memory only, as many as cache says. The flag for false is --no-install.",
		},
		{
			name: section + "event_ttl_days", also: sqlite + "event_ttl_days", value: aNumber(&c.EventTTLDays, 7, 1, 36500), reloads: true,
			doc: "How many days an event is kept, except those about direct messages. A new value is for new events.",
		},
		{
			name: section + "dm_ttl_days", also: sqlite + "dm_ttl_days", value: aNumber(&c.DMTTLDays, 30, 1, 36500), reloads: true,
			doc: "How many days an event about a direct message is kept. A new value is for new events.",
		},
		{
			name: section + "archive.enabled", value: aBool(&c.ArchiveEnabled, false), reloads: true,
			doc: "Move expired events into a table of their own in the same file, instead of removing them. replay --archive shows them. It only ever grows.",
		},
		{
			name: section + "archive.after_days", value: aNumber(&c.ArchiveAfterDays, 30, 1, 36500), reloads: true,
			doc: "After how many days events are moved there though they are kept for longer, if archive.enabled. Nothing is archived later than it expires.",
		},
		{
			name: section + "redact_deleted", value: aBool(&c.RedactDeleted, false),
			doc: "When a message is deleted, put [redacted] in the place of its text, and of what edits replaced, in all events about it: the stored ones, the archived ones and the deletion's own. Who has read them before has read them.",
		},
		{
			name: section + "polling_interval_ms", value: aNumber(&c.PollingIntervalMS, 100, 1, 1000),
			doc: "The longest time between two looks at the database, in milliseconds. A commit is noticed much sooner where the system tells of it. It is at most a second, because an idle database is tidied up after one.",
		},
		{
			name: section + "batch_size", value: aNumber(&c.BatchSize, 100, 1, 10000),
			doc: "How many changes are carried into the event log in one transaction, at most.",
		},
		{
			name: section + "max_wait_ms", value: aNumber(&c.MaxWaitMS, 100, 0, 1000),
			doc: "How long a batch may wait for more, in milliseconds, at most. A batch waits only while several changes at a time come faster than they are carried, and no longer than carrying the one before it took; the first change after a pause never waits.",
		},
		{
			name: sqlite + "path", value: aPath(&c.EventFile),
			doc: "The file that events are kept in. Empty: beside the database, named after it.",
		},
		{
			name: section + "cache.ttl_seconds", value: aNumber(&c.CacheTTLSeconds, 60, 1, 86400),
			doc: "How long an event stays in memory for readers to share. Older ones are read from the file.",
		},
		{
			name: section + "cache.max_size", value: aNumber(&c.CacheMaxSize, 10000, 1, 10_000_000),
			doc: "How many events stay in memory for readers to share, at most.",
		},
	}
}

// laterKeys are those that no part of this version heeds. They are read, so
// that the configurations of the design document load, and printed; whoever
// sets one is told.
func (c *config) laterKeys() []configKey {
	const section = "event_streaming."
	words := func(words ...string) configValue { return oneOf(new(string), words...) }
	anyText := func(initial string) configValue { return aText(new(string), initial, "a text") }
	path := func() configValue { return aPath(new(string)) }
	count := func(initial, largest int) configValue { return aNumber(new(int), initial, 1, largest) }
	return []configKey{
		{name: section + "redis.url", value: anyText(""), lacking: "Redis", doc: "The Redis that events are copied to."},
		{name: section + "redis.stream_ttl_days", value: count(7, 36500), lacking: "Redis", doc: "How many days Redis keeps events."},
		{name: section + "redis.consumer_group_ttl_days", value: count(1, 36500), lacking: "Redis", doc: "After how many idle days a consumer group is removed."},
		{name: section + "redis.max_len", value: count(1_000_000, 1_000_000_000), lacking: "Redis", doc: "How many events Redis keeps, at most."},
		{name: section + "kafka.brokers", value: aList(new([]string), "HOST:PORT"), lacking: "Kafka", doc: "The brokers of the Kafka that events are copied to."},
		{name: section + "kafka.topic", value: anyText("cslack-events"), lacking: "Kafka", doc: "The topic there."},
		{name: section + "origin.url", value: anyText(""), lacking: "a node without the database", doc: "The server that has the database."},
		{name: section + "origin.token_file", value: path(), lacking: "a node without the database", doc: "The file with the token for it."},
		{name: section + "origin.ca", value: path(), lacking: "a node without the database", doc: "The certificate that it is known by."},
		{name: "tls.cert", value: path(), lacking: "TLS", doc: "The certificate of this server."},
		{name: "tls.key", value: path(), lacking: "TLS", doc: "Its key."},
		{name: "tls.terminated_by_proxy", value: aBool(new(bool), false), lacking: "TLS", doc: "A proxy in front of this server speaks TLS."},
		{name: "auth.mode", value: words("none", "token", "jwt"), lacking: "authentication", doc: "How readers say who they are."},
		{name: "auth.tokens_file", value: path(), lacking: "authentication", doc: "The file with the tokens."},
		{name: "audit.file", value: path(), lacking: "the audit log", doc: "The file that subscriptions are noted in."},
	}
}
