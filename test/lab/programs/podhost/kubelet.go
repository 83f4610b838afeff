package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"log"
	"math/big"
	"net"
	"net/http"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// serve opens the kubelet's HTTPS server: kubectl logs, exec and port-forward come here through the API server, and
// agents ask it which pods there are. A lab's own network is trusted: nobody is asked for credentials.
func (h *host) serve() error {
	certificate, err := selfSigned(h.nodeIP)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /containerLogs/{namespace}/{pod}/{container}", h.serveLogs)
	mux.HandleFunc("/exec/{namespace}/{pod}/{container}", h.serveExec)
	mux.HandleFunc("/exec/{namespace}/{pod}/{uid}/{container}", h.serveExec)
	mux.HandleFunc("/portForward/{namespace}/{pod}", h.servePortForward)
	mux.HandleFunc("/portForward/{namespace}/{pod}/{uid}", h.servePortForward)
	mux.HandleFunc("GET /pods", h.servePods)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok")) })
	listener, err := tls.Listen("tcp", fmt.Sprintf(":%d", *listen),
		&tls.Config{Certificates: []tls.Certificate{certificate}, NextProtos: []string{"http/1.1"}})
	if err != nil {
		return err
	}
	go func() { log.Fatal((&http.Server{Handler: mux}).Serve(listener)) }()
	return nil
}

func selfSigned(ip net.IP) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	now := time.Now()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(0, 1, 0),
		IPAddresses: []net.IP{ip, net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}

// servePods lists the pods of this node with their newest status, as kubelet does.
func (h *host) servePods(w http.ResponseWriter, _ *http.Request) {
	all, err := h.podLister.List(labels.Everything())
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	list := v1.PodList{TypeMeta: metav1.TypeMeta{Kind: "PodList", APIVersion: "v1"}, Items: []v1.Pod{}}
	for _, o := range all {
		if o.Spec.NodeName == *nodeName {
			list.Items = append(list.Items, *o)
		}
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(list) // a client that left does not want it
}

// asked finds the pod and container that a request names; both may be missing.
func (h *host) asked(r *http.Request) (*pod, *container) {
	p := h.find(r.PathValue("namespace"), r.PathValue("pod"))
	if p == nil {
		return nil, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p, p.containers[r.PathValue("container")]
}
