package server

import (
	"fmt"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"cslack-stream/internal/engine/event"
)

// limiter bounds how fast each agent writes. It is safe for concurrent use.
type limiter struct {
	mu     sync.Mutex
	rate   rate.Limit
	burst  int
	agents map[event.Agent]*rate.Limiter
}

// newLimiter allows perSecond writes for each agent, and burst at once. A rate
// of 0 or less means no limit.
func newLimiter(perSecond float64, burst int) *limiter {
	l := new(limiter)
	l.set(perSecond, burst)
	return l
}

// set changes what is allowed; every agent has its whole burst again.
func (l *limiter) set(perSecond float64, burst int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rate, l.burst, l.agents = rate.Limit(perSecond), burst, make(map[event.Agent]*rate.Limiter)
	if perSecond <= 0 {
		l.rate = rate.Inf
	}
}

// mostLimited bounds how many agents are remembered: who wrote nothing for a
// while has its whole burst again, and need not be.
const mostLimited = 10_000

// take counts one write at now, or says when to try again.
func (l *limiter) take(a event.Agent, now time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	one := l.agents[a]
	if one == nil {
		if len(l.agents) >= mostLimited {
			clear(l.agents)
		}
		one = rate.NewLimiter(l.rate, l.burst)
		l.agents[a] = one
	}
	if one.AllowN(now, 1) {
		return nil
	}
	return &apiError{
		status: http.StatusTooManyRequests, code: codeTooMany,
		message: fmt.Sprintf("%q writes more than %g times a second: try again in a second", a, float64(l.rate)),
	}
}
