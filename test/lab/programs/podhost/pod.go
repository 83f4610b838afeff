package main

import (
	"context"
	"log"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"sync"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// pod is what runs of one Pod on this node.
type pod struct {
	h   *host
	o   *v1.Pod         // as it was when it started; what never changes is read here
	ctx context.Context // ends when the pod is to stop
	end context.CancelFunc

	ip, netns string
	dir       string // everything the pod has on disk
	started   metav1.Time
	stopOnce  sync.Once
	done      chan struct{} // closed when run has returned and no process is left

	// reporting is held while a status is written, so that the last one is the newest.
	reporting sync.Mutex
	// refreshing is held while volumes are written.
	refreshing sync.Mutex
	tokens     map[string]issuedToken // by path; guarded by refreshing

	mu         sync.Mutex
	latest     *v1.Pod // with its newest labels, annotations and conditions
	containers map[string]*container
	phase      v1.PodPhase
	reason     string // why it waits, or did not start
	conditions map[v1.PodConditionType]v1.PodCondition
}

func newPod(ctx context.Context, h *host, o *v1.Pod) *pod {
	ctx, end := context.WithCancel(ctx)
	return &pod{h: h, ctx: ctx, end: end, o: o, latest: o, done: make(chan struct{}), dir: filepath.Join(*root, "pods", string(o.UID)),
		started: metav1.Now(), phase: v1.PodPending, tokens: map[string]issuedToken{}, containers: map[string]*container{},
		conditions: map[v1.PodConditionType]v1.PodCondition{}}
}

// update takes over what may change of a running pod: labels and annotations, which volumes can show, and conditions
// of others, for which readiness can wait.
func (p *pod) update(ctx context.Context, o *v1.Pod) {
	p.mu.Lock()
	before := p.latest
	p.latest = o.DeepCopy()
	p.mu.Unlock()
	if !maps.Equal(before.Labels, o.Labels) || !maps.Equal(before.Annotations, o.Annotations) {
		go p.refreshVolumes(ctx)
	}
	if len(o.Spec.ReadinessGates) > 0 && !reflect.DeepEqual(before.Status.Conditions, o.Status.Conditions) {
		go p.report()
	}
}

func (p *pod) newest() *v1.Pod {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.latest
}

// run is the whole life of a pod: volumes, network, init containers, containers.
func (p *pod) run() {
	defer close(p.done)
	p.report() // what an earlier run of podhost said holds no more
	if !p.prepare() {
		return
	}
	spec := &p.o.Spec
	for i := range spec.InitContainers {
		if !p.initialize(&spec.InitContainers[i]) {
			return
		}
	}
	p.setPhase(v1.PodRunning)
	go p.keepTokensFresh()
	var all sync.WaitGroup
	for i := range spec.Containers {
		c := p.add(&spec.Containers[i], false)
		all.Go(func() { p.keep(c, spec.RestartPolicy) })
	}
	all.Wait()
	if p.ctx.Err() == nil {
		p.endSidecars()
		p.setPhase(p.lastPhase())
	}
}

// prepare waits for what the pod mounts: Secrets and ConfigMaps may come later than the pod that names them.
func (p *pod) prepare() bool {
	for {
		err := p.writeVolumes(p.ctx)
		if err == nil {
			break
		}
		p.say(err.Error())
		if !sleep(p.ctx, 200*time.Millisecond) {
			return false
		}
	}
	p.say("")
	if p.o.Spec.HostNetwork {
		p.ip = p.h.nodeIP.String()
		return true
	}
	if p.ip = p.o.Status.PodIP; p.ip == "" { // else it had one in an earlier run of podhost
		p.ip = p.h.allocate()
	}
	if err := p.joinNetwork(); err != nil {
		log.Printf("network of pod %s/%s: %v", p.o.Namespace, p.o.Name, err)
		p.say(err.Error())
		return false
	}
	return true
}

// initialize runs an init container to its end, or starts a sidecar and waits until it has started.
func (p *pod) initialize(spec *v1.Container) bool {
	c := p.add(spec, true)
	if !c.sidecar {
		return p.keep(c, initPolicy(p.o.Spec.RestartPolicy))
	}
	go p.keep(c, v1.RestartPolicyAlways)
	select {
	case <-c.begun:
		return true
	case <-p.ctx.Done():
		return false
	}
}

// initPolicy: init containers of a pod that restarts are tried until they succeed.
func initPolicy(policy v1.RestartPolicy) v1.RestartPolicy {
	if policy == v1.RestartPolicyNever {
		return policy
	}
	return v1.RestartPolicyOnFailure
}

// endSidecars lets a pod end whose own containers have.
func (p *pod) endSidecars() {
	for _, c := range p.all() {
		if c.sidecar {
			c.end()
			c.kill(time.Second)
		}
	}
}

func (p *pod) lastPhase() v1.PodPhase {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.containers {
		if t := c.state.Terminated; t != nil && t.ExitCode != 0 && !c.init {
			return v1.PodFailed
		}
	}
	return v1.PodSucceeded
}

func (p *pod) add(spec *v1.Container, init bool) *container {
	c := newContainer(p, spec, init)
	if err := os.MkdirAll(c.dir, 0o755); err != nil {
		log.Printf("folder of container %s: %v", spec.Name, err)
	}
	p.mu.Lock()
	p.containers[spec.Name] = c
	p.mu.Unlock()
	return c
}

func (p *pod) all() (all []*container) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.containers {
		all = append(all, c)
	}
	return all
}

func (p *pod) setPhase(phase v1.PodPhase) {
	p.mu.Lock()
	p.phase = phase
	p.mu.Unlock()
	p.report()
}

// say shows in the pod's status why it does not start.
func (p *pod) say(reason string) {
	p.mu.Lock()
	same := p.reason == reason
	p.reason = reason
	p.mu.Unlock()
	if !same {
		p.report()
	}
}

func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
