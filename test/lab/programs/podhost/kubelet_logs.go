package main

import (
	"bufio"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

// logRequest is what `kubectl logs` can ask for.
type logRequest struct {
	since      time.Time
	tail       int // -1 is everything
	timestamps bool
	follow     bool
}

func parseLogRequest(q url.Values) logRequest {
	r := logRequest{tail: -1, timestamps: q.Get("timestamps") == "true", follow: q.Get("follow") == "true"}
	if since, err := time.Parse(time.RFC3339, q.Get("sinceTime")); err == nil {
		r.since = since
	} else if n, err := strconv.Atoi(q.Get("sinceSeconds")); err == nil {
		r.since = time.Now().Add(-time.Duration(n) * time.Second)
	}
	if n, err := strconv.Atoi(q.Get("tailLines")); err == nil {
		r.tail = n
	}
	return r
}

func (h *host) serveLogs(w http.ResponseWriter, r *http.Request) {
	_, c := h.asked(r)
	if c == nil {
		http.Error(w, "there is no such container", http.StatusNotFound)
		return
	}
	c.p.mu.Lock()
	run := c.restarts
	c.p.mu.Unlock()
	if r.URL.Query().Get("previous") == "true" {
		run--
	}
	file, err := os.Open(c.logPath(run))
	if err != nil {
		http.Error(w, "it has no log", http.StatusNotFound)
		return
	}
	defer file.Close()
	asked := parseLogRequest(r.URL.Query())
	in := bufio.NewReader(file)
	lines := asked.read(in)
	if asked.tail >= 0 && len(lines) > asked.tail {
		lines = lines[len(lines)-asked.tail:]
	}
	for {
		_, _ = io.WriteString(w, strings.Join(lines, ""))
		if flusher, ok := w.(http.Flusher); ok {
			flusher.Flush()
		}
		_, exited := c.process()
		over := !asked.follow || isClosed(exited) && len(lines) == 0
		if over || !sleep(r.Context(), 100*time.Millisecond) {
			return
		}
		lines = asked.read(in)
	}
}

// read gives the whole lines that are there and wanted.
func (r logRequest) read(in *bufio.Reader) (lines []string) {
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return lines
		}
		stamp, text, _ := strings.Cut(line, " ")
		if at, err := time.Parse(time.RFC3339Nano, stamp); err == nil && at.Before(r.since) {
			continue
		}
		if r.timestamps {
			text = line
		}
		lines = append(lines, text)
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return c == nil
	}
}
