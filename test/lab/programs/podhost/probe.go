package main

import (
	"context"
	"log"
	"time"

	v1 "k8s.io/api/core/v1"
)

// eagerPeriod is how often a container that is not ready is looked at: kubelet waits a whole period, tests need not.
const eagerPeriod = 100 * time.Millisecond

// follow watches a running container with its probes until it ends: the startup probe first, then the others.
func (c *container) follow(ctx context.Context) {
	if probe := c.spec.StartupProbe; probe != nil {
		if !c.await(ctx, probe) {
			if ctx.Err() == nil {
				c.fail(probe, "startup")
			}
			return
		}
		c.setStarted()
	}
	if c.spec.ReadinessProbe != nil {
		go c.watchReadiness(ctx, c.spec.ReadinessProbe)
	}
	if probe := c.spec.LivenessProbe; probe != nil {
		c.watchLiveness(ctx, probe)
	}
}

// await is true when the startup probe has succeeded, false when it has failed as often as it may, or ctx is over.
func (c *container) await(ctx context.Context, probe *v1.Probe) bool {
	if !sleep(ctx, seconds(probe.InitialDelaySeconds)) {
		return false
	}
	end := time.Now().Add(period(probe) * time.Duration(failures(probe)))
	for time.Now().Before(end) {
		if c.ask(ctx, probe) == nil {
			return true
		}
		if !sleep(ctx, eagerPeriod) {
			return false
		}
	}
	return false
}

func (c *container) watchReadiness(ctx context.Context, probe *v1.Probe) {
	if !sleep(ctx, seconds(probe.InitialDelaySeconds)) {
		return
	}
	ready, good, bad := false, int32(0), int32(0)
	for {
		if c.ask(ctx, probe) == nil {
			good, bad = good+1, 0
		} else {
			good, bad = 0, bad+1
		}
		if ctx.Err() != nil {
			return
		}
		if !ready && good >= max(probe.SuccessThreshold, 1) || ready && bad >= failures(probe) {
			ready = !ready
			c.setReady(ready)
		}
		wait := period(probe)
		if !ready {
			wait = min(wait, eagerPeriod)
		}
		if !sleep(ctx, wait) {
			return
		}
	}
}

func (c *container) watchLiveness(ctx context.Context, probe *v1.Probe) {
	if !sleep(ctx, seconds(probe.InitialDelaySeconds)) {
		return
	}
	for bad := int32(0); sleep(ctx, period(probe)); {
		if err := c.ask(ctx, probe); err == nil {
			bad = 0
			continue
		}
		if bad++; bad >= failures(probe) && ctx.Err() == nil {
			c.fail(probe, "liveness")
			return
		}
	}
}

// fail ends the process, which the restart policy then starts again or not.
func (c *container) fail(probe *v1.Probe, which string) {
	log.Printf("container %s of pod %s/%s: its %s probe failed, it is ended", c.spec.Name, c.p.o.Namespace, c.p.o.Name, which)
	grace := c.p.o.Spec.TerminationGracePeriodSeconds
	if probe.TerminationGracePeriodSeconds != nil {
		grace = probe.TerminationGracePeriodSeconds
	}
	if grace == nil {
		grace = new(int64)
	}
	c.kill(time.Duration(*grace) * time.Second)
}

func seconds(n int32) time.Duration { return time.Duration(n) * time.Second }

func period(probe *v1.Probe) time.Duration { return seconds(max(probe.PeriodSeconds, 1)) }

func failures(probe *v1.Probe) int32 { return max(probe.FailureThreshold, 1) }
