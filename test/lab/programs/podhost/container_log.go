package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// logPath is the log of a container's run; runs are counted from 0.
func (c *container) logPath(run int32) string {
	return filepath.Join(c.dir, fmt.Sprintf("%d.log", run))
}

// newLog gives a pipe that becomes the log of the run that is about to start.
func (c *container) newLog() (*os.File, error) {
	c.p.mu.Lock()
	path := c.logPath(c.restarts)
	c.p.mu.Unlock()
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	r, w, err := os.Pipe()
	if err != nil {
		file.Close()
		return nil, err
	}
	go copyLines(r, file)
	return w, nil
}

// copyLines stamps each line with its time, as container runtimes do.
func copyLines(r io.ReadCloser, file io.WriteCloser) {
	defer r.Close()
	defer file.Close()
	in := bufio.NewReaderSize(r, 64<<10)
	for {
		line, err := in.ReadString('\n')
		if line != "" {
			stamp := time.Now().UTC().Format(time.RFC3339Nano)
			_, _ = fmt.Fprintf(file, "%s %s\n", stamp, strings.TrimSuffix(line, "\n"))
		}
		if err != nil {
			return
		}
	}
}
