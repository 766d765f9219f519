// Retention measures what cleaning up costs those who write: the commits of a
// foreign writer while a running serve trims a large change log that was
// carried and removes as many expired events, beside the same writer on a
// workspace where there is nothing to clean, at the same time.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"cslack-stream/bench"
)

func main() {
	var o options
	flag.IntVar(&o.rows, "rows", 1_000_000, "carried changes to trim, and expired events to remove")
	flag.IntVar(&o.rate, "rate", 100, "messages a second of each writer")
	flag.DurationVar(&o.before, "before", 15*time.Second, "how long to measure without any cleaning first")
	flag.BoolVar(&o.archive, "archive", false, "archive the events instead")
	bench.Main("retention", 8*time.Minute, func(ctx context.Context, lab *bench.Lab) error { return run(ctx, lab, o) })
}

type options struct {
	rows, rate int
	archive    bool
	before     time.Duration
}

// result is what the commits of one writer took.
type result struct {
	name string
	took []time.Duration
}

func run(ctx context.Context, lab *bench.Lab, o options) error {
	if o.archive {
		if err := os.Setenv("CSLACK_STREAM_EVENT_STREAMING_ARCHIVE_ENABLED", "true"); err != nil {
			return err
		}
	}
	idle, err := newWorkspace(ctx, lab, 0)
	if err != nil {
		return err
	}
	full, err := newWorkspace(ctx, lab, o.rows)
	if err != nil {
		return err
	}
	alone, err := serveAndWrite(ctx, lab, o, func(context.Context) error {
		time.Sleep(o.before)
		return nil
	}, idle)
	if err != nil {
		return err
	}
	var cleaned cleaning
	beside, err := serveAndWrite(ctx, lab, o, func(ctx context.Context) error {
		cleaned, err = full.waitUntilClean(ctx)
		return err
	}, idle, full)
	if err != nil {
		return err
	}
	report(o, cleaned, result{"before, without any cleaning", alone[0]}, result{"beside it, nothing to clean", beside[0]}, result{"while it is cleaned", beside[1]})
	return nil
}

// serveAndWrite runs a server and a writer on each workspace until wait
// returns, and returns what the writers' commits took.
func serveAndWrite(ctx context.Context, lab *bench.Lab, o options, wait func(context.Context) error, spaces ...workspace) (took [][]time.Duration, err error) {
	var writers []*bench.Committer
	for _, w := range spaces {
		writer, err := lab.Commit(ctx, w.path, o.rate)
		if err != nil {
			return nil, err
		}
		writers = append(writers, writer)
	}
	for _, w := range spaces {
		server, serr := lab.Serve(ctx, w.path)
		if serr != nil {
			return nil, serr
		}
		defer func() { err = errors.Join(err, server.Stop()) }()
	}
	err = wait(ctx)
	for _, writer := range writers {
		t, werr := writer.Stop()
		took, err = append(took, t), errors.Join(err, werr)
	}
	return took, err
}

func report(o options, c cleaning, results ...result) {
	what := "removed"
	if o.archive {
		what = "archived"
	}
	fmt.Printf("What cleaning costs a writer: %d carried changes are trimmed from its file in %.1f s and %d expired\n"+
		"events %s in %.1f s, while it commits %d messages a second. What a commit took, in milliseconds (load %s):\n\n",
		o.rows, c.trimmed.Seconds(), o.rows, what, c.expired.Seconds(), o.rate, bench.LoadAverage())
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 3, ' ', 0)
	fmt.Fprintln(t, "\tcommits\tp50\tp99\tp99.9\tslowest\tslowest more than beside it\tratio of p99")
	base := results[1].took
	for _, r := range results {
		slowest := func(d []time.Duration) time.Duration { return bench.Percentile(d, 1) }
		p99 := bench.Percentile(r.took, 0.99)
		fmt.Fprintf(t, "  %s\t%d\t%s\t%s\t%s\t%s\t%s\tx%.2f\n", r.name, len(r.took), millis(bench.Percentile(r.took, 0.5)), millis(p99), millis(bench.Percentile(r.took, 0.999)), millis(slowest(r.took)),
			millis(slowest(r.took)-slowest(base)), p99.Seconds()/bench.Percentile(base, 0.99).Seconds())
	}
	_ = t.Flush()
	fmt.Printf("\nThe largest -wal of its file was %.1f MiB. (goal: the slowest within 10 ms of the slowest without)\n", float64(c.wal)/(1<<20))
}

func millis(d time.Duration) string { return fmt.Sprintf("%.2f", d.Seconds()*1e3) }
