package sqlite

// version is the layout of the event file. Version 1 lacks the marks of what
// is in neither table, the triggers that keep the marks, and an index of the
// archive: it is read as it is, and upgraded by whoever opens it for writing. A
// file of any other version is refused.
const version = 2

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
` + archiveCreated + `
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
	trimmed_rest INTEGER NOT NULL DEFAULT 0,
	lost_dm INTEGER NOT NULL DEFAULT 0,
	lost_rest INTEGER NOT NULL DEFAULT 0
);
` + marks

// archiveCreated is for replaying and removing by time.
const archiveCreated = `CREATE INDEX idx_event_archive_created ON event_archive(created_at);`

// marks keep in meta how far each retention class has been removed from
// event_stream (trimmed), and from the file altogether (lost), whoever removes
// it: the host's design document lets people clean up with statements of their
// own. A cursor from before a mark is a gap, never a silent hole.
const marks = streamMark + `
CREATE TRIGGER event_archive_mark AFTER DELETE ON event_archive
BEGIN
	UPDATE meta SET
		lost_dm = max(lost_dm, iif(OLD.event_type LIKE 'dm.%', OLD.id, 0)),
		lost_rest = max(lost_rest, iif(OLD.event_type LIKE 'dm.%', 0, OLD.id));
END;
`

const streamMark = `
CREATE TRIGGER event_stream_mark AFTER DELETE ON event_stream
BEGIN
	UPDATE meta SET
		trimmed_dm = max(trimmed_dm, iif(OLD.event_type LIKE 'dm.%', OLD.id, 0)),
		trimmed_rest = max(trimmed_rest, iif(OLD.event_type LIKE 'dm.%', 0, OLD.id)),
		(lost_dm, lost_rest) = (SELECT
			max(lost_dm, iif(OLD.event_type LIKE 'dm.%', gone, 0)),
			max(lost_rest, iif(OLD.event_type LIKE 'dm.%', 0, gone))
			FROM (SELECT iif(EXISTS(SELECT 1 FROM event_archive WHERE id = OLD.id), 0, OLD.id) AS gone));
END;
`

// upgrade makes version 2 of version 1, which has never archived anything:
// what it has removed is lost.
const upgrade = `
ALTER TABLE meta ADD COLUMN lost_dm INTEGER NOT NULL DEFAULT 0;
ALTER TABLE meta ADD COLUMN lost_rest INTEGER NOT NULL DEFAULT 0;
UPDATE meta SET version = 2, lost_dm = trimmed_dm, lost_rest = trimmed_rest;
` + archiveCreated + marks

// timeFormat is how the file writes times: UTC text that SQLite's own date
// functions read.
const timeFormat = "2006-01-02 15:04:05.000"

const eventColumns = `id,event_type,entity_type,entity_id,agent_id,channel_id,project_id,+payload,+created_at,+expires_at,audience_id,change_id`
