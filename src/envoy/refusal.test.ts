import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { explainRefusal } from "./refusal.ts";

/** Texts as Envoy 1.40 prints them. */
const texts: Readonly<Record<string, readonly [text: string, reason: string, message: RegExp]>> = {
  "a host that is there twice": [
    "Only unique values for domains are permitted. Duplicate entry of domain a.b in route rc1",
    "DuplicateDomain",
    /^rc1: the host a\.b is there twice$/,
  ],
  "two wildcard hosts": [
    "Only a single wildcard domain is permitted in route rc1",
    "DuplicateDomain",
    /two virtual hosts/,
  ],
  "a regular expression without its end": ["missing ): a(", "InvalidRegex", /missing \) in a\($/],
  "a repetition that RE2 does not take": [
    "invalid repetition size: {1,9999}",
    "InvalidRegex",
    /invalid repetition size in \{1,9999\}/,
  ],
  "a regular expression that is too large": [
    "regex '(a{1,100}){1,10}' RE2 program size of 2023 > max program size of 100 set for the error level threshold. Increase configured max program size if necessary.",
    "RegexTooLarge",
    /\(a\{1,100\}\)\{1,10\} needs 2023 steps, more than the 100 allowed/,
  ],
  "a key of another certificate": [
    "Failed to load private key from <inline>, Cause: error:0b000074:X.509 certificate routines:OPENSSL_internal:KEY_VALUES_MISMATCH",
    "CertificateKeyMismatch",
    /does not belong/,
  ],
  "a certificate that is none": [
    "Failed to load certificate chain from <inline>",
    "InvalidCertificate",
    /<inline>/,
  ],
  "a key that is none": [
    "Failed to load private key from <inline>, Cause: error:0900006e:PEM routines:OPENSSL_internal:NO_START_LINE",
    "InvalidPrivateKey",
    /<inline>/,
  ],
  "a weak key": [
    "Failed to load certificate chain from <inline>, only RSA certificates with 2048-bit or larger keys are supported",
    "WeakCertificateKey",
    /2048-bit/,
  ],
  "a missing file": ["Invalid path: /x/y.pem", "FileMissing", /\/x\/y\.pem/],
  "a port that is taken": [
    "cannot bind '0.0.0.0:80': Address already in use",
    "AddressInUse",
    /another program listens on 0\.0\.0\.0:80/,
  ],
  "a port that is not allowed": [
    "cannot bind '0.0.0.0:80': Permission denied",
    "PortDenied",
    /may not listen on 0\.0\.0\.0:80/,
  ],
  "an address of another machine": [
    "cannot bind '10.9.9.9:80': Cannot assign requested address",
    "AddressNotHere",
    /10\.9\.9\.9:80/,
  ],
  "a cluster that does not exist": ["route: unknown cluster 'nope'", "UnknownCluster", /nope/],
  "a name in place of an address": [
    "malformed IP address: foo.bar. Consider setting resolver_name or setting cluster type to 'STRICT_DNS' or 'LOGICAL_DNS'",
    "InvalidAddress",
    /foo\.bar is no IP address/,
  ],
  "a header format": ["Not supported field in StreamInfo: NOPE", "InvalidHeader", /NOPE/],
  "a body that is too large": [
    "response body size is 5000 bytes; maximum is 4096",
    "ResponseBodyTooLarge",
    /5000 bytes, more than 4096/,
  ],
  "an extension this Envoy lacks": [
    "Didn't find a registered implementation for 'envoy.filters.http.golang' with type URL: ''",
    "UnsupportedByEnvoy",
    /does not know envoy\.filters\.http\.golang/,
  ],
  "a value out of bounds": [
    'goo.gle/debugonly    \nname: "rc1"\nsecret: "s3cr3t"\n\n: Proto constraint validation failed (RouteConfigurationValidationError.VirtualHosts[0]: embedded message failed validation | caused by VirtualHostValidationError.Domains: value must contain at least 1 item(s))',
    "ConstraintViolated",
    /VirtualHost\.Domains: value must contain at least 1 item\(s\)$/,
  ],
  "anything else": [
    'something new went wrong: goo.gle/debugstr  \nname: "rc1"\nkey: "s3cr3t"\n',
    "RefusedByEnvoy",
    /^rc1: Envoy refuses this configuration: something new went wrong: …$/,
  ],
};

for (const [what, [text, reason, message]] of Object.entries(texts)) {
  test(`${what} is explained`, () => {
    const refusal = explainRefusal(text, ["rc1"]);
    assert.equal(refusal.reason, reason);
    assert.match(refusal.message, message);
    assert.notEqual(refusal.advice, "");
  });
}

test("many names are cut to three", () => {
  const { message } = explainRefusal("x", ["a", "b", "c", "d", "e"]);
  assert.match(message, /^a, b, c and 2 more: /);
});

test("whatever Envoy says, the explanation is one bounded sentence", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 5000, unit: "binary" }), (text) => {
      assert.ok(explainRefusal(text, ["rc1"]).message.length < 600);
    }),
  );
});
