// Command cluster starts a Kubernetes control plane and one node in namespaces of their own, says on its standard
// output when they are ready, and takes all of it away when its standard input ends, however that comes about.
//
// Standard input takes one command a line, `stop NAME`, `start NAME` or `kill NAME`; NAME is etcd, apiserver,
// controller-manager, scheduler, podhost or kube-proxy. Standard output gives one JSON object a line.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
)

// settings are the same in the process outside the namespaces and in the one inside.
type settings struct {
	directory string
	binaries  string
	images    string
	apiserver []string // more flags for kube-apiserver
}

func main() {
	// A parent's death reaches its child when the thread that started it ends, so this one stays.
	runtime.LockOSThread()
	inside := len(os.Args) > 1 && os.Args[1] == insideCommand
	if inside {
		os.Args = append(os.Args[:1], os.Args[2:]...)
	}
	var s settings
	flag.StringVar(&s.directory, "directory", "", "state: keys, kubeconfigs, logs; removed at the end")
	flag.StringVar(&s.binaries, "binaries", "", "folder that holds etcd, kube-apiserver, … and podhost")
	flag.StringVar(&s.images, "images", "", "file that says which program stands for which image")
	flag.Parse()
	s.apiserver = flag.Args()
	if s.directory == "" || s.binaries == "" || s.images == "" {
		fmt.Fprintln(os.Stderr, "cluster: -directory, -binaries and -images must be given")
		os.Exit(2)
	}
	begin := outside
	if inside {
		begin = run
	}
	if err := begin(s); err != nil {
		fmt.Fprintln(os.Stderr, "cluster:", err)
		os.Exit(1)
	}
}
