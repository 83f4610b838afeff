package main

import (
	"bytes"
	"fmt"
	"log"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// allocate gives the next address. None is given twice: one that is stale must not reach another pod.
func (h *host) allocate() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.addresses++
	if err := os.WriteFile(addressFile(), []byte(strconv.Itoa(int(h.addresses))), 0o644); err != nil {
		log.Printf("the number of addresses is not kept: %v", err)
	}
	ip := h.network.IP.To4()
	n := uint32(ip[0])<<24 | uint32(ip[1])<<16 | uint32(ip[2])<<8 | uint32(ip[3])
	n += h.addresses
	return net.IPv4(byte(n>>24), byte(n>>16), byte(n>>8), byte(n)).String()
}

// joinNetwork makes the pod's network namespace and connects it to the bridge.
func (p *pod) joinNetwork() error {
	p.netns = "pod-" + string(p.o.UID)
	veth := "v" + strings.ReplaceAll(string(p.o.UID), "-", "")[:13]
	ones, _ := p.h.network.Mask.Size()
	if err := ip("", "netns add "+p.netns); err != nil {
		return err
	}
	if err := ip("",
		fmt.Sprintf("link add %s type veth peer name eth0 netns %s", veth, p.netns),
		fmt.Sprintf("link set %s master %s up", veth, *bridge)); err != nil {
		return err
	}
	if err := ip(p.netns,
		fmt.Sprintf("addr add %s/%d dev eth0", p.ip, ones),
		"link set lo up",
		"link set eth0 up",
		"route add default via "+p.h.nodeIP.String()); err != nil {
		return err
	}
	// As container runtimes set it: users that are not root listen on port 80, too.
	sysctls := map[string]string{"net.ipv4.ip_unprivileged_port_start": "0"}
	if security := p.o.Spec.SecurityContext; security != nil {
		for _, s := range security.Sysctls {
			sysctls[s.Name] = s.Value
		}
	}
	return inNetwork(p.netns, func() error {
		for name, value := range sysctls {
			path := filepath.Join("/proc/sys", strings.ReplaceAll(name, ".", "/"))
			if err := os.WriteFile(path, []byte(value), 0o644); err != nil {
				return err
			}
		}
		return nil
	})
}

func (p *pod) leaveNetwork() {
	if p.netns != "" {
		_ = ip("", "netns del "+p.netns) // its addresses and its end of the cable go with it
	}
}

// ip runs commands of iproute2 in a network namespace, or in our own for an empty name.
func ip(netns string, commands ...string) error {
	args := []string{"-batch", "-"}
	if netns != "" {
		args = append([]string{"-n", netns}, args...)
	}
	cmd := exec.Command("ip", args...)
	cmd.Stdin = bytes.NewBufferString(strings.Join(commands, "\n") + "\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("ip %s: %w: %s", strings.Join(commands, "; "), err, strings.TrimSpace(string(out)))
	}
	return nil
}

// inNetwork calls a function on a thread that is in the network namespace of that name; what the function opens stays
// there. An empty name is our own namespace.
func inNetwork(netns string, call func() error) error {
	if netns == "" {
		return call()
	}
	result := make(chan error, 1)
	go func() {
		// Never unlocked: the thread ends with the goroutine, and none in a wrong namespace is left.
		runtime.LockOSThread()
		result <- func() error {
			file, err := os.Open("/run/netns/" + netns)
			if err != nil {
				return err
			}
			defer file.Close()
			if err := unix.Setns(int(file.Fd()), unix.CLONE_NEWNET); err != nil {
				return err
			}
			return call()
		}()
	}()
	return <-result
}
