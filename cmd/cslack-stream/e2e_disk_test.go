//go:build linux

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"cslack-stream/internal/engine/claudeslack/hosttest"
)

// smallDiskEnv names the directory on a small disk, in the test that runs in
// the namespace that has it.
const smallDiskEnv = "CSLACK_TEST_SMALL_DISK"

// onSmallDisk runs the test with a disk of a few megabytes at the directory
// that it is given. The disk is mounted in a namespace that nobody else sees:
// the test runs there once more, as a process of its own.
func onSmallDisk(t *testing.T, test func(t *testing.T, disk string)) {
	t.Helper()
	if disk := os.Getenv(smallDiskEnv); disk != "" {
		test(t, disk)
		return
	}
	t.Parallel()
	disk := t.TempDir()
	mount := `mount -t tmpfs -o size=4m none "$0" || exit 99; exec "$@"`
	cmd := exec.CommandContext(t.Context(), "unshare", "--mount", "sh", "-c", mount, disk, os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), smallDiskEnv+"="+disk)
	out, err := cmd.CombinedOutput()
	if err != nil && !strings.Contains(string(out), "=== RUN") {
		t.Skipf("no disk can be mounted here: %v: %s", err, out)
	}
	if err != nil {
		t.Fatalf("%v:\n%s", err, out)
	}
}

// fill takes all room on a disk, and returns what gives it back.
func fill(t *testing.T, disk string) (free func()) {
	t.Helper()
	ballast := filepath.Join(disk, "ballast")
	for size := 1 << 20; size >= 512; {
		f, err := os.OpenFile(ballast, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(make([]byte, size)); err != nil {
			size /= 2
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return func() {
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
	}
}

// TestServe_EventFileOnAFullDisk: nothing can be appended. The changes wait in
// the database, nothing of them is trimmed, and with room they become events.
func TestServe_EventFileOnAFullDisk(t *testing.T) {
	onSmallDisk(t, func(t *testing.T, disk string) {
		sc, w := newWorldScene(t)
		events := filepath.Join(disk, "events.db")
		config := sc.config("event_streaming: {sqlite: {path: " + events + "}}\n")
		s := sc.serve("--config", config)
		f := s.open(operatorQuery, s.beginning())
		w.Exec(say("before"))
		f.untilText("before")
		free := fill(t, disk)
		const n = 600 // more than fits into what is allocated already
		w.Exec(sayEach("meanwhile", n)...)
		s.untilDegraded("capture has failed", events, "make room on that disk")
		eventually(t, "changes that wait", func() bool { return s.health().Lag > 0 })
		if h := s.health(); h.Lag > 0 {
			if waiting := len(sc.query(`SELECT id FROM cslack_change`)); int64(waiting) < h.Lag {
				t.Errorf("got %d changes in the change log, want the %d that wait", waiting, h.Lag)
			}
		}
		tried := s.said("capture failed")
		free()
		got := f.untilText("meanwhile599")
		compare(t, "the stream that was open", numbered("meanwhile", n), texts(got))
		s.untilHealthy()
		if tried > 2 {
			t.Errorf("the log says %d times that capture failed, want once:\n%s", tried, s.err)
		}
		compare(t, "a fresh reader", append([]string{"before"}, numbered("meanwhile", n)...), texts(s.everything(operatorQuery, s.beginning())))
	})
}

// TestServe_HostOnAFullDisk: what Claude-Slack can not write it is told
// itself; everything else is kept.
func TestServe_HostOnAFullDisk(t *testing.T) {
	onSmallDisk(t, func(t *testing.T, disk string) {
		made := hosttest.NewDatabase(t)
		sc := newScene(t, filepath.Join(disk, "claude-slack.db"))
		shell(t, "cp", made, sc.db)
		w := hosttest.StartWriter(t, sc.db)
		w.Exec(e2eWorld...)
		s := sc.serve()
		f := s.open(operatorQuery, s.beginning())
		w.Exec(say("before"))
		f.untilText("before")
		free := fill(t, disk)
		written, failed := []string{"before"}, 0
		for _, text := range numbered("meanwhile", 400) {
			if done := w.Do(hosttest.Step{SQL: []string{say(text)}, Errors: true}); len(done.Errs) > 0 {
				failed++
			} else {
				written = append(written, text)
			}
		}
		if failed == 0 {
			t.Error("got no failed write on a full disk")
		}
		s.health() // it answers
		free()
		w.Exec(say("after"))
		f.untilText("after")
		s.untilHealthy()
		compare(t, "a fresh reader", append(written, "after"), texts(s.everything(operatorQuery, s.beginning())))
		compare(t, "the table", append(written, "after"), sc.contents())
		sc.checkIntegrity()
		s.stop()
	})
}

// TestServe_FileTurnedReadOnly: the database can not be written to by us any
// more, while others can. Nothing is trimmed, events come all the same, and it
// is said; with the permission back all is well.
func TestServe_FileTurnedReadOnly(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can be another user than the one who serves")
	}
	t.Parallel()
	sc, _ := newWorldScene(t)
	const nobody = 65534
	own := func(uid int, files ...string) {
		for _, file := range files {
			if err := os.Chown(file, uid, uid); err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
		}
	}
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil { // of all directories of this test
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	shell(t, "cp", sc.db, dir)
	shell(t, "cp", self, dir)
	sc.db = filepath.Join(dir, filepath.Base(sc.db))
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	w := hosttest.StartWriter(t, sc.db)
	own(nobody, sc.db, sc.home, dir)
	s := sc.serves(sc.startAs(func(cmd *exec.Cmd) {
		cmd.Path = filepath.Join(dir, filepath.Base(self))
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}, sc.serveArgs()...))
	f := s.open(operatorQuery, s.beginning())
	w.Exec(say("before"))
	f.untilText("before")
	own(0, sc.db)
	if err := os.Chmod(sc.db, 0o644); err != nil {
		t.Fatal(err)
	}
	w.Exec(say("meanwhile"))
	f.untilText("meanwhile")
	s.untilDegraded(sc.db, "let this user write to it")
	w.Exec(say("still"))
	f.untilText("still")
	own(nobody, sc.db, sc.db+"-wal", sc.db+"-shm") // SQLite gives them to the owner of the database
	s.untilHealthy()
	s.saidOnce("the database can not be written to", "the database can be written to again")
	compare(t, "a fresh reader", []string{"before", "meanwhile", "still"}, texts(s.everything(operatorQuery, s.beginning())))
}
