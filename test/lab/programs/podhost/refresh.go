package main

import (
	"context"
	"log"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// refresh brings the volumes of running pods that show an object up to date. kubelet looks about once a minute; here
// it happens at once, so that tests need not wait.
func (h *host) refresh(ctx context.Context, kind string, o metav1.Object) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, p := range h.pods {
		if p.o.Namespace == o.GetNamespace() && shows(&p.o.Spec, kind, o.GetName()) {
			go p.refreshVolumes(ctx)
		}
	}
}

func (p *pod) refreshVolumes(ctx context.Context) {
	if p.ctx.Err() != nil {
		return
	}
	if err := p.writeVolumes(ctx); err != nil && p.ctx.Err() == nil {
		log.Printf("volumes of pod %s/%s stay as they are: %v", p.o.Namespace, p.o.Name, err)
	}
}

// shows is true when a volume of the pod names the object.
func shows(spec *v1.PodSpec, kind, name string) bool {
	for i := range spec.Volumes {
		sources, _, err := sourcesOf(&spec.Volumes[i])
		if err != nil {
			continue // a volume that shows no objects
		}
		for _, s := range sources {
			if kind == "Secret" && s.Secret != nil && s.Secret.Name == name ||
				kind == "ConfigMap" && s.ConfigMap != nil && s.ConfigMap.Name == name {
				return true
			}
		}
	}
	return false
}

// tokenLookEvery is how often a running pod's tokens are looked at; the shortest life that may be asked for is 600 s.
const tokenLookEvery = 30 * time.Second

func (p *pod) keepTokensFresh() {
	for sleep(p.ctx, tokenLookEvery) {
		if p.tokenIsOld() {
			p.refreshVolumes(p.ctx)
		}
	}
}

func (p *pod) tokenIsOld() bool {
	p.refreshing.Lock()
	defer p.refreshing.Unlock()
	for _, t := range p.tokens {
		if time.Now().After(t.renew) {
			return true
		}
	}
	return false
}
