package main

import (
	"regexp"
	"strings"
)

// imageName is a reference `[host/]path[:tag][@digest]` taken apart, with the rules of src/workloads/image-name.ts: a
// manifest means the same programs here and on one machine.
type imageName struct{ host, path, tag string }

func parseImageName(reference string) imageName {
	named, _, _ := strings.Cut(reference, "@")
	host, rest := "docker.io", named
	if first, after, found := strings.Cut(named, "/"); found && (strings.ContainsAny(first, ".:") || first == "localhost") {
		rest = after
		if first != "index.docker.io" {
			host = first
		}
	}
	path, tag := rest, ""
	if colon := strings.LastIndex(rest, ":"); colon > strings.LastIndex(rest, "/") {
		path, tag = rest[:colon], rest[colon+1:]
	}
	return imageName{host, strings.TrimPrefix(path, "library/"), tag}
}

var namesHost = regexp.MustCompile(`^([^/]*[.:][^/]*|localhost)/`)

// matchesImage is true when a pattern, in which `*` stands for any text, names the image.
func matchesImage(pattern, reference string) bool {
	image, wanted := parseImageName(reference), parseImageName(pattern)
	hostGiven := namesHost.MatchString(pattern)
	if hostGiven && !matchesText(wanted.host, image.host) {
		return false
	}
	if image.tag == "" {
		image.tag = "latest"
	}
	if wanted.tag != "" && !matchesText(wanted.tag, image.tag) {
		return false
	}
	return matchesText(wanted.path, image.path) || !hostGiven && matchesText("*/"+wanted.path, image.path)
}

func matchesText(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	for i, part := range parts {
		parts[i] = regexp.QuoteMeta(part)
	}
	matched, err := regexp.MatchString("^"+strings.Join(parts, ".*")+"$", text)
	return err == nil && matched
}

func fixedLength(pattern string) int {
	return len(strings.ReplaceAll(pattern, "*", ""))
}
