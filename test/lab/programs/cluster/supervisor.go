package main

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// restartDelay is what a component that ended by itself waits.
const restartDelay = time.Second

// supervisor keeps the components running. It is the first process of its namespace, so it also takes in the
// processes that lost their parents.
type supervisor struct {
	s       settings
	mu      sync.Mutex
	known   map[string]component
	wanted  map[string]bool
	running map[string]*os.Process
	ended   map[string]chan struct{} // closed when the process of that name is gone
}

func newSupervisor(s settings) *supervisor {
	v := &supervisor{s: s, known: map[string]component{}, wanted: map[string]bool{}, running: map[string]*os.Process{},
		ended: map[string]chan struct{}{}}
	for _, c := range components(s) {
		v.known[c.name] = c
	}
	return v
}

// start runs a component unless it runs; its output goes to the end of its log.
func (v *supervisor) start(name string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	c, ok := v.known[name]
	if !ok {
		return fmt.Errorf("there is no component %q", name)
	}
	v.wanted[name] = true
	if v.running[name] != nil {
		return nil
	}
	log, err := os.OpenFile(filepath.Join(v.s.directory, "log", name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	null, err := os.Open(os.DevNull)
	if err != nil {
		return err
	}
	defer null.Close()
	p, err := os.StartProcess(filepath.Join(v.s.binaries, c.argv[0]), c.argv, &os.ProcAttr{Files: []*os.File{null, log, log}})
	if err != nil {
		return err
	}
	v.running[name], v.ended[name] = p, make(chan struct{})
	return nil
}

// stop ends a component, which then stays away until it is started; it returns when the process is gone.
func (v *supervisor) stop(name string, with syscall.Signal) error {
	v.mu.Lock()
	if _, ok := v.known[name]; !ok {
		v.mu.Unlock()
		return fmt.Errorf("there is no component %q", name)
	}
	v.wanted[name] = false
	p, ended := v.running[name], v.ended[name]
	v.mu.Unlock()
	if p == nil {
		return nil
	}
	if err := p.Signal(with); err != nil {
		return err
	}
	<-ended
	return nil
}

// reap waits for every process that ends here, also for orphans, and starts again what should be running.
func (v *supervisor) reap() {
	for {
		pid, err := syscall.Wait4(-1, nil, 0, nil)
		if err == syscall.EINTR {
			continue
		}
		if err != nil { // no process at the moment
			time.Sleep(50 * time.Millisecond)
			continue
		}
		v.gone(pid)
	}
}

func (v *supervisor) gone(pid int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for name, p := range v.running {
		if p.Pid != pid {
			continue
		}
		delete(v.running, name)
		close(v.ended[name])
		if v.wanted[name] {
			say(event{Event: "exited", Name: name})
			time.AfterFunc(restartDelay, func() { v.startAgain(name) })
		}
	}
}

func (v *supervisor) startAgain(name string) {
	v.mu.Lock()
	wanted := v.wanted[name]
	v.mu.Unlock()
	if !wanted {
		return
	}
	if err := v.start(name); err != nil {
		say(event{Event: "failed", Name: name, Reason: err.Error()})
	}
}
