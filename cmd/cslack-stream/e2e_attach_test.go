//go:build unix

package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"cslack-stream/internal/engine/claudeslack/hosttest"
)

// tailArgs are the arguments for a tail of what is said, one text a line.
func (sc *scene) tailArgs(args ...string) []string {
	return append([]string{"tail", "--direct", "--db", sc.db, "--all", "--type", "message.new", "--template", "{{.Text}}"}, args...)
}

// tail starts a tail that follows.
func (sc *scene) tail(args ...string) *child {
	sc.t.Helper()
	return sc.start(sc.tailArgs(args...)...)
}

// tailAll returns what a tail that does not follow shows.
func (sc *scene) tailAll(args ...string) []string {
	sc.t.Helper()
	c := sc.run(sc.tailArgs(append(args, "--no-follow")...)...)
	if got := c.exitCode(); got != 0 {
		sc.t.Fatalf("tail: got exit code %v, want 0; stderr:\n%s", got, c.err)
	}
	return c.out.lines()
}

// attachmentKinds are the databases that a tail attaches to.
var attachmentKinds = []struct {
	name string
	// carried makes a database with messages carried0 to carried2; if there
	// are triggers, they are in the event file.
	make func(t *testing.T) (*scene, *hosttest.Writer)
}{
	{"with triggers", func(t *testing.T) (*scene, *hosttest.Writer) {
		sc, w := newWorldScene(t)
		s := sc.serve()
		f := s.open(operatorQuery, s.beginning())
		w.Exec(sayEach("carried", 3)...)
		f.untilText("carried2")
		s.stop()
		return sc, w
	}},
	{"without triggers", func(t *testing.T) (*scene, *hosttest.Writer) {
		sc, w := newWorldScene(t)
		w.Exec(sayEach("carried", 3)...)
		return sc, w
	}},
}

// sums are the checksums of the database and of the event file, if there is
// one. No process may have them open.
func (sc *scene) sums() string {
	sc.t.Helper()
	var out []string
	for _, path := range []string{sc.db, eventFile(sc.db)} {
		f, err := os.Open(path)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			sc.t.Fatal(err)
		}
		h := sha256.New()
		if _, err := io.Copy(h, f); err != nil {
			sc.t.Fatal(err)
		}
		_ = f.Close()
		out = append(out, filepath.Base(path)+" "+hex.EncodeToString(h.Sum(nil)))
	}
	return strings.Join(out, "\n")
}

// TestTail_LeavesFilesAsTheyAre: a tail shows what is in the database, carried
// or not, and the files are the same afterwards, byte for byte, also if it is
// killed.
func TestTail_LeavesFilesAsTheyAre(t *testing.T) {
	t.Parallel()
	for _, kind := range attachmentKinds {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			sc, w := kind.make(t)
			w.Exec(sayEach("uncarried", 3)...)
			want := append(numbered("carried", 3), numbered("uncarried", 3)...)
			before := sc.sums()
			compare(t, "tail", want, sc.tailAll())
			if got := sc.sums(); got != before {
				t.Errorf("behind a tail: got files\n%s\nwant\n%s", got, before)
			}
			c := sc.tail()
			c.out.untilLine(t, "uncarried2")
			c.kill()
			compare(t, "tail that follows", want, c.out.lines())
			if got := sc.sums(); got != before {
				t.Errorf("behind a tail that was killed: got files\n%s\nwant\n%s", got, before)
			}
			compare(t, "tail -n 2", want[4:], sc.run("tail", "--direct", "--db", sc.db, "-n", "2", "--type", "message.new", "--template", "{{.Text}}", "--no-follow").out.lines())
			c = sc.run("doctor", "--db", sc.db)
			if got := sc.sums(); got != before || c.exitCode() != 0 {
				t.Errorf("behind doctor (exit code %v, %s): got files\n%s\nwant\n%s", c.exitCode(), c.out, got, before)
			}
			c = sc.run("capture", "status", "--db", sc.db)
			if got := sc.sums(); got != before || c.exitCode() != 0 {
				t.Errorf("behind capture status (exit code %v, %s): got files\n%s\nwant\n%s", c.exitCode(), c.out, got, before)
			}
			// What it left beside the file disturbs nobody.
			w.Exec(say("afterwards"))
			compare(t, "the table", append(want, "afterwards"), sc.contents())
			sc.checkIntegrity()
		})
	}
}

// TestTail_BesideAServer: a server starts while a tail follows, carries, and
// trims what it has carried. The tail loses nothing and shows nothing twice.
func TestTail_BesideAServer(t *testing.T) {
	t.Parallel()
	for _, kind := range attachmentKinds {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			sc, w := kind.make(t)
			w.Exec(sayEach("uncarried", 3)...)
			c := sc.tail()
			c.out.untilLine(t, "uncarried2")
			w.Exec(sayEach("alone", 3)...)
			c.out.untilLine(t, "alone2")

			want := slices.Concat(numbered("carried", 3), numbered("uncarried", 3), numbered("alone", 3))
			w.Start(hosttest.Step{SQL: sayEach("early", 400)}) // while the server starts
			s := sc.serve()
			w.Wait()
			w.Exec(sayEach("both", 1200)...)
			want = slices.Concat(want, numbered("early", 400), numbered("both", 1200))
			c.out.untilLine(t, "both1199")
			eventually(t, "trimming", func() bool { return sc.query(`SELECT count(*)<1000 FROM cslack_change`)[0] == "1" })
			w.Exec(say("trimmed"))
			c.out.untilLine(t, "trimmed")
			s.stop()
			w.Exec(say("alone again"))
			c.out.untilLine(t, "alone again")
			want = append(want, "trimmed", "alone again")
			compare(t, "tail beside a server", want, c.out.lines())
			if strings.Contains(c.err.String(), "gap") {
				t.Errorf("got stderr %s, want no gap", c.err)
			}
			compare(t, "a tail afterwards", want, sc.tailAll())
			sc.checkIntegrity()
		})
	}
}

// has reports whether the process has a file open. Where that can not be told
// it says no.
func (c *child) has(path string) bool {
	dir := filepath.Join("/proc", strconv.Itoa(c.cmd.Process.Pid), "fd")
	entries, err := os.ReadDir(dir)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(entries, func(e os.DirEntry) bool {
		target, err := os.Readlink(filepath.Join(dir, e.Name()))
		return err == nil && target == path
	})
}

// TestTail_DatabaseReplaced: an older backup is copied over the database while
// a tail follows, or another file takes its place. The file stays whole, what
// is new is shown, and nothing of the history that is gone comes again.
func TestTail_DatabaseReplaced(t *testing.T) {
	t.Parallel()
	for _, kind := range attachmentKinds {
		for _, r := range replacements {
			t.Run(kind.name+", "+r.name, func(t *testing.T) {
				t.Parallel()
				sc, w := kind.make(t)
				w.Exec(sayEach("kept", 3)...)
				backup := sc.db + ".backup"
				shell(t, "cp", sc.db, backup)
				kept := []string(nil)
				if r.kept != nil {
					kept = append(numbered("carried", 3), numbered("kept", 3)...)
				}
				c := sc.tail()
				c.out.untilLine(t, "kept2")
				w.Exec(sayEach("overwritten", 5)...)
				c.out.untilLine(t, "overwritten4")
				// A tail writes nothing, so it can not empty the -wal: the
				// host's next last connection does, once tail has let go.
				eventually(t, "an empty -wal", func() bool {
					eventually(t, "tail letting go of the database", func() bool { return !c.has(sc.db) })
					w.Exec(`PRAGMA user_version`)
					return sc.walIsEmpty()
				})
				before := len(c.out.lines())
				r.do(t, sc, backup)
				hosttest.StartWriter(t, sc.db).Exec(sayEach("new", 3)...)
				sc.checkIntegrity()
				compare(t, "the table", append(kept, numbered("new", 3)...), sc.contents())
				c.out.untilLine(t, "new2")
				hosttest.StartWriter(t, sc.db).Exec(say("last"))
				c.out.untilLine(t, "last")
				// Behind a gap, what is retained is shown again or not; what is
				// new is shown once.
				got := c.out.lines()[before:]
				if n := len(kept); len(got) > n && slices.Equal(got[:n], kept) {
					got = got[n:]
				}
				compare(t, "tail behind the gap", append(numbered("new", 3), "last"), got)
				if n := strings.Count(c.err.String(), "gap"); n != 1 {
					t.Errorf("got %d gaps on stderr, want 1: %s", n, c.err)
				}
				compare(t, "the table in the end", slices.Concat(kept, numbered("new", 3), []string{"last"}), sc.contents())
				sc.checkIntegrity()
			})
		}
	}
}

// nobody is another user.
const nobody = 65534

// stranger starts the program as a user who can read everything of the scene
// and write nothing.
func (sc *scene) stranger(args ...string) *child {
	sc.t.Helper()
	dir := publicDir(sc.t)
	self, err := os.Executable()
	if err != nil {
		sc.t.Fatal(err)
	}
	binary := filepath.Join(dir, "cslack-stream")
	if err := os.Link(self, binary); err != nil {
		shell(sc.t.(*testing.T), "cp", self, binary)
	}
	return sc.startAs(func(cmd *exec.Cmd) {
		cmd.Path, cmd.Dir = binary, dir
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}, args...)
}

// publicDir is a directory that everybody can read; those of t.TempDir are
// not.
func publicDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "cslack-e2e")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestTail_ReadOnlyDirectory: somebody who can not write to the directory can
// still look.
func TestTail_ReadOnlyDirectory(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("only root can run the program as another user")
	}
	for _, kind := range attachmentKinds {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			sc, _ := kind.make(t)
			dir := publicDir(t)
			for _, path := range []string{sc.db, eventFile(sc.db)} {
				if _, err := os.Stat(path); err == nil {
					shell(t, "cp", path, dir)
				}
			}
			sc.db = filepath.Join(dir, filepath.Base(sc.db))
			w := hosttest.StartWriter(t, sc.db)
			files := func() (out []string) {
				entries, err := os.ReadDir(dir)
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range entries {
					info, err := e.Info()
					if err != nil {
						t.Fatal(err)
					}
					out = append(out, fmt.Sprint(e.Name(), " ", info.Mode(), " ", info.ModTime()))
				}
				return out
			}
			want := numbered("carried", 3)

			// Nobody has it open, and nothing lies beside it.
			before := files()
			c := sc.stranger(sc.tailArgs("--no-follow")...)
			if code := c.exitCode(); code != 0 || !strings.Contains(c.err.String(), "static look") {
				t.Errorf("got exit code %v and stderr %s, want a static look", code, c.err)
			}
			compare(t, "static look", want, c.out.lines())
			compare(t, "files behind a static look", before, files())

			// The host has it open.
			w.Do(hosttest.Step{Keep: true, SQL: sayEach("kept", 3)})
			want = append(want, numbered("kept", 3)...)
			c = sc.stranger(sc.tailArgs("--no-follow")...)
			if code := c.exitCode(); code != 0 || strings.Contains(c.err.String(), "static") {
				t.Errorf("got exit code %v and stderr %s, want a live look", code, c.err)
			}
			compare(t, "look beside the host", want, c.out.lines())
			c = sc.stranger(sc.tailArgs()...)
			c.out.untilLine(t, "kept2")
			for i := range 3 {
				w.Do(hosttest.Step{Keep: true, SQL: []string{say(fmt.Sprint("live", i))}})
				c.out.untilLine(t, fmt.Sprint("live", i))
			}
			c.signal(syscall.SIGTERM)
			if code := c.exitCode(); code != exitTerminated {
				t.Errorf("got exit code %v, want %v; stderr: %s", code, exitTerminated, c.err)
			}
			want = append(want, numbered("live", 3)...)
			compare(t, "tail beside the host", want, c.out.lines())

			// The host was killed: everything new is in the -wal it left.
			w.Kill()
			c = sc.stranger(sc.tailArgs("--no-follow")...)
			if code := c.exitCode(); code != 0 {
				t.Errorf("got exit code %v and stderr %s, want 0", code, c.err)
			}
			compare(t, "look behind a host that was killed", want, c.out.lines())

			// serve can look too, keeping events in memory.
			s := sc.serves(sc.stranger(sc.serveArgs("--no-install")...))
			if h := s.health(); h.Backend != "memory" || h.Carries || h.Status != "healthy" {
				t.Errorf("got health %+v, want a server in memory that carries nothing", h)
			}
			compare(t, "serve", want, texts(s.everything(operatorQuery+"&since=2000-01-01T00:00:00Z", "")))
			s.stop()
			compare(t, "the table", want, sc.contents())
		})
	}
}

// TestTail_TriggersRemoved: capture is uninstalled while a tail follows, and
// installed again. The tail goes on: by looking at the tables, if it must.
func TestTail_TriggersRemoved(t *testing.T) {
	t.Parallel()
	sc, w := attachmentKinds[0].make(t)
	c := sc.tail()
	c.out.untilLine(t, "carried2")
	if u := sc.run("capture", "uninstall", "--db", sc.db); u.exitCode() != 0 {
		t.Fatalf("uninstall: got exit code %v: %s", u.exitCode(), u.err)
	}
	w.Exec(sayEach("removed", 2)...)
	c.out.untilLine(t, "removed1")
	if i := sc.run("capture", "install", "--db", sc.db); i.exitCode() != 0 {
		t.Fatalf("install: got exit code %v: %s", i.exitCode(), i.err)
	}
	w.Exec(sayEach("installed", 2)...)
	c.out.untilLine(t, "installed1")
}

// TestTail_LeavesNoFullWAL: without us the host's last connection empties the
// -wal and removes it, so that a backup can be copied over the database. A
// tail that was connected at that moment keeps the -wal in being; when it has
// let go, the file must be as empty as the host would have left it.
func TestTail_LeavesNoFullWAL(t *testing.T) {
	t.Parallel()
	for _, kind := range attachmentKinds {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			sc, w := kind.make(t)
			backup := sc.db + ".backup"
			shell(t, "cp", sc.db, backup)
			c := sc.tail()
			c.out.untilLine(t, "carried2")
			w.Exec(sayEach("overwritten", 20)...)
			c.out.untilLine(t, "overwritten19")
			eventually(t, "tail letting go of the database, and an empty -wal", func() bool { return !c.has(sc.db) && sc.walIsEmpty() })
			shell(t, "cp", backup, sc.db)
			compare(t, "the table", numbered("carried", 3), sc.contents())
			sc.checkIntegrity()
		})
	}
}
