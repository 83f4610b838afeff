package main

import (
	"context"
	"fmt"
	"os"
	"sort"
	"strings"

	v1 "k8s.io/api/core/v1"
)

// environment is what a container's program sees, before what its image adds.
func (p *pod) environment(ctx context.Context, c *v1.Container) (map[string]string, error) {
	env := map[string]string{"HOSTNAME": p.hostname(), "KUBERNETES_SERVICE_HOST": "10.96.0.1",
		"KUBERNETES_SERVICE_PORT": "443", "KUBERNETES_SERVICE_PORT_HTTPS": "443", "KUBERNETES_PORT": "tcp://10.96.0.1:443"}
	for _, from := range c.EnvFrom {
		var all map[string][]byte
		var err error
		switch {
		case from.SecretRef != nil:
			all, err = p.secret(ctx, from.SecretRef.Name, from.SecretRef.Optional)
		case from.ConfigMapRef != nil:
			all, err = p.configMap(ctx, from.ConfigMapRef.Name, from.ConfigMapRef.Optional)
		}
		if err != nil {
			return nil, err
		}
		for key, value := range all {
			env[from.Prefix+key] = string(value)
		}
	}
	for _, e := range c.Env {
		value, there, err := p.value(ctx, e, env)
		if err != nil {
			return nil, fmt.Errorf("variable %s: %w", e.Name, err)
		}
		if there {
			env[e.Name] = value
		}
	}
	return env, nil
}

// value of a variable; it may be absent when what it names is optional.
func (p *pod) value(ctx context.Context, e v1.EnvVar, env map[string]string) (string, bool, error) {
	from := e.ValueFrom
	if from == nil {
		return expand(e.Value, env), true, nil
	}
	var data map[string][]byte
	var err error
	key, optional := "", (*bool)(nil)
	switch {
	case from.SecretKeyRef != nil:
		key, optional = from.SecretKeyRef.Key, from.SecretKeyRef.Optional
		data, err = p.secret(ctx, from.SecretKeyRef.Name, optional)
	case from.ConfigMapKeyRef != nil:
		key, optional = from.ConfigMapKeyRef.Key, from.ConfigMapKeyRef.Optional
		data, err = p.configMap(ctx, from.ConfigMapKeyRef.Name, optional)
	default:
		return p.downward(from.FieldRef, from.ResourceFieldRef), true, nil
	}
	if err != nil {
		return "", false, err
	}
	value, there := data[key]
	if !there && !isTrue(optional) {
		return "", false, fmt.Errorf("there is no key %s", key)
	}
	return string(value), there, nil
}

// addTo adds what every image has and what this one has, where the container does not say otherwise.
func (i *image) addTo(env map[string]string) {
	add := func(name, value string) {
		if _, given := env[name]; !given {
			env[name] = value
		}
	}
	base := map[string]string{"PATH": os.Getenv("PATH")}
	for name, value := range i.Env {
		add(name, expand(value, base))
	}
	add("PATH", base["PATH"])
	add("HOME", "/root")
}

func environmentList(env map[string]string) []string {
	var list []string
	for name, value := range env {
		list = append(list, name+"="+value)
	}
	sort.Strings(list)
	return list
}

func environmentMap(list []string) map[string]string {
	env := map[string]string{}
	for _, entry := range list {
		name, value, _ := strings.Cut(entry, "=")
		env[name] = value
	}
	return env
}

// expand replaces $(NAME) as Kubernetes does: $$ is a dollar sign, unknown names stay as they are.
func expand(s string, env map[string]string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		rest := s[i:]
		end := strings.IndexByte(rest, ')')
		switch {
		case strings.HasPrefix(rest, "$$"):
			b.WriteByte('$')
			i++
		case strings.HasPrefix(rest, "$(") && end > 0:
			if value, known := env[rest[2:end]]; known {
				b.WriteString(value)
			} else {
				b.WriteString(rest[:end+1])
			}
			i += end
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}
