package main

import (
	"os/exec"
	"syscall"
)

// bindToParent ends the child when this process is killed, and keeps the
// terminal's ctrl-c from it: it is stopped in its turn, not in the middle.
func bindToParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM, Setpgid: true}
}
