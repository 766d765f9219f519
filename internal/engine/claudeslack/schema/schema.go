// Package schema holds the database schemas of the releases of Claude-Slack
// that this project supports, word for word, so that tests and the demo work
// on databases like the ones that Claude-Slack itself makes.
//
// Nothing here is ever applied to a user's database: that file is made by
// Claude-Slack alone.
package schema

import _ "embed"

// The supported generations. Their tables and columns have the same names;
// they differ in how times are declared and stored.
//
// The text is that of sqlite_master in databases made by Claude-Slack
// (https://github.com/theo-nash/claude-slack, MIT licence: see LICENSE beside
// the files), in the order of creation. Tables that SQLite makes by itself
// are left out.
var (
	// V41 is the schema of Claude-Slack v4.1.2 to v4.1.4: times are numbers,
	// seconds since 1970.
	//
	//go:embed v4.1.sql
	V41 string

	// V30 is the schema of Claude-Slack v3.0.0 to v4.1.1: times are text in
	// UTC. Later releases go on with such a database as it is, so both kinds
	// of times meet in it.
	//
	//go:embed v3.0.sql
	V30 string
)
