package client

import "time"

// Phase is what has happened to the connection of a stream.
type Phase string

// The phases of a connection.
const (
	Connected   Phase = "connected"   // for the first time
	Lost        Phase = "lost"        // and will be tried again, or an attempt failed
	Reconnected Phase = "reconnected" // the stream goes on where it was
)

// State is told to Options.OnState.
type State struct {
	Phase Phase
	// Err is why the connection was lost, and Retry when it is tried again;
	// Attempt counts the attempts since then, from 1. They are zero unless
	// Phase is Lost.
	Err     error
	Retry   time.Time
	Attempt int
}
