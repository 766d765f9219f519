package poll

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cslack-stream/internal/engine/claudeslack/hosttest"
	"cslack-stream/internal/engine/event"
)

// recipients returns who may see an event, sorted.
func recipients(e event.Event) string {
	names := []string{}
	for _, a := range e.Audience.Agents() {
		names = append(names, a.String())
	}
	slices.Sort(names)
	return fmt.Sprint(names)
}

func wantList(t *testing.T, got []string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestPoller_RecordedTraffic replays traffic of the real host from another
// process, looks after every transaction, and compares the events with those
// that it must make.
func TestPoller_RecordedTraffic(t *testing.T) {
	for _, generation := range []string{"v4.1", "v3.0"} {
		t.Run(generation, func(t *testing.T) {
			path, traffic := hosttest.Traffic(t, generation)
			f := watchFile(t, path)
			ws := f.workspace()
			w := hosttest.StartWriter(t, path)
			for _, x := range traffic {
				w.Do(hosttest.Step{SQL: x.SQL, Keep: true, Errors: true})
				f.look()
				events, _ := ws.Render(f.pending(), true)
				var got []string
				for _, e := range events {
					got = append(got, string(e.Type)+" "+recipients(e))
				}
				slices.Sort(got)
				if want, policy := expected(x); !slices.Equal(got, want) && !slices.Equal(got, policy) {
					t.Errorf("%d %s: got %v, want %v", x.N, x.Action, got, want)
				}
			}
		})
	}
}

// expected returns the events of a transaction, sorted; and without those
// that are a matter of policy.
func expected(x hosttest.Transaction) (all, policy []string) {
	for _, e := range x.Expect {
		to := slices.Clone(e.Recipients)
		slices.Sort(to)
		s := fmt.Sprintf("%s %v", e.Type, to)
		all = append(all, s)
		if !e.Optional {
			policy = append(policy, s)
		}
	}
	slices.Sort(all)
	slices.Sort(policy)
	return all, policy
}
