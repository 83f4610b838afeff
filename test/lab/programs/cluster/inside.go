package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// run is the first process of the namespaces: it sets them up, starts everything, and ends when standard input does.
func run(s settings) error {
	if err := prepareNamespaces(); err != nil {
		return err
	}
	if err := writeKeys(filepath.Join(s.directory, "pki")); err != nil {
		return err
	}
	for _, user := range []string{"admin", "controller-manager", "scheduler"} {
		if err := writeKubeconfig(s.directory, user); err != nil {
			return err
		}
	}
	// Everything that is started here finds the lab's own programs first.
	if err := os.Setenv("PATH", s.binaries+":"+os.Getenv("PATH")); err != nil {
		return err
	}
	if err := serveDialer(filepath.Join(s.directory, "dial.sock")); err != nil {
		return err
	}
	v := newSupervisor(s)
	go v.begin()
	go v.reap()
	v.obey()
	return nil // the kernel kills the rest of the namespace
}

// begin starts the components one after another, the others when the API server answers.
func (v *supervisor) begin() {
	for _, c := range components(v.s) {
		if c.name == "controller-manager" {
			if err := waitForAPIServer(v.s.directory); err != nil {
				say(event{Event: "failed", Name: "apiserver", Reason: err.Error()})
				return
			}
		}
		if err := v.start(c.name); err != nil {
			say(event{Event: "failed", Name: c.name, Reason: err.Error()})
			return
		}
	}
	say(event{Event: "ready"})
}

// obey carries out the commands of standard input until it ends.
func (v *supervisor) obey() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		verb, name, _ := strings.Cut(lines.Text(), " ")
		var err error
		switch verb {
		case "start":
			err = v.startAndWait(name)
		case "stop":
			err = v.stop(name, syscall.SIGTERM)
		case "kill":
			err = v.stop(name, syscall.SIGKILL)
		default:
			err = fmt.Errorf("there is no command %q, only start, stop and kill", verb)
		}
		if err != nil {
			say(event{Event: "failed", Name: name, Reason: err.Error()})
		} else {
			say(event{Event: "done", Name: name})
		}
	}
}

// startAndWait starts a component; an API server is started when it answers.
func (v *supervisor) startAndWait(name string) error {
	if err := v.start(name); err != nil || name != "apiserver" {
		return err
	}
	return waitForAPIServer(v.s.directory)
}

// apiServerPatience is how long an API server may take to be ready on a machine that is very busy.
const apiServerPatience = 3 * time.Minute

func waitForAPIServer(directory string) error {
	pair, err := tls.LoadX509KeyPair(filepath.Join(directory, "pki", "admin.crt"), filepath.Join(directory, "pki", "admin.key"))
	if err != nil {
		return err
	}
	ca, err := os.ReadFile(filepath.Join(directory, "pki", "ca.crt"))
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{
		DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{pair}}}}
	url := fmt.Sprintf("https://127.0.0.1:%d/readyz", apiPort)
	for end := time.Now().Add(apiServerPatience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		answer, err := client.Get(url)
		if err != nil {
			continue
		}
		answer.Body.Close()
		if answer.StatusCode == http.StatusOK {
			return nil
		}
	}
	return fmt.Errorf("it was not ready after %s; see %s", apiServerPatience, filepath.Join(directory, "log"))
}
