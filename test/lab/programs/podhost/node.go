package main

import (
	"context"
	"log"
	"runtime"
	"time"

	coordination "k8s.io/api/coordination/v1"
	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const leaseSeconds = 40

// register makes the Node, or takes over the one of an earlier run, and says that it is ready.
func (h *host) register(ctx context.Context) error {
	nodes := h.kube.CoreV1().Nodes()
	labels := map[string]string{"kubernetes.io/hostname": *nodeName, "kubernetes.io/os": "linux", "kubernetes.io/arch": runtime.GOARCH}
	node, err := nodes.Create(ctx, &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: *nodeName, Labels: labels}}, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		node, err = nodes.Get(ctx, *nodeName, metav1.GetOptions{})
	}
	if err != nil {
		return err
	}
	room := v1.ResourceList{"cpu": resource.MustParse("1k"), "memory": resource.MustParse("1Ti"),
		"pods": resource.MustParse("10k"), "ephemeral-storage": resource.MustParse("1Ti")}
	now := metav1.Now()
	s := &node.Status
	s.Capacity, s.Allocatable = room, room
	s.Addresses = []v1.NodeAddress{{Type: v1.NodeInternalIP, Address: h.nodeIP.String()}, {Type: v1.NodeHostName, Address: *nodeName}}
	s.DaemonEndpoints.KubeletEndpoint.Port = int32(*listen)
	s.Conditions = []v1.NodeCondition{{Type: v1.NodeReady, Status: v1.ConditionTrue, Reason: "PodhostReady",
		LastHeartbeatTime: now, LastTransitionTime: now}}
	s.NodeInfo.KubeletVersion, s.NodeInfo.OperatingSystem, s.NodeInfo.Architecture = "v0.0.0-podhost", "linux", runtime.GOARCH
	s.NodeInfo.ContainerRuntimeVersion = "podhost://0"
	_, err = nodes.UpdateStatus(ctx, node, metav1.UpdateOptions{})
	return err
}

// heartbeat renews the node's Lease; without it the node lifecycle controller evicts everything.
func (h *host) heartbeat(ctx context.Context) {
	for ; ; time.Sleep(leaseSeconds / 4 * time.Second) {
		if err := h.renew(ctx); err != nil {
			log.Printf("lease of the node: %v", err)
			continue
		}
		if err := h.recover(ctx); err != nil {
			log.Printf("status of the node: %v", err)
		}
	}
}

// recover says again that the node and its pods are ready where that was taken back: a control plane that was away
// takes a node for lost whose lease it did not see renewed.
func (h *host) recover(ctx context.Context) error {
	node, err := h.kube.CoreV1().Nodes().Get(ctx, *nodeName, metav1.GetOptions{})
	if err != nil {
		return err
	}
	for _, c := range node.Status.Conditions {
		if c.Type == v1.NodeReady && c.Status == v1.ConditionTrue {
			return nil
		}
	}
	if err := h.register(ctx); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, p := range h.pods {
		go p.report()
	}
	return nil
}

func (h *host) renew(ctx context.Context) error {
	leases := h.kube.CoordinationV1().Leases(v1.NamespaceNodeLease)
	seconds, now := int32(leaseSeconds), metav1.NowMicro()
	spec := coordination.LeaseSpec{HolderIdentity: nodeName, LeaseDurationSeconds: &seconds, RenewTime: &now}
	lease, err := leases.Get(ctx, *nodeName, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		_, err = leases.Create(ctx, &coordination.Lease{
			ObjectMeta: metav1.ObjectMeta{Name: *nodeName, Namespace: v1.NamespaceNodeLease}, Spec: spec}, metav1.CreateOptions{})
		return err
	}
	if err != nil {
		return err
	}
	lease.Spec = spec
	_, err = leases.Update(ctx, lease, metav1.UpdateOptions{})
	return err
}
