//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// keepFromTerminal keeps the terminal's ctrl-c from the child: it is stopped
// in its turn, not in the middle.
func keepFromTerminal(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
