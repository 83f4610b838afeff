package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// writeVolumes makes what the pod's volumes show. It may be called again: what comes from objects is then brought up
// to date, the rest is left alone.
func (p *pod) writeVolumes(ctx context.Context) error {
	p.refreshing.Lock()
	defer p.refreshing.Unlock()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	for i := range p.o.Spec.Volumes {
		v := &p.o.Spec.Volumes[i]
		if err := p.writeVolume(ctx, v); err != nil {
			return fmt.Errorf("volume %s: %w", v.Name, err)
		}
	}
	return nil
}

func (p *pod) writeVolume(ctx context.Context, v *v1.Volume) error {
	switch {
	case v.EmptyDir != nil:
		return p.makeEmptyFolder(p.volumeDir(v.Name))
	case v.HostPath != nil:
		return makeHostPath(v.HostPath)
	case v.PersistentVolumeClaim != nil:
		return p.linkClaim(ctx, v)
	}
	sources, mode, err := sourcesOf(v)
	if err != nil {
		return err
	}
	files, err := p.project(ctx, sources, mode)
	if err != nil {
		return err
	}
	return replaceFiles(p.volumeDir(v.Name), files)
}

func (p *pod) volumeDir(name string) string { return filepath.Join(p.dir, "volumes", name) }

// fsGroup is the group that owns the pod's volumes, or -1.
func (p *pod) fsGroup() int {
	if s := p.o.Spec.SecurityContext; s != nil && s.FSGroup != nil {
		return int(*s.FSGroup)
	}
	return -1
}

func (p *pod) makeEmptyFolder(path string) error {
	if err := os.MkdirAll(path, 0o777); err != nil {
		return err
	}
	mode := os.FileMode(0o777) // whatever our umask is
	if group := p.fsGroup(); group >= 0 {
		if err := os.Chown(path, 0, group); err != nil {
			return err
		}
		mode |= os.ModeSetgid
	}
	return os.Chmod(path, mode)
}

func makeHostPath(h *v1.HostPathVolumeSource) error {
	kind := v1.HostPathUnset
	if h.Type != nil {
		kind = *h.Type
	}
	switch kind {
	case v1.HostPathDirectoryOrCreate:
		return os.MkdirAll(h.Path, 0o755)
	case v1.HostPathFileOrCreate:
		file, err := os.OpenFile(h.Path, os.O_CREATE, 0o644)
		if err != nil {
			return err
		}
		return file.Close()
	case v1.HostPathUnset:
		return nil
	}
	_, err := os.Stat(h.Path)
	return err
}

// linkClaim waits for the claim to be bound, and makes the folder of its volume.
func (p *pod) linkClaim(ctx context.Context, v *v1.Volume) error {
	core := p.h.kube.CoreV1()
	claim, err := core.PersistentVolumeClaims(p.o.Namespace).Get(ctx, v.PersistentVolumeClaim.ClaimName, metav1.GetOptions{})
	if err != nil {
		return err
	}
	if claim.Status.Phase != v1.ClaimBound {
		return fmt.Errorf("claim %s is not bound", claim.Name)
	}
	volume, err := core.PersistentVolumes().Get(ctx, claim.Spec.VolumeName, metav1.GetOptions{})
	if err != nil {
		return err
	}
	path := ""
	switch {
	case volume.Spec.HostPath != nil:
		path = volume.Spec.HostPath.Path
	case volume.Spec.Local != nil:
		path = volume.Spec.Local.Path
	default:
		return fmt.Errorf("volume %s is neither hostPath nor local, and a lab has no others", volume.Name)
	}
	if err := p.makeEmptyFolder(path); err != nil {
		return err
	}
	link := p.volumeDir(v.Name)
	if err := os.MkdirAll(filepath.Dir(link), 0o755); err != nil {
		return err
	}
	if err := os.Symlink(path, link); err != nil && !os.IsExist(err) {
		return err
	}
	return nil
}

// volumeSource is the file or folder of this node that a container mounts.
func (p *pod) volumeSource(c *container, m v1.VolumeMount) (string, error) {
	source := p.volumeDir(m.Name)
	for _, v := range p.o.Spec.Volumes {
		if v.Name == m.Name && v.HostPath != nil {
			source = v.HostPath.Path
		}
	}
	inner := m.SubPath
	if m.SubPathExpr != "" {
		env, err := p.environment(p.ctx, c.spec)
		if err != nil {
			return "", err
		}
		inner = expand(m.SubPathExpr, env)
	}
	if inner == "" {
		return source, nil
	}
	if strings.Contains("/"+inner+"/", "/../") {
		return "", fmt.Errorf("subPath %s of volume %s leads out of it", inner, m.Name)
	}
	path := filepath.Join(source, inner)
	if _, err := os.Stat(path); os.IsNotExist(err) {
		return path, os.MkdirAll(path, 0o755)
	}
	return path, nil
}
