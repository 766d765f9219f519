package claudeslack

// Checkpoint is how far a change log has been carried.
type Checkpoint struct {
	// Log is the change log's epoch: another one is another log, whatever its
	// ids say.
	Log string
	// ID is the last change carried; 0: none yet.
	ID int64
	// Fence is what the change at ID looked like (see [Change].Fence). If it
	// looks otherwise later, the log is not the one that was carried.
	Fence string
}
