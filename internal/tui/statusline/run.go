package statusline

import (
	"context"
	"os"
	"os/signal"
	"time"
)

// Run shows the state and keeps it current until ctx is done, and then takes it away: it
// is drawn anew every second if it has changed, when the terminal's size
// changes, and when the program goes on after it was stopped.
func (l *Line) Run(ctx context.Context) {
	signals := make(chan os.Signal, 4)
	heed(signals)
	defer signal.Stop(signals)
	second := time.NewTicker(time.Second)
	defer second.Stop()
	l.Show()
	for {
		select {
		case <-ctx.Done():
			l.Hide()
			return
		case <-second.C:
			l.Refresh()
		case s := <-signals:
			l.take(s, signals)
		}
	}
}
