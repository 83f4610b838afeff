package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// process is a program with everything that it is started with.
type process struct {
	Argv, Env   []string
	Dir         string
	Credentials credentials
}

// become is what `podhost become` does inside a container: it turns into the process.
func become(raw string) {
	runtime.LockOSThread()
	var p process
	check(json.Unmarshal([]byte(raw), &p))
	p.become()
}

// become replaces podhost by the program, with its user and capabilities.
func (p *process) become() {
	if p.Dir == "" {
		p.Dir = "/"
	}
	os.Clearenv()
	for name, value := range environmentMap(p.Env) {
		check(os.Setenv(name, value))
	}
	// As a runtime does it, the folder is made by root if it is missing.
	check(os.MkdirAll(p.Dir, 0o755))
	check(os.Chdir(p.Dir))
	program, err := exec.LookPath(p.Argv[0])
	check(err)
	check(p.Credentials.take())
	check(syscall.Exec(program, p.Argv, p.Env))
}

// take gives up what the process is not to have. Bounding set first: later it may not.
func (c *credentials) take() error {
	if err := c.limitCapabilities(); err != nil {
		return err
	}
	if err := unix.Setgroups(c.Groups); err != nil {
		return err
	}
	if err := unix.Setresgid(c.GID, c.GID, c.GID); err != nil {
		return err
	}
	// Capabilities of a user that is not root end with execve, as they do in a container.
	if err := unix.Setresuid(c.UID, c.UID, c.UID); err != nil {
		return err
	}
	if c.NoNewPrivileges {
		return unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
	}
	return nil
}

func (c *credentials) limitCapabilities() error {
	for capability := 0; capability <= unix.CAP_LAST_CAP; capability++ {
		if c.Capabilities&(1<<capability) != 0 {
			continue
		}
		if err := unix.Prctl(unix.PR_CAPBSET_DROP, uintptr(capability), 0, 0, 0); err != nil && err != unix.EINVAL {
			return err // EINVAL: newer than this kernel
		}
	}
	return nil
}
