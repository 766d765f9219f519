package client

import (
	"math/rand/v2"
	"time"

	"gopkg.in/cenkalti/backoff.v1"
)

const (
	basePause = time.Second
	maxPause  = 30 * time.Second
	minPause  = 10 * time.Millisecond
)

// pause computes how long to wait before connecting again: a random part of a
// time that doubles ("full jitter"), so that the readers of a server that
// went down do not all come back in step.
type pause struct {
	base    time.Duration // what the server's retry says
	attempt int
	exact   time.Duration // asked for by the server, for the next time only
}

func newPause() pause { return pause{base: basePause} }

// reset begins again with short pauses.
func (p *pause) reset() { p.attempt, p.exact = 0, 0 }

// exactly makes the next pause one that the server has chosen.
func (p *pause) exactly(d time.Duration) { p.exact = min(max(d, 0), 10*maxPause) }

func (p *pause) next() time.Duration {
	p.attempt++
	if d := p.exact; d > 0 {
		p.exact = 0
		return d
	}
	limit := max(p.base, minPause)
	for range p.attempt - 1 {
		if limit *= 2; limit >= maxPause {
			limit = maxPause
			break
		}
	}
	return minPause + rand.N(limit)
}

// backOff is the library's view of a link's pauses. It sleeps by itself,
// because the library would not wake when the context ends.
type backOff struct {
	link *link
	done <-chan struct{} // closed when the link is to end
}

var _ backoff.BackOff = (*backOff)(nil)

// NextBackOff implements backoff.BackOff.
func (b *backOff) NextBackOff() time.Duration {
	select {
	case <-b.done:
		return backoff.Stop
	default:
	}
	wait, again := b.link.next()
	if !again {
		return backoff.Stop
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-b.done:
		return backoff.Stop
	case <-timer.C:
		return 0
	}
}

// Reset implements backoff.BackOff. The library calls it once, at the start.
func (b *backOff) Reset() {}
