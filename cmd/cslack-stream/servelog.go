package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"
)

// serveLog is what serve says on standard error: what it logs, and some lines
// for whoever started it, which no level keeps back.
type serveLog struct {
	*slog.Logger
	level *slog.LevelVar
	err   io.Writer
	once  string // what was told once, last
	// json tells that everything is said in objects, one a line.
	json bool
}

func newServeLog(stderr io.Writer, c *config) *serveLog {
	l := &serveLog{level: new(slog.LevelVar), err: stderr, json: c.LogFormat == "json"}
	l.level.Set(c.logLevel())
	opts := &slog.HandlerOptions{Level: l.level, ReplaceAttr: validText}
	if l.json {
		l.Logger = slog.New(slog.NewJSONHandler(stderr, opts))
	} else {
		l.Logger = slog.New(slog.NewTextHandler(stderr, opts))
	}
	return l
}

// newQuietLog is for commands that are done in a moment: they say only what
// goes wrong.
func newQuietLog(stderr io.Writer) *serveLog {
	c := newConfig()
	c.LogLevel = "warn"
	return newServeLog(stderr, c)
}

// tell says a line.
func (l *serveLog) tell(ctx context.Context, format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	if !l.json {
		fmt.Fprintf(l.err, "cslack-stream: %s\n", line)
		return
	}
	// Past the level.
	_ = l.Handler().Handle(ctx, slog.NewRecord(time.Now(), slog.LevelInfo, line, 0))
}

// tellOnce says a line, unless it was the last one that was told once: what is
// tried again says nothing new.
func (l *serveLog) tellOnce(ctx context.Context, format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	if line == l.once {
		return
	}
	l.once = line
	l.tell(ctx, "%s", line)
}

// validText keeps what is no UTF-8 out of the log.
func validText(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() == slog.KindString {
		a.Value = slog.StringValue(strings.ToValidUTF8(a.Value.String(), "\uFFFD"))
	}
	return a
}

// logLevel is the level that serve logs from.
func (c *config) logLevel() slog.Level {
	var l slog.Level
	_ = l.UnmarshalText([]byte(c.LogLevel)) // one of its own names
	return l
}
