/** A site → the text of its manifests, made to be read and edited by the person who asked for them. */

import type { Site } from "./site.ts";

/** The files below the directory, by name. */
export function siteManifests(site: Site): Readonly<Record<string, string>> {
  return { "issuer.yaml": issuerFile(site), [`${site.host}.yaml`]: hostFile(site) };
}

const production = "https://acme-v02.api.letsencrypt.org/directory";
const staging = "https://acme-staging-v02.api.letsencrypt.org/directory";

function issuerFile({ isStaging, email }: Site): string {
  const trusted = `# Whom certificates come from: Let's Encrypt, which proves a name by a request to its port 80.
${issuer("letsencrypt", production, email)}`;
  if (!isStaging) return trusted;
  return `${trusted}---
# Its staging twin, to try things: its limits are wide, and no browser trusts its certificates.
${issuer("letsencrypt-staging", staging, email)}`;
}

function issuer(name: string, server: string, email: string | undefined): string {
  const contact = email === undefined ? "" : `    email: ${JSON.stringify(email)}\n`;
  return `apiVersion: cert-manager.io/v1
kind: ClusterIssuer
metadata:
  name: ${name}
spec:
  acme:
    server: ${server}
${contact}    privateKeySecretRef:
      name: ${name}-account
    solvers:
      - http01:
          ingress:
            ingressClassName: sekisho
`;
}

function hostFile({ host, address, port, isStaging }: Site): string {
  const name = serviceName(host);
  const remark = isStaging
    ? "    # When all is well: letsencrypt. Its certificates are trusted.\n"
    : "";
  return `# Requests for https://${host} and http://${host} go to your server.
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: ${name}
  annotations:
${remark}    cert-manager.io/cluster-issuer: ${isStaging ? "letsencrypt-staging" : "letsencrypt"}
    cert-manager.io/private-key-algorithm: ECDSA
spec:
  ingressClassName: sekisho
  tls:
    - hosts:
        - ${host}
      secretName: ${name}-tls
  rules:
    - host: ${host}
      http:
        paths:
          - path: /
            pathType: Prefix
            backend:
              service:
                name: ${name}
                port:
                  number: 80
---
# A Service without a selector: where it leads is said below.
apiVersion: v1
kind: Service
metadata:
  name: ${name}
spec:
  ports:
    - port: 80
      targetPort: ${port}
---
# Your server. In a cluster this is an address that its nodes reach, not one of this machine alone.
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: ${name}
  labels:
    kubernetes.io/service-name: ${name}
addressType: ${address.includes(":") ? "IPv6" : "IPv4"}
endpoints:
  - addresses:
      - ${address.includes(":") ? JSON.stringify(address) : address}
ports:
  - port: ${port}
`;
}

/** Room for `-tls` in a name of 63 characters. */
const longestStem = 58;

/** A Service is named by a label that begins with a letter (RFC 1035 §2.3.1). */
function serviceName(host: string): string {
  const stem = host.replaceAll(".", "-").slice(0, longestStem).replace(/-+$/, "");
  return /^[a-z]/.test(stem) ? stem : `site-${stem}`.slice(0, longestStem).replace(/-+$/, "");
}
