package tui

import (
	"fmt"
	"slices"
	"time"

	"cslack-stream/internal/tui/line"
)

const (
	meterSeconds = 40   // how far the rate is remembered
	barSeconds   = 2    // what one bar of the sparkline stands for
	rateSeconds  = 10   // what the rate is the mean of
	latencies    = 1000 // how many are remembered
	// strangeLatency is more than any event takes: the clocks differ.
	strangeLatency = 10 * time.Minute
)

// meter counts events per second, and how long they took to get here.
type meter struct {
	began   int64 // the second with which counting began
	second  int64 // the second that the last count is of
	counts  [meterSeconds]int
	took    []time.Duration // a ring
	at      int
	newest  time.Duration
	strange bool
}

// add counts an event that was committed at created and arrived at now.
func (m *meter) add(created, now time.Time) {
	m.advance(now)
	m.counts[meterSeconds-1]++
	took := now.Sub(created)
	if m.strange = took < -time.Second || took > strangeLatency; m.strange {
		return
	}
	m.newest = max(0, took)
	if len(m.took) < latencies {
		m.took = append(m.took, m.newest)
		return
	}
	m.took[m.at] = m.newest
	m.at = (m.at + 1) % latencies
}

// advance moves on to the second of now.
func (m *meter) advance(now time.Time) {
	n := now.Unix() - m.second
	if n <= 0 && n >= -meterSeconds && m.second != 0 {
		return
	}
	if m.second = now.Unix(); m.began == 0 || n < 0 {
		m.began = m.second
	}
	if n < 0 || n >= meterSeconds { // or the clock was set back: what was counted is of no known time
		clear(m.counts[:])
		return
	}
	copy(m.counts[:], m.counts[n:])
	clear(m.counts[meterSeconds-n:])
}

// rate is the mean of the last seconds.
func (m *meter) rate() string {
	sum := 0
	for _, n := range m.counts[meterSeconds-rateSeconds:] {
		sum += n
	}
	// Who has counted for less long knows no more.
	over := max(1, min(rateSeconds, m.second-m.began))
	return fmt.Sprintf("%.1f/s", float64(sum)/float64(over))
}

// bars are the newest n rates, oldest first.
func (m *meter) bars(n int) []float64 {
	all := make([]float64, 0, meterSeconds/barSeconds)
	for i := 0; i < meterSeconds; i += barSeconds {
		sum := 0
		for _, c := range m.counts[i : i+barSeconds] {
			sum += c
		}
		all = append(all, float64(sum)/barSeconds)
	}
	return all[max(0, len(all)-n):]
}

// latency says how long the newest event took, and with tail how long all but
// one in a hundred did.
func (m *meter) latency(tail bool) string {
	switch {
	case m.strange:
		return "lag n/a, clock differs"
	case len(m.took) == 0:
		return ""
	case !tail:
		return "lag " + line.Span(m.newest)
	}
	sorted := slices.Sorted(slices.Values(m.took))
	return "lag " + line.Span(m.newest) + ", p99 " + line.Span(sorted[len(sorted)*99/100])
}
