package main

import (
	"context"
	"net"
	"sync"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
)

// host is the node: what it runs, and what it has given away.
type host struct {
	kube      kubernetes.Interface
	starter   *starter
	images    []image
	podLister corelisters.PodLister

	nodeIP  net.IP
	network *net.IPNet

	mu        sync.Mutex
	addresses uint32 // how many were given away
	pods      map[types.UID]*pod
	balancers map[types.UID]string // addresses given to Services of type LoadBalancer
}

func newHost(kube kubernetes.Interface, images []image, gateway string) (*host, error) {
	ip, network, err := net.ParseCIDR(gateway)
	if err != nil {
		return nil, err
	}
	return &host{kube: kube, starter: newStarter(), images: images, nodeIP: ip, network: network, addresses: addressesGiven(),
		pods: map[types.UID]*pod{}, balancers: map[types.UID]string{}}, nil
}

// seen moves a pod of this node one step: starts it or stops it.
func (h *host) seen(ctx context.Context, o *v1.Pod) {
	if o.Spec.NodeName != *nodeName {
		return
	}
	h.mu.Lock()
	p := h.pods[o.UID]
	if p == nil && o.DeletionTimestamp == nil && o.Status.Phase != v1.PodSucceeded && o.Status.Phase != v1.PodFailed {
		p = newPod(ctx, h, o.DeepCopy())
		h.pods[o.UID] = p
		go p.run()
	}
	h.mu.Unlock()
	switch {
	case o.DeletionTimestamp != nil:
		if p == nil { // it never ran here, or is over since before this program started
			h.remove(o)
			return
		}
		p.stopOnce.Do(func() { go p.stop(gracePeriod(o)) })
	case p != nil:
		p.update(ctx, o)
	}
}

func gracePeriod(o *v1.Pod) time.Duration {
	if s := o.DeletionGracePeriodSeconds; s != nil {
		return time.Duration(*s) * time.Second
	}
	return time.Second
}

// forget ends what runs of a pod whose object is gone.
func (h *host) forget(uid types.UID) {
	h.mu.Lock()
	p := h.pods[uid]
	delete(h.pods, uid)
	h.mu.Unlock()
	if p != nil {
		p.stopOnce.Do(func() { go p.stop(0) })
	}
}

func (h *host) find(namespace, name string) *pod {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, p := range h.pods {
		if p.o.Namespace == namespace && p.o.Name == name {
			return p
		}
	}
	return nil
}
