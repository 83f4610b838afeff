package main

import (
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// cgroupRoot is where the machine has its control groups of version 2; empty where it has none.
func cgroupRoot() string {
	for _, path := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/unified"} {
		if _, err := os.Stat(filepath.Join(path, "cgroup.procs")); err == nil {
			return path
		}
	}
	return ""
}

// makeCgroup makes a container's control group, named as kubelet and a runtime name it: what attests a process by its
// group finds pod and container in the name.
func (p *pod) makeCgroup(container string) (string, error) {
	top := cgroupRoot()
	if top == "" {
		return "", nil
	}
	path := filepath.Join(top, *cgroupName, "kubepods", "besteffort", "pod"+string(p.o.UID), container)
	return path, os.MkdirAll(path, 0o755)
}

// removeCgroup removes a control group, which can take a moment after its last process has ended.
func removeCgroup(path string) {
	if path == "" {
		return
	}
	for try := 0; try < 20; try++ {
		if err := os.Remove(path); err == nil || os.IsNotExist(err) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// endProcesses kills every process in the control groups of pods.
func endProcesses() {
	top := filepath.Join(cgroupRoot(), *cgroupName, "kubepods")
	_ = filepath.WalkDir(top, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Base(path) != "cgroup.procs" {
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return nil // the group is gone, so its processes are
		}
		for _, word := range strings.Fields(string(content)) {
			if pid, err := strconv.Atoi(word); err == nil && pid > 0 {
				log.Printf("process %d of an earlier run is killed", pid)
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
		}
		return nil
	})
}

func (p *pod) removeCgroup() {
	if top := cgroupRoot(); top != "" {
		removeCgroup(filepath.Join(top, *cgroupName, "kubepods", "besteffort", "pod"+string(p.o.UID)))
	}
}
