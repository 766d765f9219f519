// Package client is an event.Source over HTTP: the streams and snapshots of a
// cslack-stream server somewhere else.
//
// What it promises:
//
//   - A stream that has been opened goes on through lost connections and
//     restarts of the server until it is closed: it connects again, with
//     growing random pauses, and resumes behind the last event it received.
//   - No event is lost or comes twice by that. An event that was cut on the
//     way is fetched again; one that comes again is dropped. What the server
//     has no more is a *event.GapError.
//   - What can not succeed by trying again (no such agent, not allowed, not a
//     cslack-stream server) ends the stream at once.
//   - Close waits for everything that a stream has started.
//
// It reads event streams with github.com/r3labs/sse, and supplies what that
// lacks: frames that were cut are never delivered, statuses and content types
// are checked, a silent connection is noticed, and waiting heeds contexts.
package client
