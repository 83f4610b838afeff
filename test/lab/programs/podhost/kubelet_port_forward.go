package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"k8s.io/cri-streaming/pkg/streaming/portforward"
)

func (h *host) servePortForward(w http.ResponseWriter, r *http.Request) {
	p := h.find(r.PathValue("namespace"), r.PathValue("pod"))
	if p == nil {
		http.Error(w, "there is no such pod", http.StatusNotFound)
		return
	}
	options, err := portforward.NewV4Options(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	portforward.ServePortForward(w, r, forwarder{p}, p.o.Name, string(p.o.UID), options, longestExec,
		30*time.Second, portforward.SupportedProtocols)
}

// forwarder connects streams to ports of a pod's loopback; it is what the streaming library asks for.
type forwarder struct{ p *pod }

func (f forwarder) PortForward(_ context.Context, _, _ string, port int32, stream io.ReadWriteCloser) error {
	defer stream.Close()
	var connection net.Conn
	err := inNetwork(f.p.netns, func() (err error) {
		connection, err = net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		return err
	})
	if err != nil {
		return err
	}
	defer connection.Close()
	var both sync.WaitGroup
	both.Go(func() {
		_, _ = io.Copy(connection, stream)
		_ = connection.(*net.TCPConn).CloseWrite()
	})
	_, _ = io.Copy(stream, connection)
	return nil
}
