// Latency measures the time from the return of a foreign writer's COMMIT to
// the event on the standard output of tail, and to its bytes at a client of
// the server-sent events stream.
//
// Writer, server and tail are processes of their own; their clocks are the
// machine's one wall clock. A negative time is possible: the event can be here
// before Python has come back from COMMIT.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"

	"cslack-stream/bench"
)

func main() {
	var o options
	flag.Float64Var(&o.rate, "rate", 100, "messages a second")
	flag.Float64Var(&o.seconds, "seconds", 10, "for how long")
	flag.BoolVar(&o.reconnect, "reconnect", false, "let the writer open a new connection for every message, as the host does")
	flag.DurationVar(&o.idle, "idle", 5*time.Second, "how long to measure the idle server")
	bench.Main("latency", 3*time.Minute, func(ctx context.Context, lab *bench.Lab) error { return run(ctx, lab, o) })
}

type options struct {
	rate, seconds float64
	reconnect     bool
	idle          time.Duration
}

// settle is how long the server may take to tidy up before it counts as idle.
const settle = 3 * time.Second

func run(ctx context.Context, lab *bench.Lab, o options) error {
	fmt.Printf("From COMMIT having returned to a Python writer, %g messages a second for %g s (goal: p50 below 1 ms, p99 below 10 ms).\n\n", o.rate, o.seconds)
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 3, ' ', 0)
	fmt.Fprintln(out, "to\tmessages\tmissing\tleast\tp50\tp90\tp99\tmost")
	if err := served(ctx, lab, o, out); err != nil {
		return err
	}
	return direct(ctx, lab, o, out)
}

// served measures through a server: a tail and a plain HTTP client on it.
func served(ctx context.Context, lab *bench.Lab, o options, out *tabwriter.Writer) error {
	path, err := lab.Workspace()
	if err != nil {
		return err
	}
	defer lab.Discard(path)
	server, err := lab.Serve(ctx, path)
	if err != nil {
		return err
	}
	defer func() { _ = server.Stop() }() // for when an error comes first

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	tail, err := openTail(ctx, lab, "--server", server.URL)
	if err != nil {
		return err
	}
	defer tail.close()
	sse, err := openSSE(ctx, server.URL)
	if err != nil {
		return err
	}
	defer sse.close()

	before, known := bench.CPUOf(server.PID())
	began := time.Now()
	commits, err := write(ctx, lab, path, o)
	if err != nil {
		return err
	}
	row(out, "tail --server, standard output", commits, tail.collect(len(commits)))
	row(out, "server-sent events, bytes", commits, sse.collect(len(commits)))
	_ = out.Flush()
	if known {
		after, _ := bench.CPUOf(server.PID())
		busy := float64(after-before) / float64(time.Since(began))
		time.Sleep(settle)
		rest, _ := bench.CPUOf(server.PID())
		time.Sleep(o.idle)
		idle, _ := bench.CPUOf(server.PID())
		fmt.Printf("\nserve used %.1f %% of a core meanwhile, and %.2f %% idle with two readers (%s; goal: under 1 %%).\n\n",
			100*busy, 100*float64(idle-rest)/float64(o.idle), o.idle)
	}
	return server.Stop()
}

// direct measures a tail that reads the database itself, with our triggers
// and no server.
func direct(ctx context.Context, lab *bench.Lab, o options, out *tabwriter.Writer) error {
	path, err := lab.Workspace()
	if err != nil {
		return err
	}
	defer lab.Discard(path)
	if err := lab.Run(ctx, "capture", "install", "--db", path); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	tail, err := openTail(ctx, lab, "--direct", "--db", path)
	if err != nil {
		return err
	}
	defer tail.close()
	commits, err := write(ctx, lab, path, o)
	if err != nil {
		return err
	}
	row(out, "tail --direct, standard output", commits, tail.collect(len(commits)))
	return out.Flush()
}

func write(ctx context.Context, lab *bench.Lab, path string, o options) (map[int64]int64, error) {
	args := []string{
		"--rate", strconv.FormatFloat(o.rate, 'g', -1, 64),
		"--seconds", strconv.FormatFloat(o.seconds, 'g', -1, 64),
	}
	if o.reconnect {
		args = append(args, "--reconnect")
	}
	r, err := lab.Write(ctx, "paced", path, args...)
	return r.Commits, err
}

// row prints the distribution of one reader.
func row(out *tabwriter.Writer, name string, commits, seen map[int64]int64) {
	var d []time.Duration
	for id, at := range commits {
		if got, ok := seen[id]; ok {
			d = append(d, time.Duration(got-at))
		}
	}
	slices.Sort(d)
	fmt.Fprintf(out, "%s\t%d\t%d", name, len(commits), len(commits)-len(d))
	for _, p := range []float64{0, 0.5, 0.9, 0.99, 1} {
		fmt.Fprintf(out, "\t%.3f ms", float64(bench.Percentile(d, p))/float64(time.Millisecond))
	}
	fmt.Fprintln(out)
}
