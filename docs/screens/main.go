// Screens takes the pictures of this directory: it runs the real program in a
// real terminal, which tmux is, on a workspace made for the purpose, and draws
// what the terminal shows as SVG, in the colours of light and dark pages.
//
// Run it from the top of the module: go run ./docs/screens. The clock of the
// pictures begins at the same time in every run, so that two runs differ by
// little more than a second here and there.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"time"
)

func main() {
	var o options
	flag.StringVar(&o.bin, "bin", "", "program to show; built if not given")
	flag.StringVar(&o.out, "out", filepath.Join("docs", "screens"), "directory for the pictures")
	flag.DurationVar(&o.limit, "limit", 3*time.Minute, "give up after this time")
	flag.Parse()
	o.names = flag.Args()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, o.limit)
	defer cancel()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "screens:", err)
		os.Exit(1)
	}
}

type options struct {
	bin, out string
	names    []string // of scenes; all if there are none
	limit    time.Duration
}

// run takes the pictures that were asked for.
func run(ctx context.Context, o options) error {
	if _, err := exec.LookPath("tmux"); err != nil {
		return errors.New("find tmux: it is not installed, and the pictures are taken of its terminal")
	}
	for _, name := range o.names {
		if !slices.ContainsFunc(scenes, func(s scene) bool { return s.name == name }) {
			return fmt.Errorf("find scene %q: there is none of that name", name)
		}
	}
	// The name of the directory is in the pictures, so it is always the same.
	dir := filepath.Join(os.TempDir(), "cslack-stream-screens")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return fmt.Errorf("make workspace: %w; remove it, unless pictures are being taken", err)
	}
	defer os.RemoveAll(dir)
	if o.bin == "" {
		o.bin = filepath.Join(dir, "cslack-stream")
		if out, err := exec.CommandContext(ctx, "go", "build", "-o", o.bin, "./cmd/cslack-stream").CombinedOutput(); err != nil {
			return fmt.Errorf("build the program: %w\n%s", err, out)
		}
	}
	bin, err := filepath.Abs(o.bin)
	if err != nil {
		return fmt.Errorf("find the program: %w", err)
	}
	for _, s := range scenes {
		if len(o.names) > 0 && !slices.Contains(o.names, s.name) {
			continue
		}
		screen, err := shoot(ctx, s, bin, dir)
		if err != nil {
			return fmt.Errorf("take %s: %w", s.name, err)
		}
		path := filepath.Join(o.out, s.name+".svg")
		if err := os.WriteFile(path, draw(s.title, screen, s.columns, s.lines), 0o644); err != nil { //nolint:gosec // a picture for everybody
			return fmt.Errorf("write picture: %w", err)
		}
		fmt.Println(path)
	}
	return nil
}
