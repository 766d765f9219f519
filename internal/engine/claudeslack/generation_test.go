package claudeslack_test

import (
	"errors"
	"strings"
	"testing"

	"cslack-stream/internal/engine/claudeslack"
	"cslack-stream/internal/engine/claudeslack/hosttest"
	"cslack-stream/internal/engine/claudeslack/schema"
	"cslack-stream/internal/engine/sqlitedb"
)

func TestRecognise_Generations(t *testing.T) {
	for _, tt := range []struct {
		name, ddl string
		want      string // generation, or what the refusal names
		known     bool
	}{
		{"v4.1", schema.V41, "v4.1.2 to v4.1.4", true},
		{"v3.0", schema.V30, "v3.0 to v4.1.1", true},
		{"a column less", strings.Replace(schema.V41, "channel_metadata JSON", "other JSON", 1), "unknown", false},
		{"v1", `CREATE TABLE messages(id,channel_id,sender_id,recipient_id,content)`, "Claude-Slack v1", false},
		{"v2", `CREATE TABLE messages(id,channel_id,sender_id,content); CREATE TABLE subscriptions(x)`, "Claude-Slack v2", false},
		{"before v3", `CREATE TABLE messages(id); CREATE TABLE subscriptions(x); CREATE TABLE channel_members(role)`, "before Claude-Slack v3.0", false},
		{"empty", ``, "empty", false},
		{"another program's", `CREATE TABLE t(x)`, "not Claude-Slack's", false},
		{"messages of a stranger", `CREATE TABLE messages(x)`, "lacks messages.id", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			db, c, err := sqlitedb.Conn(t.Context(), hosttest.NewDatabaseOf(t, tt.ddl), sqlitedb.ReadOnly)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			defer c.Close()
			g, err := claudeslack.Recognise(t.Context(), c)
			if err != nil {
				if _, ok := errors.AsType[*claudeslack.SchemaError](err); !ok || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("got %v, want a SchemaError that says %q", err, tt.want)
				}
				return
			}
			if g.Name != tt.want || g.Known != tt.known {
				t.Errorf("got %+v, want %s", g, tt.want)
			}
		})
	}
}
