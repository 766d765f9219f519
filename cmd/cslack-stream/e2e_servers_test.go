//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"net"
	"syscall"
	"testing"
	"time"

	"cslack-stream/internal/engine/event"
)

// TestServe_TwoOnOneFile: two servers stream everything once, in the same
// order with the same ids; one of them carries, and when it is killed the
// other goes on.
func TestServe_TwoOnOneFile(t *testing.T) {
	t.Parallel()
	sc, w := newWorldScene(t)
	sc.serve().kill() // whoever is noted then is not there any more
	servers := []*serving{sc.serve(), sc.serve()}
	if first, second := servers[0].health(), servers[1].health(); !first.Carries || second.Carries {
		t.Errorf("got carries %v of the first server and %v of the second before anything happened, want true and false", first.Carries, second.Carries)
	}
	beginning := servers[0].beginning()
	feeds := []*feed{servers[0].open(operatorQuery, beginning), servers[1].open(operatorQuery, beginning)}
	for i := range 60 {
		w.Exec(say(fmt.Sprint("m", i)))
	}
	w.Exec(sayEach("burst", 300)...)
	both := func(last string) [2][]frame {
		return [2][]frame{onlyEvents(t, feeds[0].untilText(last)), onlyEvents(t, feeds[1].untilText(last))}
	}
	got := both("burst299")
	want := append(numbered("m", 60), numbered("burst", 300)...)
	for i := range got {
		who := fmt.Sprint("server ", i)
		compare(t, who, want, texts(got[i]))
		checkFrames(t, who, got[i])
	}
	compare(t, "bytes of the servers", raws(got[0]), raws(got[1]))

	carriers := func() (out []int) {
		for i, s := range servers {
			if s.health().Carries {
				out = append(out, i)
			}
		}
		return out
	}
	var carrier int
	eventually(t, "that one of the two servers says that it carries, and the other that it does not", func() bool {
		c := carriers()
		if len(c) == 1 {
			carrier = c[0]
		}
		return len(c) == 1
	})
	other := servers[1-carrier]
	servers[carrier].kill()
	w.Exec(sayEach("after", 20)...)
	after := onlyEvents(t, feeds[1-carrier].untilText("after19"))
	compare(t, "the server that is left", numbered("after", 20), texts(after))
	if h := other.health(); !h.Carries || h.Status != "healthy" {
		t.Errorf("got health %+v of the server that is left, want it to carry", h)
	}
	// The first comes back, and knows everything.
	back := sc.serve()
	compare(t, "the server that came back", append(want, numbered("after", 20)...), texts(back.everything(operatorQuery, beginning)))
	sc.checkIntegrity()
}

// TestServe_SecondTakesOverInSilence: the server that carries is stopped, and
// another one says that it carries though nothing is written, and so does the
// last one when that is killed.
func TestServe_SecondTakesOverInSilence(t *testing.T) {
	t.Parallel()
	sc, w := newWorldScene(t)
	first, second, third := sc.serve(), sc.serve(), sc.serve()
	if second.health().Carries || third.health().Carries {
		t.Error("got a server that carries beside the first")
	}
	first.signal(syscall.SIGTERM)
	if code := first.exitCode(); code != 0 {
		t.Fatalf("got exit code %v, want 0", code)
	}
	left := []*serving{second, third}
	carriers := func() (n int) {
		for _, s := range left {
			if s.health().Carries {
				n++
			}
		}
		return n
	}
	eventually(t, "that one of the two servers that are left carries", func() bool { return carriers() > 0 })
	if !second.health().Carries {
		second, third = third, second
	}
	w.Exec(say("after"))
	compare(t, "the server that took over", []string{"after"}, texts(onlyEvents(t, second.open(operatorQuery, second.beginning()).untilText("after"))))
	if n := carriers(); n != 1 {
		t.Errorf("got %d servers that carry, want one", n)
	}
	second.kill()
	eventually(t, "that the last server carries", func() bool { return third.health().Carries })
}

func raws(frames []frame) (out []string) {
	for _, f := range frames {
		out = append(out, f.raw)
	}
	return out
}

// TestServe_StopsGracefully: with many open streams it says goodbye to each
// and ends with exit code 0 in under three seconds.
func TestServe_StopsGracefully(t *testing.T) {
	t.Parallel()
	for name, signal := range map[string]syscall.Signal{"SIGTERM": syscall.SIGTERM, "SIGINT": syscall.SIGINT} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sc, w := newWorldScene(t)
			s := sc.serve()
			var feeds []*feed
			for range 25 {
				feeds = append(feeds, s.open(operatorQuery, ""), s.open("agent=alice&project=p", s.beginning()))
			}
			w.Exec(say("hello"))
			for _, f := range feeds {
				f.untilText("hello")
			}
			start := time.Now()
			s.signal(signal)
			code := s.exitCode()
			if took := time.Since(start); code != 0 || took >= 3*time.Second {
				t.Errorf("got exit code %v after %v, want 0 in under 3s; stderr:\n%s", code, took, s.err)
			}
			for _, f := range feeds {
				frames, _, err := f.rest()
				if n := len(frames); n == 0 || frames[n-1].Type != string(event.StreamBye) {
					t.Fatalf("got %s and then %v, want stream.bye at the end", summary(frames), err)
				}
				var bye struct {
					Reason  string
					RetryMS int64 `json:"retry_ms"`
				}
				if err := json.Unmarshal(frames[len(frames)-1].Data, &bye); err != nil || bye.Reason != "shutdown" || bye.RetryMS <= 0 {
					t.Errorf("got %s, want the reason shutdown and a time to retry", frames[len(frames)-1].raw)
				}
			}
			if _, err := net.DialTimeout("tcp", s.url[len("http://"):], time.Second); err == nil {
				t.Error("got a connection to a server that has ended")
			}
		})
	}
}
