package main

import (
	"context"
	"log"
	"os"
	"sync"
	"time"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// stop ends a pod: its containers, then its sidecars, then what it had on the node; then its object may go.
func (p *pod) stop(grace time.Duration) {
	deadline := time.Now().Add(grace)
	p.end() // nothing starts any more
	p.endContainers(deadline, func(c *container) bool { return !c.sidecar })
	p.endContainers(deadline, func(c *container) bool { return c.sidecar })
	<-p.done
	p.leaveNetwork()
	p.refreshing.Lock() // what is being written is written to its end
	if err := os.RemoveAll(p.dir); err != nil {
		log.Printf("folder of pod %s/%s: %v", p.o.Namespace, p.o.Name, err)
	}
	p.refreshing.Unlock()
	p.removeCgroup()
	p.h.remove(p.o)
}

func (p *pod) endContainers(deadline time.Time, which func(*container) bool) {
	var all sync.WaitGroup
	for _, c := range p.all() {
		if which(c) {
			all.Go(func() { c.kill(time.Until(deadline)) })
		}
	}
	all.Wait()
}

// remove lets the API server forget a pod that has been asked to go; it is tried until the object is gone.
func (h *host) remove(o *v1.Pod) {
	now := int64(0)
	options := metav1.DeleteOptions{GracePeriodSeconds: &now, Preconditions: &metav1.Preconditions{UID: &o.UID}}
	for {
		err := h.kube.CoreV1().Pods(o.Namespace).Delete(context.Background(), o.Name, options)
		if err == nil || apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
			return
		}
		log.Printf("removal of pod %s/%s: %v", o.Namespace, o.Name, err)
		time.Sleep(time.Second)
	}
}
