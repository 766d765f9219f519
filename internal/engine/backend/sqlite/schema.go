package sqlite

// version is the layout of the event file. A file of another one is refused.
const version = 1

// schema makes the tables. event_stream, its three indexes and the expiry
// trigger are named and shaped as the host's design document has them, so
// that its cleanup statements run on this file; audience_id, change_id and
// the fourth index are ours.
const schema = `
CREATE TABLE event_stream(
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	event_type TEXT NOT NULL,
	entity_type TEXT NOT NULL,
	entity_id TEXT NOT NULL,
	agent_id TEXT,
	channel_id TEXT,
	project_id TEXT,
	payload JSON,
	created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
	expires_at TIMESTAMP,
	processed BOOLEAN DEFAULT FALSE,
	audience_id INTEGER,
	change_id INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX idx_event_stream_agent ON event_stream(agent_id, created_at);
CREATE INDEX idx_event_stream_channel ON event_stream(channel_id, created_at);
CREATE INDEX idx_event_stream_expiry ON event_stream(expires_at);
CREATE INDEX idx_event_stream_created ON event_stream(created_at);
CREATE TRIGGER event_stream_set_expiry AFTER INSERT ON event_stream WHEN NEW.expires_at IS NULL
BEGIN
	UPDATE event_stream
	SET expires_at = CASE
		WHEN NEW.event_type LIKE 'dm.%' THEN datetime('now', '+30 days')
		ELSE datetime('now', '+7 days')
	END
	WHERE id = NEW.id;
END;
CREATE TABLE event_archive AS SELECT * FROM event_stream WHERE 0;
CREATE UNIQUE INDEX idx_event_archive_id ON event_archive(id);
CREATE TABLE agent(number INTEGER PRIMARY KEY, name TEXT NOT NULL, project TEXT NOT NULL);
CREATE TABLE audience(id INTEGER PRIMARY KEY AUTOINCREMENT, agents BLOB NOT NULL, last_event INTEGER NOT NULL);
CREATE TABLE workspace(kind TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY(kind, key)) WITHOUT ROWID;
CREATE TABLE meta(
	id INTEGER PRIMARY KEY CHECK(id=1),
	version INTEGER NOT NULL,
	file TEXT NOT NULL,
	epoch TEXT NOT NULL,
	database_path TEXT NOT NULL,
	database_device INTEGER NOT NULL,
	database_inode INTEGER NOT NULL,
	carried_log TEXT NOT NULL DEFAULT '',
	carried_id INTEGER NOT NULL DEFAULT 0,
	carried_fence TEXT NOT NULL DEFAULT '',
	carrier TEXT NOT NULL DEFAULT '',
	trimmed_dm INTEGER NOT NULL DEFAULT 0,
	trimmed_rest INTEGER NOT NULL DEFAULT 0
);
`

// timeFormat is how the file writes times: UTC text that SQLite's own date
// functions read.
const timeFormat = "2006-01-02 15:04:05.000"

const eventColumns = `id,event_type,entity_type,entity_id,agent_id,channel_id,project_id,+payload,+created_at,+expires_at,audience_id,change_id`
