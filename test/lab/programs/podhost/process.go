package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	v1 "k8s.io/api/core/v1"
)

// failedToStart is the exit code of a container whose process could not be made.
const failedToStart = 128

// runOnce starts the process of a container and waits for its end.
func (p *pod) runOnce(c *container, spec *shimSpec) (int, error) {
	log, err := c.newLog()
	if err != nil {
		return failedToStart, err
	}
	cmd, err := p.startShim(spec, log)
	if err != nil {
		return failedToStart, err
	}
	c.setRunning(cmd.Process.Pid)
	ctx, stop := context.WithCancel(c.ctx)
	defer stop()
	if c.ctx.Err() != nil { // stopped while it started
		_ = cmd.Process.Kill()
	}
	if c.spec.Lifecycle != nil && c.spec.Lifecycle.PostStart != nil {
		go c.runHook(ctx, c.spec.Lifecycle.PostStart)
	}
	go c.follow(ctx)
	err = cmd.Wait()
	p.mu.Lock()
	c.pid = 0
	close(c.exited)
	p.mu.Unlock()
	removeCgroup(spec.Cgroup)
	return exitCode(err)
}

func exitCode(err error) (int, error) {
	var ended *exec.ExitError
	if !errors.As(err, &ended) {
		return 0, err
	}
	if status, ok := ended.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal()), nil // as a container runtime counts
	}
	return ended.ExitCode(), nil
}

// containerSpec is everything that the shim has to know.
func (p *pod) containerSpec(c *container) (*shimSpec, error) {
	image, err := p.h.imageFor(c.spec.Image)
	if err != nil {
		return nil, err
	}
	program, err := p.containerEnvironment(c)
	if err != nil {
		return nil, err
	}
	program.Argv = image.argv(c.spec, environmentMap(program.Env))
	p.mu.Lock()
	c.id = newID()
	p.mu.Unlock()
	s := &shimSpec{Netns: p.netns, Dir: filepath.Join(c.dir, c.id[:12]), HostPID: p.o.Spec.HostPID, Process: *program}
	s.Hostname = p.hostname()
	s.ReadOnlyRoot = c.spec.SecurityContext != nil && c.spec.SecurityContext.ReadOnlyRootFilesystem != nil &&
		*c.spec.SecurityContext.ReadOnlyRootFilesystem
	s.Cgroup, err = p.makeCgroup(c.id)
	if err != nil {
		return nil, err
	}
	s.Mounts, err = p.mountsFor(c, image)
	return s, err
}

// containerEnvironment is everything about the container's processes but what they run.
func (p *pod) containerEnvironment(c *container) (*process, error) {
	image, err := p.h.imageFor(c.spec.Image)
	if err != nil {
		return nil, err
	}
	env, err := p.environment(p.ctx, c.spec)
	if err != nil {
		return nil, err
	}
	image.addTo(env)
	return &process{Env: environmentList(env), Dir: c.spec.WorkingDir, Credentials: credentialsFor(p.o, c.spec)}, nil
}

func (p *pod) hostname() string {
	if p.o.Spec.HostNetwork {
		return *nodeName
	}
	if p.o.Spec.Hostname != "" {
		return p.o.Spec.Hostname
	}
	return p.o.Name
}

// startShim starts podhost itself in the container's new namespaces.
func (p *pod) startShim(spec *shimSpec, output *os.File) (*exec.Cmd, error) {
	defer output.Close()
	raw, err := json.Marshal(spec)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	flags := uintptr(syscall.CLONE_NEWNS | syscall.CLONE_NEWUTS | syscall.CLONE_NEWIPC)
	if !spec.HostPID {
		flags |= syscall.CLONE_NEWPID // with the first process the kernel ends all of the container's
	}
	cmd := exec.Command(self, shimCommand, string(raw))
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: flags, Setsid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Stdout, cmd.Stderr = output, output
	return cmd, p.h.starter.start(cmd)
}

// mountsFor lists what is bound into the container's root.
func (p *pod) mountsFor(c *container, image *image) ([]mount, error) {
	files, err := p.writeNetworkFiles(c)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	mounts := append(files, mount{Source: self, Target: becomePath, ReadOnly: true})
	for target, source := range image.Binds {
		mounts = append(mounts, mount{Source: source, Target: target, ReadOnly: true})
	}
	for _, m := range c.spec.VolumeMounts {
		source, err := p.volumeSource(c, m)
		if err != nil {
			return nil, err
		}
		mounts = append(mounts, mount{Source: source, Target: m.MountPath, ReadOnly: m.ReadOnly})
	}
	return mounts, nil
}

// writeNetworkFiles makes the files with which a container finds names.
func (p *pod) writeNetworkFiles(c *container) ([]mount, error) {
	hosts := fmt.Sprintf("127.0.0.1 localhost\n::1 localhost\n%s %s\n", p.ip, p.hostname())
	for _, alias := range p.o.Spec.HostAliases {
		for _, name := range alias.Hostnames {
			hosts += fmt.Sprintf("%s %s\n", alias.IP, name)
		}
	}
	files := map[string]string{"hosts": hosts, "hostname": p.hostname() + "\n", "resolv.conf": p.resolvers()}
	var mounts []mount
	for name, content := range files {
		path := filepath.Join(c.dir, name)
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			return nil, err
		}
		mounts = append(mounts, mount{Source: path, Target: "/etc/" + name})
	}
	return mounts, nil
}

func (p *pod) resolvers() string {
	spec := &p.o.Spec
	if spec.DNSPolicy == v1.DNSDefault || spec.HostNetwork && spec.DNSPolicy != v1.DNSClusterFirstWithHostNet {
		return fmt.Sprintf("nameserver %s\n", *clusterDNS) // the node itself has no other
	}
	return fmt.Sprintf("search %s.svc.cluster.local svc.cluster.local cluster.local\nnameserver %s\noptions ndots:5\n",
		p.o.Namespace, *clusterDNS)
}
