//go:build unix

package main

import (
	"strings"
	"testing"
)

// TestServe_Archives: what has expired while no server ran is archived by the
// next, and replay shows it in its place.
func TestServe_Archives(t *testing.T) {
	t.Parallel()
	sc, w := newWorldScene(t)
	sc.capture(exitDone, "install")
	w.Exec(sayEach("m", 20)...)
	sc.capture(exitDone, "install")
	sc.alter(eventFile(sc.db), `UPDATE event_stream SET expires_at=datetime('now','-1 hour') WHERE payload GLOB '*"m[0-9]"*'`)
	s := sc.serve("--config", sc.config("event_streaming: {archive: {enabled: true}}\n"))
	eventually(t, "that what is expired is archived", func() bool {
		n, err := queryFile(t.Context(), eventFile(sc.db), `SELECT count(*) FROM event_archive`)
		return err == nil && n[0] == "10"
	})
	f := s.open(operatorQuery, s.beginning())
	w.Exec(say("end"))
	compare(t, "stream", append(numbered("m", 20)[10:], "end"), texts(onlyEvents(t, f.untilText("end"))))
	s.stop()
	replay := func(args ...string) []string {
		t.Helper()
		return sc.run(append([]string{"replay", "--db", sc.db, "--type", "message.new", "--template", "{{.Text}}"}, args...)...).out.lines()
	}
	compare(t, "replay", append(numbered("m", 20)[10:], "end"), replay())
	compare(t, "replay with the archive", append(numbered("m", 20), "end"), replay("--archive"))
	sc.checkIntegrity()
}

// TestServe_RedactsDeleted: who comes after a deletion does not get the text,
// nor after a restart; who was there had it, and is told of the deletion
// without it.
func TestServe_RedactsDeleted(t *testing.T) {
	t.Parallel()
	sc, w := newWorldScene(t)
	config := sc.config("event_streaming: {redact_deleted: true}\n")
	s := sc.serve("--config", config)
	f := s.open(operatorQuery, s.beginning())
	w.Exec(say("keep"), say("secret"))
	f.untilText("secret")
	w.Exec(`UPDATE messages SET content='[Message deleted]',metadata='{"deleted":1}' WHERE content='secret'`, say("end"))
	after := onlyEvents(t, f.untilText("end"))
	check := func(who string, frames []frame) {
		t.Helper()
		all := strings.Join(raws(frames), "\n")
		if strings.Contains(all, "secret") || !strings.Contains(all, "[redacted]") {
			t.Errorf("%s: got %s, want [redacted] in the place of the text", who, all)
		}
	}
	check("open stream", after)
	check("late reader", s.everything(operatorQuery, s.beginning()))
	s.stop()
	s = sc.serve("--config", config)
	check("after a restart", s.everything(operatorQuery, s.beginning()))
	s.stop()
}
