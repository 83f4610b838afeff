package main

import (
	"fmt"
	"path/filepath"
)

// component is one program of the control plane or the node.
type component struct {
	name string
	// argv[0] is a file in the folder of binaries.
	argv []string
}

// components lists what a lab runs, in the order in which it is started; the first two make an API server.
func components(s settings) []component {
	key := func(file string) string { return filepath.Join(s.directory, "pki", file) }
	config := func(user string) string { return filepath.Join(s.directory, user+".kubeconfig") }
	return []component{
		{"etcd", []string{"etcd", "--data-dir=/run/etcd", "--unsafe-no-fsync", "--log-level=warn",
			"--listen-client-urls=http://127.0.0.1:2379", "--advertise-client-urls=http://127.0.0.1:2379",
			"--listen-peer-urls=http://127.0.0.1:2380"}},
		{"apiserver", append([]string{"kube-apiserver", "--etcd-servers=http://127.0.0.1:2379",
			fmt.Sprintf("--secure-port=%d", apiPort), "--bind-address=0.0.0.0", "--advertise-address=" + nodeAddress,
			"--tls-cert-file=" + key("apiserver.crt"), "--tls-private-key-file=" + key("apiserver.key"),
			"--client-ca-file=" + key("ca.crt"), "--anonymous-auth=false", "--authorization-mode=RBAC", "--allow-privileged",
			"--service-cluster-ip-range=" + serviceNetwork, "--service-node-port-range=20000-32767",
			"--service-account-issuer=https://kubernetes.default.svc", "--api-audiences=https://kubernetes.default.svc",
			"--service-account-key-file=" + key("sa.pub"), "--service-account-signing-key-file=" + key("sa.key"),
			"--requestheader-client-ca-file=" + key("front-ca.crt"), "--requestheader-allowed-names=front-proxy",
			"--requestheader-username-headers=X-Remote-User", "--requestheader-group-headers=X-Remote-Group",
			"--requestheader-extra-headers-prefix=X-Remote-Extra-",
			"--proxy-client-cert-file=" + key("front.crt"), "--proxy-client-key-file=" + key("front.key"),
			// Webhooks are called at their pods, whether kube-proxy is there or not.
			"--enable-aggregator-routing",
			"--kubelet-client-certificate=" + key("admin.crt"), "--kubelet-client-key=" + key("admin.key"),
			"--kubelet-preferred-address-types=InternalIP"}, s.apiserver...)},
		{"controller-manager", []string{"kube-controller-manager", "--kubeconfig=" + config("controller-manager"),
			"--leader-elect=false", "--use-service-account-credentials",
			"--service-account-private-key-file=" + key("sa.key"), "--root-ca-file=" + key("ca.crt"),
			"--cluster-signing-cert-file=" + key("ca.crt"), "--cluster-signing-key-file=" + key("ca.key"),
			"--kube-api-qps=300", "--kube-api-burst=600", "--bind-address=127.0.0.1", "--secure-port=0"}},
		{"scheduler", []string{"kube-scheduler", "--kubeconfig=" + config("scheduler"), "--leader-elect=false",
			"--kube-api-qps=300", "--kube-api-burst=600", "--bind-address=127.0.0.1", "--secure-port=0"}},
		{"podhost", []string{"podhost", "-kubeconfig=" + config("admin"), "-images=" + s.images, "-root=/run/podhost",
			"-bridge=" + bridge, "-gateway=" + nodeAddress + "/16", "-dns=" + dnsAddress,
			"-cgroup=sekisho-" + filepath.Base(s.directory)}},
		{"kube-proxy", []string{"kube-proxy", "--kubeconfig=" + config("admin"), "--proxy-mode=nftables",
			"--cluster-cidr=" + podNetwork, "--hostname-override=lab",
			// The machine's limits are not ours to set.
			"--conntrack-max-per-core=0", "--conntrack-tcp-timeout-established=0", "--conntrack-tcp-timeout-close-wait=0",
			"--metrics-bind-address=127.0.0.1:10249", "--healthz-bind-address=127.0.0.1:10256"}},
	}
}
