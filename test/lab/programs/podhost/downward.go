package main

import (
	"fmt"
	"sort"
	"strings"

	v1 "k8s.io/api/core/v1"
)

// downward gives a field of the pod, or a resource of a container, as variables and volumes show it.
func (p *pod) downward(field *v1.ObjectFieldSelector, resource *v1.ResourceFieldSelector) string {
	if resource != nil {
		return p.resource(resource)
	}
	if field == nil {
		return ""
	}
	path := field.FieldPath
	if start := strings.Index(path, "['"); start > 0 && strings.HasSuffix(path, "']") {
		entries := p.newest().Labels
		if strings.HasPrefix(path, "metadata.annotations") {
			entries = p.newest().Annotations
		}
		return entries[path[start+2:len(path)-2]]
	}
	switch path {
	case "metadata.name":
		return p.o.Name
	case "metadata.namespace":
		return p.o.Namespace
	case "metadata.uid":
		return string(p.o.UID)
	case "metadata.labels":
		return formatEntries(p.newest().Labels)
	case "metadata.annotations":
		return formatEntries(p.newest().Annotations)
	case "spec.nodeName":
		return *nodeName
	case "spec.serviceAccountName":
		return p.o.Spec.ServiceAccountName
	case "status.hostIP", "status.hostIPs":
		return p.h.nodeIP.String()
	case "status.podIP", "status.podIPs":
		return p.ip
	}
	return ""
}

func formatEntries(entries map[string]string) string {
	var lines []string
	for key, value := range entries {
		lines = append(lines, fmt.Sprintf("%s=%q\n", key, value))
	}
	sort.Strings(lines)
	return strings.Join(lines, "")
}

// resource gives a limit or request in the unit of its divisor; where none is set, the node's whole room is.
func (p *pod) resource(selector *v1.ResourceFieldSelector) string {
	kind, name, _ := strings.Cut(selector.Resource, ".")
	for i := range p.o.Spec.Containers {
		c := &p.o.Spec.Containers[i]
		if selector.ContainerName != "" && selector.ContainerName != c.Name {
			continue
		}
		list := c.Resources.Limits
		if kind == "requests" {
			list = c.Resources.Requests
		}
		amount, there := list[v1.ResourceName(name)]
		if !there {
			break
		}
		divisor := selector.Divisor
		if divisor.IsZero() {
			return fmt.Sprint(amount.Value())
		}
		return fmt.Sprint((amount.MilliValue() + divisor.MilliValue() - 1) / divisor.MilliValue())
	}
	return map[string]string{"cpu": "1000", "memory": "1099511627776"}[name]
}
