package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"k8s.io/cri-streaming/pkg/streaming/remotecommand"
	utilexec "k8s.io/utils/exec"
)

// longestExec is how long a command may be silent.
const longestExec = 4 * time.Hour

func (h *host) serveExec(w http.ResponseWriter, r *http.Request) {
	p, c := h.asked(r)
	if c == nil {
		http.Error(w, "there is no such container", http.StatusNotFound)
		return
	}
	options, err := remotecommand.NewOptions(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	remotecommand.ServeExec(w, r, executor{c}, p.o.Name, string(p.o.UID), c.spec.Name, r.URL.Query()["command"], options,
		longestExec, remotecommand.DefaultStreamCreationTimeout, remotecommand.SupportedStreamingProtocols)
}

// executor runs commands in a container; it is what the streaming library asks for.
type executor struct{ c *container }

func (e executor) ExecInContainer(ctx context.Context, _, _, _ string, argv []string, in io.Reader, out, problems io.WriteCloser, tty bool, resize <-chan remotecommand.TerminalSize, _ time.Duration) error {
	args, err := e.c.enterArguments(argv)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "nsenter", args...)
	if tty {
		return exitError(runOnTerminal(cmd, in, out, resize))
	}
	cmd.Stdout, cmd.Stderr = writer(out), writer(problems)
	// Not as cmd.Stdin: Wait would then wait for a client that keeps its side open.
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	if in == nil {
		_ = stdin.Close()
	} else {
		go func() {
			_, _ = io.Copy(stdin, in)
			_ = stdin.Close()
		}()
	}
	return exitError(cmd.Wait())
}

// writer keeps a nil interface nil.
func writer(w io.WriteCloser) io.Writer {
	if w == nil {
		return nil
	}
	return w
}

func exitError(err error) error {
	var ended *exec.ExitError
	if errors.As(err, &ended) {
		return utilexec.CodeExitError{Err: err, Code: ended.ExitCode()}
	}
	return err
}

// enterArguments lets nsenter start a command as one of the container's own processes.
func (c *container) enterArguments(argv []string) ([]string, error) {
	pid, _ := c.process()
	if pid == 0 {
		return nil, fmt.Errorf("container %s does not run", c.spec.Name)
	}
	spec, err := c.p.containerEnvironment(c)
	if err != nil {
		return nil, err
	}
	spec.Argv = argv
	raw, err := json.Marshal(spec)
	if err != nil {
		return nil, err
	}
	// The root is named: nsenter would take it from a process that may have changed its own since.
	root := filepath.Join("/proc", strconv.Itoa(pid), "root")
	return []string{"--target", strconv.Itoa(pid), "--mount", "--uts", "--ipc", "--net", "--pid", "--root=" + root, "--wd=" + root,
		"--", becomePath, becomeCommand, string(raw)}, nil
}
