package bench

import (
	"os"
	"syscall"
)

// MaxMemory is how much memory a process that has ended held at most, in
// bytes; 0 where that is not known.
func MaxMemory(p *os.ProcessState) int64 {
	if usage, ok := p.SysUsage().(*syscall.Rusage); ok {
		return usage.Maxrss << 10
	}
	return 0
}
