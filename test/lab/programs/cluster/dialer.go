package main

import (
	"bufio"
	"io"
	"net"
	"strings"
	"sync"
)

// serveDialer lets the outside reach addresses inside: a socket file is seen through every network namespace. A
// client writes one line, `HOST:PORT`, and has a connection to there from then on.
func serveDialer(path string) error {
	listener, err := net.Listen("unix", path)
	if err != nil {
		return err
	}
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go dial(client.(*net.UnixConn))
		}
	}()
	return nil
}

func dial(client *net.UnixConn) {
	defer client.Close()
	in := bufio.NewReader(client)
	address, err := in.ReadString('\n')
	if err != nil {
		return
	}
	connection, err := net.Dial("tcp", strings.TrimSpace(address))
	if err != nil {
		return // the client sees its connection close, as it would see one refused
	}
	target := connection.(*net.TCPConn)
	defer target.Close()
	var both sync.WaitGroup
	both.Go(func() {
		_, _ = io.Copy(target, in)
		_ = target.CloseWrite()
	})
	both.Go(func() {
		_, _ = io.Copy(client, target)
		_ = client.CloseWrite()
	})
	both.Wait()
}
