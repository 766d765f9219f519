//go:build !linux

package bench

import "os"

// MaxMemory is how much memory a process that has ended held at most, in
// bytes; 0 where that is not known.
func MaxMemory(*os.ProcessState) int64 { return 0 }
