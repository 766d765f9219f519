package main

import (
	"slices"
	"sync"
)

// mishaps are what went wrong with recordings: told on the screen for a
// moment, and again when it is gone. It is safe for concurrent use: what is
// recorded comes from the goroutines of streams.
type mishaps struct {
	mu   sync.Mutex
	all  []error
	told int
}

func (t *mishaps) add(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all = append(t.all, err)
}

// news is the newest that was not told yet.
func (t *mishaps) news() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.told == len(t.all) {
		return ""
	}
	t.told = len(t.all)
	return t.all[t.told-1].Error()
}

// list is all of them.
func (t *mishaps) list() []error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.all)
}
