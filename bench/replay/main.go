// Replay measures how fast the past is shown: the time from the start of the
// program to its first line, and events a second, from an event file with many
// events. The yardstick is a plain SELECT over the same rows, which no program
// that reads them can beat.
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"cslack-stream/bench"
)

func main() {
	var o options
	flag.IntVar(&o.events, "events", 1_000_000, "events in the file")
	flag.DurationVar(&o.span, "span", 7*24*time.Hour, "over how long the events are spread")
	flag.IntVar(&o.rounds, "rounds", 3, "how often each is measured; the best counts")
	flag.StringVar(&o.keep, "keep", "", "make the workspace in this `DIRECTORY`, which stays, and use it again")
	bench.Main("replay", 30*time.Minute, func(ctx context.Context, lab *bench.Lab) error { return run(ctx, lab, o) })
}

type options struct {
	events int
	span   time.Duration
	rounds int
	keep   string
}

// runs are what is measured.
var runs = []struct {
	name string
	args []string
}{
	{"first line of --since 1h --agent alice -o json", []string{"--since", "1h", "--agent", "alice", "-o", "json"}},
	{"everything, -o json", []string{"-o", "json"}},
	{"everything, lines", nil},
	{"--agent alice (sees half), -o json", []string{"--agent", "alice", "-o", "json"}},
	{"--agent carol (sees 1 in 1000), -o json", []string{"--agent", "carol", "-o", "json"}},
}

func run(ctx context.Context, lab *bench.Lab, o options) error {
	db, err := workspace(ctx, lab, o)
	if err != nil {
		return err
	}
	rows, err := best(o.rounds, func() (result, error) { return plainSelect(ctx, eventFile(db)) })
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%d events over %v\tfirst line\tin all\tevents read a second\tof a plain SELECT\tmemory\n", o.events, o.span)
	fmt.Fprintf(w, "plain SELECT of the rows\t\t%v\t%.0f\t1.00\t\n", rows.all.Round(time.Millisecond), float64(o.events)/rows.all.Seconds())
	for i, r := range runs {
		args := append([]string{"replay", "--db", db, "--quiet"}, r.args...)
		if i == 0 {
			args = append(args, "--count", "1")
		}
		got, err := best(o.rounds, func() (result, error) { return play(ctx, lab, args) })
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s\t%v\t", r.name, got.first.Round(time.Millisecond))
		if i > 0 {
			fmt.Fprintf(w, "%v\t%.0f\t%.2f", got.all.Round(time.Millisecond), float64(o.events)/got.all.Seconds(), rows.all.Seconds()/got.all.Seconds())
		} else {
			fmt.Fprint(w, "\t\t")
		}
		fmt.Fprintf(w, "\t%d MiB\n", got.memory>>20)
	}
	return w.Flush()
}

// result is one measurement.
type result struct {
	first, all time.Duration
	memory     int64 // at its largest
}

// best returns the fastest of several.
func best(rounds int, measure func() (result, error)) (result, error) {
	var out result
	for i := range max(1, rounds) {
		r, err := measure()
		if err != nil {
			return out, err
		}
		if i == 0 || r.all < out.all {
			out = r
		}
	}
	return out, nil
}

// play runs the program and reads what it prints.
func play(ctx context.Context, lab *bench.Lab, args []string) (result, error) {
	cmd := lab.Command(ctx, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return result{}, err
	}
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return result{}, err
	}
	lines := bufio.NewReaderSize(out, 1<<20)
	_, err = lines.ReadSlice('\n')
	r := result{first: time.Since(start)}
	if err == nil {
		_, err = io.Copy(io.Discard, lines)
	}
	if ended := cmd.Wait(); err == nil {
		err = ended
	}
	if err != nil {
		return result{}, fmt.Errorf("run cslack-stream %v: %w", args, err)
	}
	r.all, r.memory = time.Since(start), bench.MaxMemory(cmd.ProcessState)
	return r, nil
}
