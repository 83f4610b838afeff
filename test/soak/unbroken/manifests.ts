/** The files that are served and edited, as an editor writes them: readers see the old text or the new one. */

import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type SelfSigned, tlsSecret } from "#test/simulators/self-signed.ts";

export class ManifestFiles {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
    mkdirSync(directory, { recursive: true });
  }

  write(file: string, text: string): void {
    const path = join(this.directory, file);
    writeFileSync(`${path}.new`, text);
    renameSync(`${path}.new`, path);
  }

  remove(file: string): void {
    rmSync(join(this.directory, file));
  }
}

/** An Ingress that leads a host to a Service. */
export function ingress(name: string, host: string, service: string): string {
  return `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: ${name} }
spec:
  rules:
    - host: "${host}"
      http:
        paths: [{ path: /, pathType: Prefix, backend: { service: { name: ${service}, port: { number: 80 } } } }]
`;
}

/** An Ingress over HTTPS, with the certificate in Secret `tls`. */
export function tlsIngress(name: string, host: string, service: string): string {
  return `${ingress(name, host, service)}  tls: [{ hosts: [${host}], secretName: tls }]\n`;
}

/** A Service with one endpoint on this machine. */
export function backend(name: string, port: number): string {
  return `apiVersion: v1
kind: Service
metadata: { name: ${name} }
spec: { ports: [{ name: http, port: 80 }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: ${name}, labels: { kubernetes.io/service-name: ${name} } }
addressType: IPv4
endpoints: [{ addresses: [127.0.0.1] }]
ports: [{ name: http, port: ${port} }]
`;
}

export function secret(pair: SelfSigned): string {
  return JSON.stringify(tlsSecret("tls", pair));
}
