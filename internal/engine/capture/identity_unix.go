//go:build unix

package capture

import (
	"fmt"
	"os"
	"syscall"
)

// Identify returns the device and inode of the file at path: what tells it
// from another file that takes its place.
func Identify(path string) (device, inode uint64, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, 0, fmt.Errorf("identify database: %w", err)
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(st.Dev), st.Ino, nil //nolint:unconvert // Dev is signed on some systems
	}
	return 0, 0, nil
}
