package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// balance is the lab's cloud: it gives every Service of type LoadBalancer an address of 10.245.0.0/16, or the one it
// asks for. kube-proxy's rules make the address answer.
func (h *host) balance(ctx context.Context, s *v1.Service) {
	if s.Spec.Type != v1.ServiceTypeLoadBalancer || len(s.Status.LoadBalancer.Ingress) > 0 || s.DeletionTimestamp != nil {
		return
	}
	if s.Spec.LoadBalancerClass != nil { // somebody else's
		return
	}
	address := s.Spec.LoadBalancerIP
	if address == "" {
		address = h.balancerAddress(s.UID)
	}
	status := v1.ServiceStatus{LoadBalancer: v1.LoadBalancerStatus{Ingress: []v1.LoadBalancerIngress{{IP: address}}}}
	body, err := json.Marshal(map[string]any{"status": status})
	if err == nil {
		_, err = h.kube.CoreV1().Services(s.Namespace).Patch(ctx, s.Name, types.MergePatchType, body, metav1.PatchOptions{}, "status")
	}
	if err != nil {
		log.Printf("load balancer %s/%s: %v", s.Namespace, s.Name, err)
	}
}

func (h *host) balancerAddress(service types.UID) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.balancers[service] == "" {
		n := len(h.balancers) + 1
		h.balancers[service] = fmt.Sprintf("10.245.%d.%d", n>>8, n&255)
	}
	return h.balancers[service]
}
