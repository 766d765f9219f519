package engine

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// scripted is a store that expires nothing, for these reasons in turn.
type scripted struct {
	Store
	errs   []error
	before func() // every call
	stop   context.CancelFunc
}

func (s *scripted) Expire(context.Context, time.Time, int) (int, error) {
	s.before()
	err := s.errs[0]
	if s.errs = s.errs[1:]; len(s.errs) == 0 {
		s.stop()
	}
	return 0, err
}

// TestEngine_SaysOnceThatNothingExpires: what fails for hours is no reason for
// a line every minute; its condition says it all the time.
func TestEngine_SaysOnceThatNothingExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		fails := errors.New("fails")
		store := &scripted{stop: stop, errs: []error{nil, fails, fails, fails, nil, nil, fails, fails, nil, nil}}
		var log strings.Builder
		e := New(Options{Store: store, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		var troubled []bool
		store.before = func() { troubled = append(troubled, e.janitor.Trouble() != nil) }
		e.expireForEver(ctx)
		var got []string
		for line := range strings.Lines(log.String()) {
			_, line, _ = strings.Cut(line, "msg=")
			got = append(got, strings.TrimSpace(line))
		}
		failed, passed := `"expired events can not be removed; trying again" error=fails`, `"expired events are removed again"`
		if diff := cmp.Diff([]string{failed, passed, failed, passed}, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]bool{false, false, true, true, true, false, false, true, true, false}, troubled); diff != "" {
			t.Errorf("in trouble before each try (-want +got):\n%s", diff)
		}
	})
}
