package line_test

import (
	"testing"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/tui/line"
)

// TestView_CheckAsksNothing: an agent's own look at its messages is for it
// alone, but nobody has turned to it.
func TestView_CheckAsksNothing(t *testing.T) {
	m := &maker{t: t}
	for typ, want := range map[event.Type]bool{event.AgentChecked: false, event.AgentStatusChanged: true} {
		e := m.add(typ, "agent", alice.String(), "", event.AgentStatus{Name: alice.Name, ProjectID: &alice.Project})
		e.Agent = alice
		if r := (line.View{Agent: alice, Names: names()}).Record(e); r.Addressed != want || r.Why != line.WhyAddressee {
			t.Errorf("%s for alice: got addressed %v, why %s; want %v, addressee", typ, r.Addressed, r.Why, want)
		}
	}
}
