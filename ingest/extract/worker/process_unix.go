//go:build unix

package worker

import (
	"os/exec"
	"syscall"
)

// ownGroup makes the child lead a process group, so that what it starts can be
// killed with it and a key that interrupts this process does not reach it.
func ownGroup(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
}

func killGroup(cmd *exec.Cmd) {
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // it may have ended already
}
