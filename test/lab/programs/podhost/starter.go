package main

import (
	"os/exec"
	"runtime"
)

// starter starts processes from one thread that never ends. They are to die with podhost, and the kernel takes the end
// of the thread that started them for the end of their parent; other threads do end, see inNetwork.
type starter struct {
	orders chan func()
}

func newStarter() *starter {
	s := &starter{orders: make(chan func())}
	go func() {
		runtime.LockOSThread()
		for order := range s.orders {
			order()
		}
	}()
	return s
}

func (s *starter) start(cmd *exec.Cmd) error {
	result := make(chan error, 1)
	s.orders <- func() { result <- cmd.Start() }
	return <-result
}
