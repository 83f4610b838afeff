#!/bin/sh
# Moves the lab to another release of Kubernetes: pin-kubernetes.sh 1.37.2
#
# k8s.io/kubernetes points every module that it stages at a folder of its own, which is not in what the module proxy
# hands out. So each is replaced by the release that is published with the same minor and patch.
set -eu
version=${1:?give a version, such as 1.37.2}
cd "$(dirname "$0")"
upstream=$(cd / && go mod download -json "k8s.io/kubernetes@v$version" | sed -n 's/^\t"GoMod": "\(.*\)",*$/\1/p')
staged=$(sed -n 's|^[[:space:]]*\(k8s.io/[^ ]*\) => ./staging/.*|\1|p' "$upstream")
for module in $staged; do
  go mod edit -replace "$module=$module@v0.${version#1.}"
done
go mod edit -require "k8s.io/kubernetes@v$version" -go "$(sed -n 's/^go //p' "$upstream")"
GOFLAGS=-mod=mod go mod tidy
