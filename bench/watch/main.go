// Watch measures the live view in a real terminal: how long a key takes to
// show while events pour in, how much memory and processor the view needs then,
// and how much when nothing happens.
//
// Writer, server and view are processes of their own. The view begins with the
// whole history of the workspace.
package main

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strconv"
	"time"

	"cslack-stream/bench"
)

func main() {
	var o options
	flag.IntVar(&o.history, "history", 100_000, "messages that are there before")
	flag.Float64Var(&o.rate, "rate", 5000, "messages a second of the flood")
	flag.DurationVar(&o.flood, "flood", 10*time.Second, "how long it lasts")
	flag.DurationVar(&o.idle, "idle", 5*time.Second, "how long to measure the idle view")
	bench.Main("watch", 2*time.Minute, func(ctx context.Context, lab *bench.Lab) error { return run(ctx, lab, o) })
}

type options struct {
	history     int
	rate        float64
	flood, idle time.Duration
}

// settle is how long the view may take to tidy up before it counts as idle.
const settle = 2 * time.Second

func run(ctx context.Context, lab *bench.Lab, o options) error {
	path, err := lab.Workspace()
	if err != nil {
		return err
	}
	defer lab.Discard(path)
	if _, err := lab.Write(ctx, "bulk", path, "--messages", strconv.Itoa(o.history)); err != nil {
		return err
	}
	server, err := lab.Serve(ctx, path)
	if err != nil {
		return err
	}
	defer func() { _ = server.Stop() }()
	t, err := open(lab.Command(ctx, "watch", bench.Agent, "--server", server.URL, "-n", strconv.Itoa(o.history)))
	if err != nil {
		return err
	}
	defer t.close()
	if err := t.until(ctx, "live"); err != nil {
		return err
	}
	return measure(ctx, lab, path, t, o)
}

func measure(ctx context.Context, lab *bench.Lab, path string, t *terminal, o options) error {
	written := make(chan error, 1)
	before, known := bench.CPUOf(t.pid())
	began := time.Now()
	var wrote bench.Result
	go func() {
		var err error
		wrote, err = lab.Write(ctx, "paced", path, "--rate", strconv.FormatFloat(o.rate, 'g', -1, 64),
			"--seconds", strconv.FormatFloat(o.flood.Seconds(), 'g', -1, 64), "--together", "25")
		written <- err
	}()
	keys, err := pressKeys(ctx, t, written)
	if err != nil {
		return err
	}
	took := time.Since(began)
	after, _ := bench.CPUOf(t.pid())
	time.Sleep(settle)
	idle := idleOf(t, o.idle)
	direct, err := idleDirect(ctx, lab, path, o)
	if err != nil {
		return err
	}
	peak := bench.PeakOf(t.pid())

	fmt.Printf("watch --server, %d messages of history, then %.0f a second for %.0f s (load average %s):\n\n",
		o.history, float64(len(wrote.Commits))/wrote.Wall, wrote.Wall, bench.LoadAverage())
	t.forget()
	fmt.Printf("events a second, shown     %.0f, the most in the mean of ten seconds\n", t.rate)
	fmt.Printf("a key, until it shows      p50 %v, p99 %v, of %d (goal: p99 below 50 ms)\n",
		bench.Percentile(keys, 0.5).Round(time.Millisecond), bench.Percentile(keys, 0.99).Round(time.Millisecond), len(keys))
	fmt.Printf("resident memory, at most   %.0f MB (goal: below 150 MB)\n", float64(peak)/(1<<20))
	if known {
		fmt.Printf("processor under the flood  %.0f %% of a core\n", 100*float64(after-before)/float64(took))
		fmt.Printf("processor when idle        %.2f %% of a core; without a server, on its database, %.2f %% (goal: below 0.5 %%)\n", 100*idle, 100*direct)
	}
	return nil
}

// idleOf is the share of a core that the view takes while nothing happens.
func idleOf(t *terminal, d time.Duration) float64 {
	before, _ := bench.CPUOf(t.pid())
	time.Sleep(d)
	after, _ := bench.CPUOf(t.pid())
	return float64(after-before) / float64(d)
}

// idleDirect is the same of a view that reads the database itself.
func idleDirect(ctx context.Context, lab *bench.Lab, path string, o options) (float64, error) {
	t, err := open(lab.Command(ctx, "watch", bench.Agent, "--direct", "--db", path))
	if err != nil {
		return 0, err
	}
	defer t.close()
	if err := t.until(ctx, "live"); err != nil {
		return 0, err
	}
	time.Sleep(settle)
	return idleOf(t, o.idle), nil
}

// pressKeys opens and closes the help again and again until the flood has
// ended, and returns how long opening took, sorted.
func pressKeys(ctx context.Context, t *terminal, written <-chan error) ([]time.Duration, error) {
	var took []time.Duration
	for {
		select {
		case err := <-written:
			slices.Sort(took)
			return took, err
		default:
		}
		t.forget()
		began := time.Now()
		if err := t.press("?"); err != nil {
			return nil, err
		}
		if err := t.until(ctx, "MOVE"); err != nil {
			return nil, err
		}
		took = append(took, time.Since(began))
		t.forget()
		if err := t.press("?"); err != nil {
			return nil, err
		}
		// Closed and opened within a frame, nothing would change.
		if err := t.until(ctx, "brown fox"); err != nil {
			return nil, err
		}
		// Not in step with the frames of the screen.
		time.Sleep(time.Duration(20+len(took)*7%40) * time.Millisecond)
	}
}
