// Package attention knows when agents were last seen checking their messages,
// and so which messages wait for whom.
//
// What it says is never more than what was recorded. The host does not record
// a call that repeats, with the same inputs, one of the ten minutes before:
// that an agent was not seen checking is no proof that it has not read. A
// check of some channels counts for these alone, and one of channels that are
// not known, or of what a search finds, for none.
//
// It knows no terminal and no clock.
package attention
