package main

import (
	"context"
	"log"
	"time"

	v1 "k8s.io/api/core/v1"
)

// runHook does what `postStart` or `preStop` says; that it fails is noted and changes nothing.
func (c *container) runHook(ctx context.Context, hook *v1.LifecycleHandler) {
	var err error
	switch {
	case hook.Exec != nil:
		err = c.run(ctx, hook.Exec.Command)
	case hook.HTTPGet != nil:
		err = c.askHTTP(ctx, hook.HTTPGet)
	case hook.Sleep != nil:
		sleep(ctx, time.Duration(hook.Sleep.Seconds)*time.Second)
	}
	if err != nil {
		log.Printf("hook of container %s of pod %s/%s: %v", c.spec.Name, c.p.o.Namespace, c.p.o.Name, err)
	}
}
