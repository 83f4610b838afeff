package main

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
)

// writeKubeconfig lets the user of a certificate reach the API server from inside the lab. It holds the keys
// themselves, so that it can be copied and mounted.
func writeKubeconfig(directory, user string) error {
	encoded := func(file string) (string, error) {
		content, err := os.ReadFile(filepath.Join(directory, "pki", file))
		return base64.StdEncoding.EncodeToString(content), err
	}
	ca, err := encoded("ca.crt")
	if err != nil {
		return err
	}
	certificate, err := encoded(user + ".crt")
	if err != nil {
		return err
	}
	key, err := encoded(user + ".key")
	if err != nil {
		return err
	}
	text := fmt.Sprintf(`apiVersion: v1
kind: Config
clusters:
- name: lab
  cluster: {server: "https://%s:%d", certificate-authority-data: %s}
users:
- name: %s
  user: {client-certificate-data: %s, client-key-data: %s}
contexts:
- name: lab
  context: {cluster: lab, user: %s}
current-context: lab
`, nodeAddress, apiPort, ca, user, certificate, key, user)
	return os.WriteFile(filepath.Join(directory, user+".kubeconfig"), []byte(text), 0o600)
}
