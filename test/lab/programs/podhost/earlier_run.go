package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// endEarlierRun takes away what an earlier run of podhost left: unlike kubelet it does not take pods over, but starts
// them again, with the addresses that they had.
func endEarlierRun() error {
	endProcesses()
	networks, err := filepath.Glob("/run/netns/pod-*")
	if err != nil {
		return err
	}
	for _, path := range networks {
		_ = unix.Unmount(path, unix.MNT_DETACH) // one that was being made is not mounted yet
		if err := os.Remove(path); err != nil {
			return err
		}
	}
	return os.RemoveAll(filepath.Join(*root, "pods"))
}

// addressFile holds how many addresses were given away.
func addressFile() string { return filepath.Join(*root, "addresses") }

func addressesGiven() uint32 {
	content, err := os.ReadFile(addressFile())
	if err != nil {
		return 1 // the first is the node's own
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(content)), 10, 32)
	if err != nil {
		return 1
	}
	return uint32(n)
}
