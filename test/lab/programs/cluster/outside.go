package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

// insideCommand is the first argument by which cluster knows that it is the first process of new namespaces.
const insideCommand = "inside"

// outside starts this program again as the first process of new namespaces, and removes what those cannot take away
// with them. When the process inside dies, the kernel kills everything that was started there.
func outside(s settings) error {
	if err := removeLeftovers(filepath.Dir(s.directory)); err != nil {
		return err
	}
	lock, err := claim(s.directory)
	if err != nil {
		return err
	}
	defer lock.Close()
	defer os.RemoveAll(s.directory)
	defer removeCgroups(filepath.Base(s.directory))
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(self, append([]string{insideCommand}, os.Args[1:]...)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWNET | syscall.CLONE_NEWUTS | syscall.CLONE_NEWIPC,
		Pdeathsig:  syscall.SIGKILL,
		Setsid:     true,
	}
	// Whoever asks this process to end means all of it; the process inside would not hear of it.
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("new namespaces: %w (run it as root)", err)
	}
	go func() {
		<-asked
		_ = cmd.Process.Kill()
	}()
	say(event{Event: "started", Pid: cmd.Process.Pid})
	err = cmd.Wait()
	var ended *exec.ExitError
	if errors.As(err, &ended) && ended.Success() {
		return nil
	}
	return err
}

// claim makes the directory and holds a lock in it for as long as this process lives.
func claim(directory string) (*os.File, error) {
	if err := os.MkdirAll(filepath.Join(directory, "log"), 0o700); err != nil {
		return nil, err
	}
	lock, err := os.OpenFile(filepath.Join(directory, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		lock.Close()
		return nil, fmt.Errorf("%s belongs to a lab that is running", directory)
	}
	return lock, nil
}

// youngest is the age from which a directory without a holder is a leftover.
const youngest = time.Minute

// removeLeftovers removes the directories of labs whose outer process was killed: nobody holds their lock.
func removeLeftovers(parent string) error {
	locks, err := filepath.Glob(filepath.Join(parent, "*", "lock"))
	if err != nil {
		return err
	}
	for _, path := range locks {
		directory := filepath.Dir(path)
		status, err := os.Stat(path)
		if err != nil || time.Since(status.ModTime()) < youngest {
			continue // it is being made: nobody may hold its lock yet
		}
		lock, err := claim(directory)
		if err != nil {
			continue // it is running
		}
		removeCgroups(filepath.Base(directory))
		_ = os.RemoveAll(directory)
		lock.Close()
	}
	return nil
}

// removeCgroups removes the control groups of a lab's pods; a group can only be removed once its processes are gone.
func removeCgroups(lab string) {
	for _, root := range []string{"/sys/fs/cgroup/unified", "/sys/fs/cgroup"} {
		top := filepath.Join(root, "sekisho-"+lab)
		for try := 0; try < 50; try++ {
			var folders []string
			_ = filepath.WalkDir(top, func(path string, entry fs.DirEntry, err error) error {
				if err == nil && entry.IsDir() {
					folders = append(folders, path)
				}
				return nil
			})
			for i := len(folders) - 1; i >= 0; i-- {
				_ = os.Remove(folders[i])
			}
			if _, err := os.Stat(top); err != nil {
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
}
