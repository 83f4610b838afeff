package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	v1 "k8s.io/api/core/v1"
)

// image is a program of this machine that stands for container images.
type image struct {
	Patterns []string `json:"patterns"`
	// Command is the image's entrypoint, as seen inside the container.
	Command []string `json:"command"`
	// Args are used when the container gives none, as an image's CMD.
	Args []string          `json:"args"`
	Env  map[string]string `json:"env"`
	// Binds shows folders of this machine inside the container, read-only: place inside to folder. So a volume mounted
	// over a program's real place cannot hide it, and a user who may not enter that place can still run it.
	Binds map[string]string `json:"binds"`
}

func readImages(path string) (images []image, err error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(raw, &images); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return images, nil
}

var errNoImage = errors.New("no program stands for image")

// imageFor gives the image whose pattern with the most fixed characters names the reference.
func (h *host) imageFor(reference string) (*image, error) {
	var best *image
	length := -1
	for i := range h.images {
		for _, pattern := range h.images[i].Patterns {
			if n := fixedLength(pattern); n > length && matchesImage(pattern, reference) {
				best, length = &h.images[i], n
			}
		}
	}
	if best == nil {
		return nil, fmt.Errorf("%w %q: give one in the lab's option images", errNoImage, reference)
	}
	return best, nil
}

// argv gives what a container runs: the image's command, overridden as Kubernetes does.
func (i *image) argv(c *v1.Container, env map[string]string) []string {
	argv := append([]string{}, i.Command...)
	rest := c.Args
	if len(c.Command) > 0 {
		if isHere(c.Command[0]) {
			argv = append([]string{}, c.Command...)
		} else { // a path of the real image: our program stands for that one, too
			argv = append(argv, c.Command[1:]...)
		}
	} else if rest == nil {
		rest = i.Args
	}
	argv = append(argv, rest...)
	for n := range argv {
		argv[n] = expand(argv[n], env)
	}
	return argv
}

// isHere is true for a name that is looked up in PATH, and for a file that this machine has.
func isHere(program string) bool {
	if filepath.Base(program) == program {
		return true
	}
	_, err := os.Stat(program)
	return err == nil
}
