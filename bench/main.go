package bench

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"
)

// Main is the main function of a measurement: it parses the flags, and gives
// run a lab and a context that ends with an interrupt and after limit, which a
// flag changes. What run returns as an error is printed under name, and the
// process exits with 1.
func Main(name string, limit time.Duration, run func(context.Context, *Lab) error) {
	bin := flag.String("bin", "", "program to measure; built if not given")
	flag.DurationVar(&limit, "limit", limit, "give up after this time")
	flag.Parse()

	if err := inLab(*bin, limit, run); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}

// inLab runs a measurement and leaves nothing behind.
func inLab(bin string, limit time.Duration, run func(context.Context, *Lab) error) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	lab, err := NewLab(ctx, bin)
	if err != nil {
		return err
	}
	defer lab.Close()
	return run(ctx, lab)
}
