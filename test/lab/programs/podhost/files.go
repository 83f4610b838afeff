package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
)

// dataLink leads to the folder that holds the files which count.
const dataLink = "..data"

// replaceFiles makes a folder show exactly these files, all of them from one moment to the next. The layout is
// kubelet's: files are links into ..data, and ..data is a link to a folder that never changes, so that programs which
// watch for a swap of ..data see one.
func replaceFiles(folder string, files map[string]file) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	before, _ := os.Readlink(filepath.Join(folder, dataLink))
	if before != "" && sameFiles(filepath.Join(folder, before), files) {
		return nil
	}
	fresh, err := os.MkdirTemp(folder, "..version-")
	if err != nil {
		return err
	}
	if err := os.Chmod(fresh, 0o755); err != nil {
		return err
	}
	tops := map[string]bool{}
	for name, f := range files {
		if err := f.write(filepath.Join(fresh, name)); err != nil {
			return err
		}
		tops[strings.SplitN(name, "/", 2)[0]] = true
	}
	next := filepath.Join(folder, "..next")
	_ = os.Remove(next) // of a run that was interrupted
	if err := os.Symlink(filepath.Base(fresh), next); err != nil {
		return err
	}
	if err := os.Rename(next, filepath.Join(folder, dataLink)); err != nil {
		return err
	}
	if before != "" {
		if err := os.RemoveAll(filepath.Join(folder, before)); err != nil {
			return err
		}
	}
	return linkNames(folder, tops)
}

// linkNames makes the links that programs read, and removes those of names that are gone.
func linkNames(folder string, names map[string]bool) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		name := entry.Name()
		if !strings.HasPrefix(name, "..") && !names[name] {
			if err := os.Remove(filepath.Join(folder, name)); err != nil {
				return err
			}
		}
	}
	for name := range names {
		err := os.Symlink(filepath.Join(dataLink, name), filepath.Join(folder, name))
		if err != nil && !os.IsExist(err) {
			return err
		}
	}
	return nil
}

func (f file) write(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(path, f.content, 0o600); err != nil {
		return err
	}
	if err := os.Chown(path, f.uid, f.gid); err != nil {
		return err
	}
	return os.Chmod(path, f.mode) // after chown, and whatever our umask is
}

func sameFiles(folder string, files map[string]file) bool {
	count := 0
	_ = filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			count++
		}
		return nil
	})
	if count != len(files) {
		return false
	}
	for name, f := range files {
		content, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil || !bytes.Equal(content, f.content) {
			return false
		}
	}
	return true
}
