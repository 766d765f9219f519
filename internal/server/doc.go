// Package server gives the events of a Source to programs over HTTP: the
// stream as server-sent events, the state it continues from, lists of agents
// and channels, and health. docs/protocol.md is the contract with clients.
//
// What it promises:
//
//   - A stream holds every event that its agent may see, in the order of the
//     log, from the cursor that the reader names. What can not be delivered is
//     said in the stream as a gap.
//   - A reader holds a position, not a queue. One that reads slowly costs one
//     batch of memory and delays nobody; one that stops reading is
//     disconnected, and resumes by its cursor.
//   - Without authentication only programs of this machine are answered: not
//     pages of other sites, and not names that were pointed at this machine
//     (DNS rebinding).
//   - Run returns after everything it started has ended.
//
// Each stream is served by the one goroutine that net/http gives its request.
package server
