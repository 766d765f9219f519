package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"cslack-stream/internal/engine/event"
	"cslack-stream/internal/replay"
)

// recorder writes what a command shows into a file, for replay. What goes
// wrong with the file does not end the command: it is told once, and nothing
// more is recorded. The nil recorder records nothing.
type recorder struct {
	path string
	file *os.File
	out  *replay.Writer
	tell func(error)
}

// newRecorder makes the file, which must not be there.
func newRecorder(path string, h replay.Header, tell func(error)) (*recorder, error) {
	file, err := createRecording(path)
	if err != nil {
		return nil, err
	}
	return &recorder{path: path, file: file, out: replay.NewWriter(file, h), tell: tell}, nil
}

func openNew(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
}

func createRecording(path string) (*os.File, error) {
	if path == "-" {
		return nil, usageError("--record - would be a file of that name: give another one, or use -o json for a pipe")
	}
	file, err := openNew(path)
	switch {
	case errors.Is(err, fs.ErrExist):
		return nil, usageError("--record %s: the file is there already, and is never overwritten: give another name", quoted(path))
	case err != nil:
		return nil, fmt.Errorf("--record: %w", err)
	}
	return file, nil
}

func (r *recorder) events(events []*event.Event) {
	if r != nil && r.out != nil {
		r.check(r.out.Events(events))
	}
}

func (r *recorder) gap(g *event.GapError) {
	if r != nil && r.out != nil {
		r.check(r.out.Gap(g))
	}
}

// finish completes the recording: the stream was read up to the cursor.
func (r *recorder) finish(cursor event.Cursor) {
	if r == nil || r.out == nil {
		return
	}
	r.check(r.out.Finish(cursor))
	if r.out != nil {
		r.check(r.file.Close())
	}
}

// check gives the recording up after an error.
func (r *recorder) check(err error) {
	if err == nil {
		return
	}
	_ = r.file.Close()
	r.out = nil
	r.tell(fmt.Errorf("--record %s: recording ends here: %w", quoted(r.path), err))
}

// startRecording begins the recording that the plan asks for.
func (t *tailer) startRecording() (err error) {
	if path := t.plan.tailOptions.record; path != "" {
		t.tape, err = newRecorder(path, t.plan.header(t.request, t.infos, t.env), func(err error) { t.complain("%v", err) })
	}
	return err
}

// narrows tells whether flags that no stream knows decide what is shown, and
// so what is recorded.
func (p *tailPlan) narrows() bool {
	return p.tailOptions.query != "" || len(p.from)+len(p.include)+len(p.exclude) > 0
}

// header describes a recording of what the plan shows of a stream.
func (p *tailPlan) header(req event.Request, infos []event.AgentInfo, env *environment) replay.Header {
	req.After = p.after // the last n begin somewhere behind
	h := replay.HeaderOf(req, infos, env.Now())
	h.Range.Narrowed = p.narrows()
	return h
}
