package main

import (
	"context"
	"encoding/json"
	"log"
	"time"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// report writes the pod's status; podhost is its only owner. It is tried until the API server takes it: a status that
// is lost is never sent again.
func (p *pod) report() {
	p.reporting.Lock()
	defer p.reporting.Unlock()
	for delay := 50 * time.Millisecond; ; delay = min(2*delay, 2*time.Second) {
		body, err := json.Marshal(map[string]any{"metadata": map[string]any{"uid": p.o.UID}, "status": p.status()})
		if err != nil {
			log.Printf("status of pod %s/%s: %v", p.o.Namespace, p.o.Name, err)
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		_, err = p.h.kube.CoreV1().Pods(p.o.Namespace).Patch(ctx, p.o.Name, types.StrategicMergePatchType, body, metav1.PatchOptions{}, "status")
		cancel()
		if err == nil || apierrors.IsNotFound(err) || apierrors.IsConflict(err) { // it is gone, or another of that name
			return
		}
		log.Printf("status of pod %s/%s: %v", p.o.Namespace, p.o.Name, err)
		time.Sleep(delay)
	}
}

func (p *pod) status() v1.PodStatus {
	p.mu.Lock()
	defer p.mu.Unlock()
	host := p.h.nodeIP.String()
	s := v1.PodStatus{Phase: p.phase, Message: p.reason, StartTime: &p.started, HostIP: host,
		HostIPs: []v1.HostIP{{IP: host}}, ObservedGeneration: p.latest.Generation, QOSClass: p.o.Status.QOSClass}
	if p.ip != "" {
		s.PodIP, s.PodIPs = p.ip, []v1.PodIP{{IP: p.ip}}
	}
	s.InitContainerStatuses = p.containerStatuses(p.o.Spec.InitContainers)
	s.ContainerStatuses = p.containerStatuses(p.o.Spec.Containers)
	initialized, ready := true, p.phase == v1.PodRunning
	for i, c := range s.InitContainerStatuses {
		initialized = initialized && (c.Ready || c.State.Terminated != nil && c.State.Terminated.ExitCode == 0)
		if policy := p.o.Spec.InitContainers[i].RestartPolicy; policy != nil && *policy == v1.ContainerRestartPolicyAlways {
			ready = ready && c.Ready
		}
	}
	for _, c := range s.ContainerStatuses {
		ready = ready && c.Ready
	}
	gates := ready
	for _, gate := range p.o.Spec.ReadinessGates {
		gates = gates && p.holds(gate.ConditionType)
	}
	s.Conditions = []v1.PodCondition{p.condition(v1.PodScheduled, true), p.condition(v1.PodInitialized, initialized),
		p.condition(v1.ContainersReady, ready), p.condition(v1.PodReady, gates)}
	return s
}

// holds looks up a condition that somebody else writes.
func (p *pod) holds(kind v1.PodConditionType) bool {
	for _, c := range p.latest.Status.Conditions {
		if c.Type == kind {
			return c.Status == v1.ConditionTrue
		}
	}
	return false
}

// condition keeps the time of the last change.
func (p *pod) condition(kind v1.PodConditionType, holds bool) v1.PodCondition {
	status := v1.ConditionFalse
	if holds {
		status = v1.ConditionTrue
	}
	c := p.conditions[kind]
	if c.Status != status {
		c = v1.PodCondition{Type: kind, Status: status, LastTransitionTime: metav1.Now()}
	}
	c.ObservedGeneration = p.latest.Generation
	p.conditions[kind] = c
	return c
}

func (p *pod) containerStatuses(specs []v1.Container) []v1.ContainerStatus {
	var list []v1.ContainerStatus
	for i := range specs {
		s := v1.ContainerStatus{Name: specs[i].Name, Image: specs[i].Image, ImageID: "local/" + specs[i].Image,
			State: waiting("PodInitializing", "")}
		if c := p.containers[specs[i].Name]; c != nil {
			started := c.started
			s.State, s.LastTerminationState, s.RestartCount, s.Started = c.state, c.last, c.restarts, &started
			s.Ready = c.ready && c.state.Running != nil
			s.ContainerID = c.reference()
			if c.init && !c.sidecar && c.state.Terminated != nil && c.state.Terminated.ExitCode == 0 {
				s.Ready = true
			}
		}
		list = append(list, s)
	}
	return list
}
