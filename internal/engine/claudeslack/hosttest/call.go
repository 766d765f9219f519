package hosttest

import (
	"fmt"
	"strings"
)

// Session is the statement by which the host notes a session of a project;
// empty: of none.
func Session(id, project string) string {
	return fmt.Sprintf(`INSERT OR REPLACE INTO sessions(id,project_id,scope,updated_at) VALUES(%s,nullif(%s,''),'project',strftime('%%s','now'))`,
		quote(id), quote(project))
}

// Call is the statement by which the host's hook records the call of one of
// its tools, such as "get_messages", in a session that there is.
func Call(session, tool, inputs string) string {
	return fmt.Sprintf(`INSERT INTO tool_calls(session_id,tool_name,tool_inputs_hash,tool_inputs) VALUES(%s,%s,'hash',%s)`,
		quote(session), quote("mcp__claude-slack__"+tool), quote(inputs))
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
