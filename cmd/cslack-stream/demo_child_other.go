//go:build !unix

package main

import "os/exec"

// keepFromTerminal has nothing to do here.
func keepFromTerminal(*exec.Cmd) {}
