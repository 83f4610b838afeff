// Command podhost is the node of a lab, in the place of kubelet and a container runtime: it registers a Node and runs
// every container of the pods bound to it as a real local process with the pod's own network namespace and address
// and its own root, mounts, process numbers, user and capabilities.
//
// There are no images: a file says which program of this machine stands for which image (see images.go). It must
// run inside the namespaces that the program cluster makes, never on a machine itself.
package main

import (
	"context"
	"flag"
	"log"
	"os"

	v1 "k8s.io/api/core/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

var (
	kubeconfig = flag.String("kubeconfig", "", "kubeconfig of an administrator")
	nodeName   = flag.String("node", "lab", "name of the Node")
	bridge     = flag.String("bridge", "pods0", "bridge that pods are attached to; it must be there")
	gateway    = flag.String("gateway", "10.244.0.1/16", "address of the bridge; pods get addresses of the same network")
	imagesFile = flag.String("images", "images.json", "which program stands for which image")
	root       = flag.String("root", "/run/podhost", "volumes, roots and logs; put it on a tmpfs")
	clusterDNS = flag.String("dns", "10.96.0.10", "name server of pods")
	cgroupName = flag.String("cgroup", "podhost", "control group under which those of pods are made")
	listen     = flag.Int("port", 10250, "port of the kubelet's server")
)

func main() {
	if len(os.Args) == 3 {
		switch os.Args[1] {
		case shimCommand:
			shim(os.Args[2])
		case becomeCommand:
			become(os.Args[2])
		}
	}
	flag.Parse()
	if err := start(context.Background()); err != nil {
		log.Fatal(err)
	}
	select {}
}

func start(ctx context.Context) error {
	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		return err
	}
	config.QPS, config.Burst = 500, 1000
	kube, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	images, err := readImages(*imagesFile)
	if err != nil {
		return err
	}
	h, err := newHost(kube, images, *gateway)
	if err != nil {
		return err
	}
	if err := endEarlierRun(); err != nil {
		return err
	}
	if err := h.serve(); err != nil {
		return err
	}
	if err := h.register(ctx); err != nil {
		return err
	}
	go h.heartbeat(ctx)
	if err := h.watch(ctx); err != nil {
		return err
	}
	log.Printf("node %s is ready, pods get addresses of %s", *nodeName, *gateway)
	return nil
}

// watch follows the objects that a node cares about.
func (h *host) watch(ctx context.Context) error {
	factory := informers.NewSharedInformerFactory(h.kube, 0)
	core := factory.Core().V1()
	h.podLister = core.Pods().Lister()
	for _, follow := range []struct {
		informer cache.SharedIndexInformer
		changed  func(any)
		deleted  func(any)
	}{
		{core.Pods().Informer(), func(o any) { h.seen(ctx, o.(*v1.Pod)) }, func(o any) { h.forget(o.(*v1.Pod).UID) }},
		{core.Secrets().Informer(), func(o any) { h.refresh(ctx, "Secret", o.(*v1.Secret)) }, nil},
		{core.ConfigMaps().Informer(), func(o any) { h.refresh(ctx, "ConfigMap", o.(*v1.ConfigMap)) }, nil},
		{core.Services().Informer(), func(o any) { h.balance(ctx, o.(*v1.Service)) }, nil},
		{core.PersistentVolumeClaims().Informer(), func(o any) { h.provision(ctx, o.(*v1.PersistentVolumeClaim)) }, nil},
	} {
		_, err := follow.informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
			AddFunc:    follow.changed,
			UpdateFunc: func(_, o any) { follow.changed(o) },
			DeleteFunc: func(o any) {
				if unknown, ok := o.(cache.DeletedFinalStateUnknown); ok {
					o = unknown.Obj
				}
				if follow.deleted != nil {
					follow.deleted(o)
				}
			},
		})
		if err != nil {
			return err
		}
	}
	factory.Start(ctx.Done())
	return nil
}
