package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"syscall"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Back-off between restarts: kubelet's doubles from 10 s to 5 min, which tests need not wait for.
const (
	firstRestartDelay = 500 * time.Millisecond
	lastRestartDelay  = 10 * time.Second
	// steadyAfter is how long a container must have run for its back-off to begin anew.
	steadyAfter = time.Minute
)

// container is one container of a pod, over all its restarts. What changes is guarded by the pod's mutex.
type container struct {
	p       *pod
	spec    *v1.Container
	init    bool
	sidecar bool
	dir     string
	ctx     context.Context // ends when it is not to be started again
	end     context.CancelFunc
	begun   chan struct{} // closed when it has started for the first time, as its startup probe sees it

	id       string // of the process that runs, or of the last one
	pid      int    // 0 when none runs
	exited   chan struct{}
	restarts int32
	started  bool
	ready    bool
	state    v1.ContainerState
	last     v1.ContainerState
}

func newContainer(p *pod, spec *v1.Container, init bool) *container {
	ctx, end := context.WithCancel(p.ctx)
	return &container{p: p, restarts: earlierRuns(p.o, spec.Name), spec: spec, init: init, ctx: ctx, end: end, begun: make(chan struct{}),
		sidecar: init && spec.RestartPolicy != nil && *spec.RestartPolicy == v1.ContainerRestartPolicyAlways,
		dir:     filepath.Join(p.dir, "containers", spec.Name),
		state:   waiting("ContainerCreating", "")}
}

// earlierRuns is how often the container ran under an earlier run of podhost.
func earlierRuns(o *v1.Pod, name string) int32 {
	for _, s := range append(append([]v1.ContainerStatus{}, o.Status.InitContainerStatuses...), o.Status.ContainerStatuses...) {
		if s.Name == name && s.ContainerID != "" {
			return s.RestartCount + 1
		}
	}
	return 0
}

func waiting(reason, message string) v1.ContainerState {
	return v1.ContainerState{Waiting: &v1.ContainerStateWaiting{Reason: reason, Message: message}}
}

// keep runs a container under a restart policy; true means that it ended well.
func (p *pod) keep(c *container, policy v1.RestartPolicy) bool {
	for delay := firstRestartDelay; ; delay = min(2*delay, lastRestartDelay) {
		spec := c.awaitSpec()
		if spec == nil {
			return false
		}
		begun := time.Now()
		code, err := p.runOnce(c, spec)
		message := ""
		if err != nil {
			message = err.Error()
		}
		c.setEnded(code, begun, message)
		if c.ctx.Err() != nil {
			return false
		}
		if policy == v1.RestartPolicyNever || policy == v1.RestartPolicyOnFailure && code == 0 {
			return code == 0
		}
		if time.Since(begun) > steadyAfter {
			delay = firstRestartDelay
		}
		c.setCrashed(message)
		if !sleep(c.ctx, delay) {
			return false
		}
	}
}

// awaitSpec waits until everything is there that the container needs; nil means that it is not to run any more.
func (c *container) awaitSpec() *shimSpec {
	for {
		spec, err := c.p.containerSpec(c)
		if err == nil {
			return spec
		}
		reason := "CreateContainerConfigError"
		if errors.Is(err, errNoImage) {
			reason = "ErrImagePull"
		}
		c.setBlocked(waiting(reason, err.Error()))
		if !sleep(c.ctx, firstRestartDelay) {
			return nil
		}
	}
}

func (c *container) setEnded(code int, begun time.Time, message string) {
	reason := "Completed"
	if code != 0 {
		reason = "Error"
	}
	c.p.mu.Lock()
	c.started, c.ready = false, false
	c.state = v1.ContainerState{Terminated: &v1.ContainerStateTerminated{ExitCode: int32(code), Reason: reason,
		Message: message, StartedAt: metav1.NewTime(begun), FinishedAt: metav1.Now(), ContainerID: c.reference()}}
	c.p.mu.Unlock()
	c.p.report()
}

// setBlocked says what the container waits for, once.
func (c *container) setBlocked(state v1.ContainerState) {
	c.p.mu.Lock()
	same := c.state.Waiting != nil && *c.state.Waiting == *state.Waiting
	c.state = state
	c.p.mu.Unlock()
	if !same {
		c.p.report()
	}
}

func (c *container) setCrashed(message string) {
	c.p.mu.Lock()
	c.restarts++
	c.last, c.state = c.state, waiting("CrashLoopBackOff", message)
	c.p.mu.Unlock()
	c.p.report()
}

// setRunning says that the process is there; without a startup probe it has started, without a readiness probe it is
// ready.
func (c *container) setRunning(pid int) {
	c.p.mu.Lock()
	c.pid = pid
	c.exited = make(chan struct{})
	c.started = c.spec.StartupProbe == nil
	c.ready = c.started && c.spec.ReadinessProbe == nil
	c.state = v1.ContainerState{Running: &v1.ContainerStateRunning{StartedAt: metav1.Now()}}
	c.p.mu.Unlock()
	c.noteBegun()
	c.p.report()
}

func (c *container) setStarted() {
	c.p.mu.Lock()
	c.started = true
	c.ready = c.spec.ReadinessProbe == nil
	c.p.mu.Unlock()
	c.noteBegun()
	c.p.report()
}

func (c *container) setReady(ready bool) {
	c.p.mu.Lock()
	changed := c.ready != ready
	c.ready = ready
	c.p.mu.Unlock()
	if changed {
		c.p.report()
	}
}

func (c *container) noteBegun() {
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	if !c.started {
		return
	}
	select {
	case <-c.begun:
	default:
		close(c.begun)
	}
}

// process gives the number of the running process, 0 when there is none, and what is closed when it is gone.
func (c *container) process() (int, <-chan struct{}) {
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	return c.pid, c.exited
}

// kill ends the running process: what `preStop` says, TERM, a time to leave, KILL.
func (c *container) kill(grace time.Duration) {
	pid, exited := c.process()
	if pid == 0 {
		return
	}
	deadline, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	if c.spec.Lifecycle != nil && c.spec.Lifecycle.PreStop != nil {
		c.runHook(deadline, c.spec.Lifecycle.PreStop)
	}
	_ = syscall.Kill(pid, syscall.SIGTERM)
	select {
	case <-exited:
	case <-deadline.Done():
		_ = syscall.Kill(pid, syscall.SIGKILL)
		<-exited
	}
}

// newID is what a container runtime would call the container.
func newID() string {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails: crypto/rand
	return hex.EncodeToString(raw)
}

// reference is the container's name in a status.
func (c *container) reference() string {
	if c.id == "" {
		return ""
	}
	return fmt.Sprintf("podhost://%s", c.id)
}
