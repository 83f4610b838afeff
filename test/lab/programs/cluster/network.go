package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// Addresses inside. Every lab has a network namespace of its own, so all labs have the same ones.
const (
	nodeAddress       = "10.244.0.1"
	podNetwork        = "10.244.0.0/16"
	serviceNetwork    = "10.96.0.0/16"
	apiServiceAddress = "10.96.0.1"
	dnsAddress        = "10.96.0.10"
	balancerNetwork   = "10.245.0.0/16"
	apiPort           = 16443 // not 6443: the Gateway API suite listens there
	bridge            = "pods0"
)

// prepareNamespaces gives the fresh namespaces what a machine has: mounts of their own, devices, routes.
func prepareNamespaces() error {
	if err := mounts(); err != nil {
		return err
	}
	for path, value := range map[string]string{
		"/proc/sys/net/ipv4/ip_forward":                 "1",
		"/proc/sys/net/ipv4/ip_unprivileged_port_start": "0",
		"/proc/sys/net/ipv4/conf/all/route_localnet":    "1",
	} {
		if err := os.WriteFile(path, []byte(value), 0o644); err != nil {
			return err
		}
	}
	for _, command := range []string{
		"ip link set lo up",
		"ip link add " + bridge + " type bridge",
		"ip addr add " + nodeAddress + "/16 dev " + bridge,
		"ip link set " + bridge + " up",
		// Somewhere to route to, so that kube-proxy's rules see packets for these.
		"ip route add " + serviceNetwork + " dev " + bridge,
		"ip route add " + balancerNetwork + " dev " + bridge,
	} {
		words := strings.Fields(command)
		if out, err := exec.Command(words[0], words[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %s (iproute2 must be installed)", command, err, strings.TrimSpace(string(out)))
		}
	}
	return syscall.Sethostname([]byte("lab"))
}

func mounts() error {
	for _, m := range []struct {
		source, target, kind string
		flags                uintptr
		data                 string
	}{
		{"", "/", "", syscall.MS_REC | syscall.MS_PRIVATE, ""},
		{"proc", "/proc", "proc", 0, ""},
		{"tmpfs", "/run", "tmpfs", 0, "mode=755"},
	} {
		if err := syscall.Mount(m.source, m.target, m.kind, m.flags, m.data); err != nil {
			return fmt.Errorf("mount %s: %w", m.target, err)
		}
	}
	for _, folder := range []string{"/run/netns", "/run/podhost", "/run/etcd", "/run/lock"} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
	}
	// The machine's own name server is never asked.
	if err := os.WriteFile("/run/resolv.conf", []byte("nameserver "+dnsAddress+"\n"), 0o644); err != nil {
		return err
	}
	return syscall.Mount("/run/resolv.conf", "/etc/resolv.conf", "", syscall.MS_BIND, "")
}
