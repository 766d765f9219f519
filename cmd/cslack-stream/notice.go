package main

import (
	"context"
	"log/slog"
	"strings"
)

// noticeHandler tells a person who watches what the engine in this process
// says of itself, as one line each, without levels and times.
type noticeHandler struct{ tell func(line string) }

// newNoticeLogger returns a logger whose warnings are told; without anybody to
// tell it discards them.
func newNoticeLogger(tell func(line string)) *slog.Logger {
	if tell == nil {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(noticeHandler{tell})
}

// Enabled implements slog.Handler.
func (noticeHandler) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelInfo }

// Handle implements slog.Handler.
func (h noticeHandler) Handle(_ context.Context, r slog.Record) error {
	var b strings.Builder
	b.WriteString(r.Message)
	r.Attrs(func(a slog.Attr) bool {
		b.WriteString(": " + a.Value.String())
		return true
	})
	h.tell(b.String())
	return nil
}

// WithAttrs implements slog.Handler; the engine has no attributes of its own.
func (h noticeHandler) WithAttrs([]slog.Attr) slog.Handler { return h }

// WithGroup implements slog.Handler.
func (h noticeHandler) WithGroup(string) slog.Handler { return h }
