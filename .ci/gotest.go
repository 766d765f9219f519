//go:build ignore

// Gotest runs "go test" with its arguments and prints what a reader wants:
// the output of what fails at once, and in the end every reason for which a
// test was skipped, then go test's line of every package. Its exit status is
// that of go test.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// event is one line of "go test -json".
type event struct {
	Action, Package, ImportPath, Test, Output string
}

func main() {
	status, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "gotest:", err)
	}
	os.Exit(status)
}

func run(args []string) (status int, err error) {
	cmd := exec.Command("go", append([]string{"test", "-json"}, args...)...)
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return 1, err
	}
	if err := cmd.Start(); err != nil {
		return 1, err
	}
	r := newReport()
	lines := bufio.NewReader(stdout)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			r.line(line)
		}
		if err != nil {
			break
		}
	}
	err = cmd.Wait()
	r.close()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		return max(exit.ExitCode(), 1), nil
	case err != nil:
		return 1, err
	}
	return 0, nil
}

// report sorts what go test says.
type report struct {
	terminal bool
	output   map[string][]string // by package and test: what it has printed
	skips    map[string][]string // by reason: the tests
	packages []string            // go test's line of each package, in the order of their ends
	failed   bool
}

func newReport() *report {
	info, err := os.Stderr.Stat()
	return &report{
		terminal: err == nil && info.Mode()&os.ModeCharDevice != 0,
		output:   make(map[string][]string), skips: make(map[string][]string),
	}
}

func (r *report) line(line []byte) {
	var e event
	if json.Unmarshal(line, &e) != nil {
		fmt.Print(string(line)) // not JSON: a complaint of the go command
		return
	}
	key := e.Package + " " + e.Test
	switch e.Action {
	case "build-output":
		fmt.Print(e.Output)
	case "output":
		r.take(key, e)
	case "skip":
		if e.Test != "" {
			reason := reasonOf(r.output[key])
			r.skips[reason] = append(r.skips[reason], e.Test)
		}
		delete(r.output, key)
	case "fail":
		r.failed = true
		for _, text := range r.output[key] {
			fmt.Print(text)
		}
		delete(r.output, key)
	case "pass":
		delete(r.output, key)
	}
	if e.Test == "" && (e.Action == "pass" || e.Action == "fail") && r.terminal {
		fmt.Fprintf(os.Stderr, "\r\x1b[K%d packages done, the last: %s", len(r.packages), e.Package)
	}
}

// take keeps what a test prints until it is known how the test ends. A
// package's own line is kept for the end.
func (r *report) take(key string, e event) {
	if e.Test == "" {
		for _, begin := range []string{"ok  \t", "FAIL\t", "?   \t"} {
			if strings.HasPrefix(e.Output, begin) {
				r.packages = append(r.packages, e.Output)
				return
			}
		}
		if strings.HasPrefix(e.Output, "\t"+e.Package) || e.Output == "PASS\n" || e.Output == "FAIL\n" {
			return // no test files; or said again by the package's line
		}
	}
	if strings.HasPrefix(e.Output, "=== ") {
		return
	}
	r.output[key] = append(r.output[key], e.Output)
}

// reasonOf returns what a skipped test said, without the place in the source.
func reasonOf(output []string) string {
	var said []string
	for _, line := range output {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "--- SKIP") {
			continue
		}
		if place, text, ok := strings.Cut(line, ": "); ok && strings.Contains(place, ".go:") {
			line = text
		}
		said = append(said, line)
	}
	if len(said) == 0 {
		return "no reason given"
	}
	return strings.Join(said, " ")
}

func (r *report) close() {
	if r.terminal {
		fmt.Fprint(os.Stderr, "\r\x1b[K")
	}
	if len(r.skips) > 0 {
		fmt.Println("skipped:")
		reasons := make([]string, 0, len(r.skips))
		for reason := range r.skips {
			reasons = append(reasons, reason)
		}
		slices.Sort(reasons)
		for _, reason := range reasons {
			tests := r.skips[reason]
			fmt.Printf("  %s (%s)\n", reason, few(tests))
		}
	}
	for _, line := range r.packages {
		fmt.Print(line)
	}
	if r.failed {
		fmt.Println("FAIL")
	}
}

// few names some tests and counts the rest.
func few(tests []string) string {
	const most = 3
	if len(tests) <= most {
		return strings.Join(tests, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(tests[:most], ", "), len(tests)-most)
}
