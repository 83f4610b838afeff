package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"golang.org/x/sys/unix"
)

// First arguments by which podhost knows that it is to turn itself into a container's process.
const (
	shimCommand   = "shim"
	becomeCommand = "become"
)

// becomePath is where podhost itself lies in a container, for commands that are run in it later.
const becomePath = "/.podhost"

// shimSpec is what a container's first process is told.
type shimSpec struct {
	// Netns is the name of the network namespace to join; none is the node's own.
	Netns string
	// Dir holds the container's root; it is new.
	Dir          string
	Hostname     string
	HostPID      bool
	ReadOnlyRoot bool
	// Cgroup is the control group to enter; none where the machine has none.
	Cgroup  string
	Mounts  []mount
	Process process
}

type mount struct {
	Source, Target string
	ReadOnly       bool
}

// shim runs in fresh namespaces. It puts a throw-away layer over the machine's root, binds the volumes into it and
// becomes the container's program: nothing that a pod writes reaches the machine's own files.
func shim(raw string) {
	runtime.LockOSThread()
	var s shimSpec
	check(json.Unmarshal([]byte(raw), &s))
	if s.Cgroup != "" {
		check(os.WriteFile(filepath.Join(s.Cgroup, "cgroup.procs"), []byte("0"), 0o644))
	}
	check(unix.Mount("", "/", "", unix.MS_REC|unix.MS_SLAVE, ""))
	if s.Netns != "" {
		f, err := os.Open("/run/netns/" + s.Netns)
		check(err)
		check(unix.Setns(int(f.Fd()), unix.CLONE_NEWNET))
	}
	check(unix.Sethostname([]byte(s.Hostname)))
	root := filepath.Join(s.Dir, "root")
	s.layRoot(root)
	s.enter(root)
	if s.ReadOnlyRoot {
		check(unix.Mount("", "/", "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, ""))
	}
	s.Process.become()
}

// layRoot mounts the container's root and the file systems every container has.
func (s *shimSpec) layRoot(root string) {
	for _, d := range []string{"upper", "work", "root"} {
		check(os.MkdirAll(filepath.Join(s.Dir, d), 0o755))
	}
	layers := fmt.Sprintf("lowerdir=/,upperdir=%s/upper,workdir=%s/work", s.Dir, s.Dir)
	check(unix.Mount("overlay", root, "overlay", 0, layers))
	for _, d := range []string{"/dev", "/sys"} {
		check(unix.Mount(d, root+d, "", unix.MS_BIND|unix.MS_REC, ""))
	}
	if s.HostPID {
		check(unix.Mount("/proc", root+"/proc", "", unix.MS_BIND|unix.MS_REC, ""))
	} else {
		check(unix.Mount("proc", root+"/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""))
	}
	for _, d := range []string{"/tmp", "/run"} {
		mode := map[string]string{"/tmp": "mode=1777", "/run": "mode=755"}[d]
		check(unix.Mount("tmpfs", root+d, "tmpfs", 0, mode))
	}
}

// enter makes root the process's own and binds the mounts into it. Sources are opened before and bound by descriptor
// after, so that links inside the root (/var/run to /run) are followed there.
func (s *shimSpec) enter(root string) {
	sources := make([]*os.File, len(s.Mounts))
	for i, m := range s.Mounts {
		f, err := os.OpenFile(m.Source, unix.O_PATH, 0)
		check(err)
		sources[i] = f
	}
	check(unix.Chroot(root))
	check(unix.Chdir("/"))
	for i, m := range s.Mounts {
		check(bind(sources[i], m))
	}
}

func bind(source *os.File, m mount) error {
	status, err := source.Stat()
	if err != nil {
		return err
	}
	if status.IsDir() {
		err = os.MkdirAll(m.Target, 0o755)
	} else if _, missing := os.Stat(m.Target); missing != nil {
		if err = os.MkdirAll(filepath.Dir(m.Target), 0o755); err == nil {
			err = os.WriteFile(m.Target, nil, 0o644)
		}
	}
	if err != nil {
		return err
	}
	from := fmt.Sprintf("/proc/self/fd/%d", source.Fd())
	if err := unix.Mount(from, m.Target, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("bind %s to %s: %w", m.Source, m.Target, err)
	}
	if m.ReadOnly {
		return unix.Mount("", m.Target, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY, "")
	}
	return nil
}

// check ends a container that cannot start; what went wrong is in its log.
func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "podhost cannot start the container:", err)
		os.Exit(failedToStart)
	}
}
