package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/tui/line"
)

// TestAgents_ShowWhoChecked: people see it only where anybody was ever seen
// checking.
func TestAgents_ShowWhoChecked(t *testing.T) {
	env := &environment{Now: func() time.Time { return time.Date(2026, 1, 2, 15, 6, 5, 0, time.UTC) }, Location: time.UTC}
	infos := []event.AgentInfo{{Name: "alice", ProjectID: new("p"), ProjectName: new("webapp")}, {Name: "bob", ProjectID: new("p"), ProjectName: new("webapp")}}
	show := func() string {
		var out strings.Builder
		if err := env.agentTable(infos, line.NewNames(infos), true).print(&out, "text", true); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	if diff := cmp.Diff(`AGENT         PROJECT  STATUS  ACTIVE  CHANNELS  DESCRIPTION
alice@webapp  webapp           never   0
bob@webapp    webapp           never   0
`, show()); diff != "" {
		t.Errorf("nobody ever checked (-want +got):\n%s", diff)
	}
	infos[0].CheckedAt, infos[0].Waiting, infos[0].Description = new("2026-01-02T15:04:00.250Z"), new(int64(7)), new("Leads")
	if diff := cmp.Diff(`AGENT         PROJECT  STATUS  ACTIVE  CHANNELS  CHECKED  WAITING  DESCRIPTION
alice@webapp  webapp           never   0         2m ago   7        Leads
bob@webapp    webapp           never   0         never
`, show()); diff != "" {
		t.Errorf("one did (-want +got):\n%s", diff)
	}
}
