// Writercost measures what watching a workspace costs those who write into
// it: a foreign writer on a plain database, on one with our triggers and no
// server, and on one that serve is following. All are measured in every
// round, in changing order, and compared within the round, because a shared
// machine is faster in one minute than in the next.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strconv"
	"text/tabwriter"
	"time"

	"cslack-stream/bench"
)

func main() {
	var o options
	flag.IntVar(&o.rounds, "rounds", 7, "how many rounds; one more is run before them to warm up")
	flag.IntVar(&o.messages, "messages", 150, "messages of the reconnecting writer in a round")
	flag.IntVar(&o.bulk, "bulk", 20000, "messages of the bulk writer in a round")
	bench.Main("writercost", 5*time.Minute, func(ctx context.Context, lab *bench.Lab) error { return run(ctx, lab, o) })
}

type options struct {
	rounds, messages, bulk int
}

// state is what is done to a database before the writer comes.
type state string

const (
	plain    state = "plain"
	triggers state = "triggers, no server"
	serving  state = "serve running"
)

// work is one way to write.
type work struct {
	name   string
	mode   string
	args   []string
	states []state
	goal   string
}

// sums are what the rounds of one work in one state gave: absolute values,
// and ratios to the plain database of the same round.
type sums struct {
	cpu, wall   []float64 // seconds a message
	cpuX, wallX bench.Ratios
}

func run(ctx context.Context, lab *bench.Lab, o options) error {
	n, bulk := strconv.Itoa(o.messages), strconv.Itoa(o.bulk)
	works := []work{
		{
			name: "as the host: 4 connections a message", mode: "reconnect", args: []string{"--messages", n},
			states: []state{plain, triggers, serving}, goal: "triggers at most x1.05, serve running below x1",
		},
		{
			name: "1 connection a message", mode: "reconnect", args: []string{"--messages", n, "--connections", "1"},
			states: []state{plain, triggers, serving}, goal: "triggers at most x1.05, serve running below x1",
		},
		{
			name: "bulk: 1 connection, 1000 messages a transaction", mode: "bulk", args: []string{"--messages", bulk},
			states: []state{plain, triggers}, goal: "triggers at most x1.20 CPU",
		},
		{
			name: "connect, read one row, close", mode: "open", args: []string{"--messages", n},
			states: []state{plain, triggers, serving},
		},
	}
	results := make([]map[state]*sums, len(works))
	for i := range results {
		results[i] = make(map[state]*sums)
		for _, s := range works[i].states {
			results[i][s] = &sums{}
		}
	}
	for round := range o.rounds + 1 {
		for i, w := range works {
			if err := measure(ctx, lab, w, round, results[i]); err != nil {
				return err
			}
		}
	}
	report(works, results, o.rounds)
	return nil
}

// measure runs one work once in each of its states. Round 0 only warms up.
func measure(ctx context.Context, lab *bench.Lab, w work, round int, into map[state]*sums) error {
	got := make(map[state]bench.Result)
	for i := range w.states {
		s := w.states[(i+round)%len(w.states)]
		r, err := once(ctx, lab, w, s)
		if err != nil {
			return fmt.Errorf("%s, %s: %w", w.name, s, err)
		}
		got[s] = r
	}
	if round == 0 {
		return nil
	}
	base := got[plain]
	for s, r := range got {
		n := float64(r.Messages)
		into[s].cpu = append(into[s].cpu, r.CPU/n)
		into[s].wall = append(into[s].wall, r.Wall/n)
		into[s].cpuX = append(into[s].cpuX, r.CPU/base.CPU)
		into[s].wallX = append(into[s].wallX, r.Wall/base.Wall)
	}
	return nil
}

func once(ctx context.Context, lab *bench.Lab, w work, s state) (r bench.Result, err error) {
	path, err := lab.Workspace()
	if err != nil {
		return r, err
	}
	defer lab.Discard(path)
	switch s {
	case triggers:
		if err := lab.Run(ctx, "capture", "install", "--db", path); err != nil {
			return r, err
		}
	case serving:
		server, err := lab.Serve(ctx, path)
		if err != nil {
			return r, err
		}
		defer func() {
			if stopErr := server.Stop(); err == nil {
				err = stopErr
			}
		}()
	}
	return lab.Write(ctx, w.mode, path, w.args...)
}

func report(works []work, results []map[state]*sums, rounds int) {
	fmt.Printf("What watching costs a writer: the writer's own CPU and wall time, as a ratio to a\n"+
		"plain database in the same round; median [least .. most] of %d rounds. Below x1 is faster.\n", rounds)
	for i, w := range works {
		fmt.Printf("\n%s", w.name)
		if w.goal != "" {
			fmt.Printf("   (goal: %s)", w.goal)
		}
		fmt.Println()
		t := tabwriter.NewWriter(os.Stdout, 0, 0, 3, ' ', 0)
		fmt.Fprintln(t, "\tCPU\twall\tCPU each\twall each")
		for _, s := range w.states {
			r := results[i][s]
			fmt.Fprintf(t, "  %s\t%s\t%s\t%s\t%s\n", s, r.cpuX, r.wallX, micros(r.cpu), micros(r.wall))
		}
		_ = t.Flush()
	}
	explain(works, results)
}

// explain says where the triggers' cost goes: into parsing their text at
// every connection, or into writing rows.
func explain(works []work, results []map[state]*sums) {
	each := func(mode string, s state) float64 {
		for i, w := range works {
			if w.mode == mode {
				return bench.Median(results[i][s].cpu) * 1e6
			}
		}
		return 0
	}
	open := each("open", triggers) - each("open", plain)
	row := each("bulk", triggers) - each("bulk", plain)
	all := each("reconnect", triggers) - each("reconnect", plain)
	fmt.Printf(`
Where it goes, in CPU of the writer: each connection that the host opens pays %.0f µs to parse the triggers'
text, and each message row %.1f µs for its change row. A message as the host sends it pays %.0f µs in all.
With serve running the host's files stay open: the last close of a call no longer folds and deletes the WAL.
`, open, row, all)
}

func micros(values []float64) string {
	return fmt.Sprintf("%.1f µs", bench.Median(values)*1e6)
}
