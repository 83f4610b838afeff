package main

import (
	"encoding/json"
	"os"
)

// event is one line of standard output.
type event struct {
	Event string `json:"event"`
	// Name of the component that it is about.
	Name string `json:"name,omitempty"`
	// Pid of the first process inside, as the outside numbers it: the way into the namespaces.
	Pid int `json:"pid,omitempty"`
	// Reason is said when something went wrong.
	Reason string `json:"reason,omitempty"`
}

// say writes the line at once and whole; both processes write to the same pipe.
func say(e event) {
	line, err := json.Marshal(e)
	if err == nil {
		_, _ = os.Stdout.Write(append(line, '\n'))
	}
}
