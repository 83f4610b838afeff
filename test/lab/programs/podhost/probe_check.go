package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"strconv"
	"strings"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// ask carries out one probe; an error says why it failed.
func (c *container) ask(ctx context.Context, probe *v1.Probe) error {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(max(probe.TimeoutSeconds, 1))*time.Second)
	defer cancel()
	switch {
	case probe.HTTPGet != nil:
		return c.askHTTP(ctx, probe.HTTPGet)
	case probe.TCPSocket != nil:
		connection, err := new(net.Dialer).DialContext(ctx, "tcp", c.address(probe.TCPSocket.Host, probe.TCPSocket.Port))
		if err == nil {
			connection.Close()
		}
		return err
	case probe.GRPC != nil:
		return askGRPC(ctx, net.JoinHostPort(c.p.ip, strconv.Itoa(int(probe.GRPC.Port))), probe.GRPC.Service)
	case probe.Exec != nil:
		return c.run(ctx, probe.Exec.Command)
	}
	return fmt.Errorf("the probe says nothing to do")
}

var probeClient = &http.Client{
	Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}, // as kubelet: it looks for life, not for identity
	CheckRedirect: func(next *http.Request, before []*http.Request) error {
		if next.URL.Hostname() != before[0].URL.Hostname() || len(before) > 10 {
			return http.ErrUseLastResponse // elsewhere is not this container
		}
		return nil
	},
}

func (c *container) askHTTP(ctx context.Context, get *v1.HTTPGetAction) error {
	scheme := strings.ToLower(string(get.Scheme))
	if scheme == "" {
		scheme = "http"
	}
	url := fmt.Sprintf("%s://%s/%s", scheme, c.address(get.Host, get.Port), strings.TrimPrefix(get.Path, "/"))
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	request.Header.Set("User-Agent", "kube-probe/1.37")
	for _, header := range get.HTTPHeaders {
		request.Header.Add(header.Name, header.Value)
		if strings.EqualFold(header.Name, "Host") {
			request.Host = header.Value
		}
	}
	answer, err := probeClient.Do(request)
	if err != nil {
		return err
	}
	answer.Body.Close()
	if answer.StatusCode < 200 || answer.StatusCode >= 400 {
		return fmt.Errorf("it answers %s", answer.Status)
	}
	return nil
}

// address is where a probe of this container goes; a port may be one of its ports' names.
func (c *container) address(host string, port intstr.IntOrString) string {
	if host == "" {
		host = c.p.ip
	}
	number := port.String()
	for _, known := range c.spec.Ports {
		if port.Type == intstr.String && known.Name == port.StrVal {
			number = strconv.Itoa(int(known.ContainerPort))
		}
	}
	return net.JoinHostPort(host, number)
}

// run runs a command in the container, as exec probes and hooks do.
func (c *container) run(ctx context.Context, argv []string) error {
	args, err := c.enterArguments(argv)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "nsenter", args...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.WaitDelay = time.Second
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(argv, " "), err, strings.TrimSpace(said.String()))
	}
	return nil
}
