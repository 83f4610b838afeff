/** A directory of manifests that `up` serves in tests: a shop over HTTPS, its pods, and a place to try things. */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SelfSigned } from "#test/simulators/self-signed.ts";
import { selfSigned, tlsSecret } from "#test/simulators/self-signed.ts";

export interface ServedDirectory extends Disposable {
  readonly path: string;
  readonly write: (file: string, text: string) => void;
  readonly read: (file: string) => string;
  readonly remove: (file: string) => void;
}

/** The directory with these files; gone after disposal. */
export function serveDirectory(files: Readonly<Record<string, string>>): ServedDirectory {
  const parent = mkdtempSync(join(tmpdir(), "sekisho-served-"));
  const path = join(parent, "shop");
  mkdirSync(path);
  const write = (file: string, text: string): void => writeFileSync(join(path, file), text);
  for (const [file, text] of Object.entries(files)) write(file, text);
  return {
    path,
    write,
    read: (file) => readFileSync(join(path, file), "utf8"),
    remove: (file) => rmSync(join(path, file)),
    [Symbol.dispose]: () => rmSync(parent, { recursive: true, force: true }),
  };
}

/** `/tea` is served by a Deployment, `/httpbin` by a Pod; nobody is behind `/empty`. */
export const ingress = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
spec:
  tls:
    - hosts: [shop.test]
      secretName: shop-tls
  rules:
    - host: shop.test
      http:
        paths:
          - path: /tea
            pathType: Prefix
            backend: { service: { name: tea, port: { name: http } } }
          - path: /anything
            pathType: Prefix
            backend: { service: { name: httpbin, port: { number: 80 } } }
          - path: /empty
            pathType: Prefix
            backend: { service: { name: empty, port: { number: 80 } } }
`;

/** The line of a text in a manifest, counted from 1. */
export function lineOf(text: string, manifest = ingress): number {
  const index = manifest.split("\n").findIndex((line) => line.includes(text));
  if (index < 0) throw new Error(`${text} is not in the manifest`);
  return index + 1;
}

export const services = `apiVersion: v1
kind: Service
metadata: { name: tea }
spec:
  selector: { app: tea }
  ports: [{ name: http, port: 80, targetPort: 8080 }]
---
apiVersion: v1
kind: Service
metadata: { name: httpbin }
spec:
  selector: { app: httpbin }
  ports: [{ port: 80 }]
---
apiVersion: v1
kind: Service
metadata: { name: empty }
spec:
  selector: { app: nobody }
  ports: [{ port: 80 }]
`;

export const httpbinPod = `apiVersion: v1
kind: Pod
metadata:
  name: httpbin
  labels: { app: httpbin }
spec:
  containers:
    - name: httpbin
      image: kennethreitz/httpbin
      ports: [{ containerPort: 80 }]
`;

/** The Deployment behind `/tea`; another `edition` is another template. */
export function tea(replicas: number, edition = "first"): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata: { name: tea }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: tea } }
  template:
    metadata: { labels: { app: tea } }
    spec:
      containers:
        - name: server
          image: nginxdemos/nginx-hello:plain-text
          env: [{ name: EDITION, value: ${edition} }]
          ports: [{ containerPort: 8080 }]
`;
}

/** An Ingress that is not in the directory, with a Secret that is nowhere. */
export const extraIngress = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: extra }
spec:
  tls: [{ hosts: [extra.test], secretName: extra-tls }]
  rules:
    - host: extra.test
      http:
        paths:
          - path: /
            pathType: Prefix
            backend: { service: { name: httpbin, port: { number: 80 } } }
`;

/** A manifest of the Secret that the Ingress names. */
export function secretManifest(pair: SelfSigned): string {
  return JSON.stringify(tlsSecret("shop-tls", pair));
}

/** Everything of the shop. */
export function shopFiles(
  certificate = selfSigned(["shop.test"]),
): Readonly<Record<string, string>> {
  return {
    "ingress.yaml": ingress,
    "services.yaml": services,
    "httpbin.yaml": httpbinPod,
    "tea.yaml": tea(1),
    "secret.json": secretManifest(certificate),
  };
}
