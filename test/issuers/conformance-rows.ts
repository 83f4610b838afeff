/** What cert-manager asks of every issuer in its conformance suite: a Certificate, and what is in the certificate. */

import type { JsonObject } from "#base/json.ts";

/** What of the issued certificate is looked at. */
export interface Expected {
  /** As Node prints them. Absent: there are none. */
  readonly names?: string;
  /** Absent: not looked at. */
  readonly subject?: string;
  readonly key?: string;
  /** As OpenSSL prints them. */
  readonly usages?: readonly RegExp[];
  readonly isAuthority?: boolean;
  readonly hours?: number;
}

export type Row = readonly [spec: JsonObject, expected: Expected];

const long = `${"a".repeat(60)}.${"b".repeat(60)}.example.com`;

export const rows = {
  "one DNS name": [{ dnsNames: ["a.example.com"] }, { names: "DNS:a.example.com" }],
  "an authority": [
    { commonName: "an authority", isCA: true },
    { subject: "CN=an authority", isAuthority: true, usages: [/Certificate Sign/] },
  ],
  "an RSA key": [
    { dnsNames: ["a.example.com"], privateKey: { algorithm: "RSA", size: 2048 } },
    { names: "DNS:a.example.com", key: "rsa" },
  ],
  "an ECDSA key and a common name": [
    { commonName: "a.example.com", dnsNames: ["a.example.com"] },
    { names: "DNS:a.example.com", subject: "CN=a.example.com", key: "ec" },
  ],
  "an Ed25519 key": [
    { dnsNames: ["a.example.com"], privateKey: { algorithm: "Ed25519" } },
    { names: "DNS:a.example.com", key: "ed25519" },
  ],
  "an Ed25519 key and a common name": [
    {
      ...{ commonName: "a.example.com", dnsNames: ["a.example.com"] },
      privateKey: { algorithm: "Ed25519" },
    },
    { names: "DNS:a.example.com", subject: "CN=a.example.com", key: "ed25519" },
  ],
  "a common name alone": [{ commonName: "someone" }, { subject: "CN=someone" }],
  "a literal subject": [
    { literalSubject: "CN=a.example.com,OU=edge,O=Example", dnsNames: ["a.example.com"] },
    { names: "DNS:a.example.com", subject: "O=Example\nOU=edge\nCN=a.example.com" },
  ],
  "an IP address": [{ ipAddresses: ["127.0.0.1"] }, { names: "IP Address:127.0.0.1" }],
  "a DNS name and an IP address": [
    { dnsNames: ["a.example.com"], ipAddresses: ["127.0.0.1"] },
    { names: "DNS:a.example.com, IP Address:127.0.0.1" },
  ],
  "an address of IPv6": [
    { ipAddresses: ["2001:db8::1"] },
    { names: "IP Address:2001:DB8:0:0:0:0:0:1" },
  ],
  "a common name and an IP address": [
    { commonName: "someone", ipAddresses: ["127.0.0.1"] },
    { names: "IP Address:127.0.0.1", subject: "CN=someone" },
  ],
  "an e-mail address": [{ emailAddresses: ["me@example.com"] }, { names: "email:me@example.com" }],
  "a name of another type and an e-mail address": [
    {
      emailAddresses: ["me@example.com"],
      otherNames: [{ oid: "1.3.6.1.4.1.311.20.2.3", utf8Value: "me@example.com" }],
    },
    { names: "email:me@example.com, othername:UPN:me@example.com" },
  ],
  "two DNS names": [
    { dnsNames: ["a.example.com", "b.example.com"] },
    { names: "DNS:a.example.com, DNS:b.example.com" },
  ],
  "a common name and a URI": [
    { commonName: "someone", uris: ["spiffe://example.com/a"] },
    { names: "URI:spiffe://example.com/a", subject: "CN=someone" },
  ],
  "a URI alone": [{ uris: ["spiffe://example.com/a"] }, { names: "URI:spiffe://example.com/a" }],
  "two DNS names, one of them the common name": [
    { commonName: "a.example.com", dnsNames: ["a.example.com", "b.example.com"] },
    { names: "DNS:a.example.com, DNS:b.example.com", subject: "CN=a.example.com" },
  ],
  "a DNS name and another common name": [
    { commonName: "c.example.com", dnsNames: ["a.example.com"] },
    { names: "DNS:a.example.com", subject: "CN=c.example.com" },
  ],
  "a duration": [
    { dnsNames: ["a.example.com"], duration: "72h" },
    { names: "DNS:a.example.com", hours: 72 },
  ],
  "a wildcard": [{ dnsNames: ["*.example.com"] }, { names: "DNS:*.example.com" }],
  "a wildcard and the name above it": [
    { dnsNames: ["*.example.com", "example.com"] },
    { names: "DNS:*.example.com, DNS:example.com" },
  ],
  "a name too long for a common name": [{ dnsNames: [long] }, { names: `DNS:${long}` }],
  "usages of its own": [
    {
      dnsNames: ["a.example.com"],
      usages: ["digital signature", "data encipherment", "code signing", "client auth"],
    },
    {
      names: "DNS:a.example.com",
      usages: [
        /Digital Signature, Data Encipherment/,
        /TLS Web Client Authentication/,
        /Code Signing/,
      ],
    },
  ],
  "usages of a server and a client": [
    { dnsNames: ["a.example.com"], usages: ["server auth", "client auth"] },
    {
      names: "DNS:a.example.com",
      usages: [/TLS Web Server Authentication/, /TLS Web Client Authentication/],
    },
  ],
} as const satisfies Readonly<Record<string, Row>>;

export type RowName = keyof typeof rows;
