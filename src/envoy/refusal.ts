/** What Envoy says when it refuses configuration, in words a person can act on. */

export type RefusalReason =
  | "DuplicateDomain"
  | "InvalidRegex"
  | "RegexTooLarge"
  | "CertificateKeyMismatch"
  | "InvalidCertificate"
  | "InvalidPrivateKey"
  | "WeakCertificateKey"
  | "FileMissing"
  | "AddressInUse"
  | "PortDenied"
  | "AddressNotHere"
  | "UnknownCluster"
  | "InvalidAddress"
  | "InvalidHeader"
  | "ResponseBodyTooLarge"
  | "UnsupportedByEnvoy"
  | "ConstraintViolated"
  | "RefusedByEnvoy";

export interface Refusal {
  readonly reason: RefusalReason;
  /** One sentence: what is wrong, with the resources concerned. */
  readonly message: string;
  /** One sentence: what to do next. */
  readonly advice: string;
}

interface Rule {
  readonly pattern: RegExp;
  readonly reason: RefusalReason;
  readonly message: (match: RegExpExecArray) => string;
  readonly advice: string;
}

const tellUs =
  "this is a fault of Sekisho's translation: please report it with the manifest; meanwhile change or remove what the message names";

/** Envoy 1.40's sentences; the first that fits decides. */
const rules: readonly Rule[] = [
  {
    pattern: /Duplicate entry of domain (\S+) in route (\S+)/,
    reason: "DuplicateDomain",
    message: ([, domain]) => `the host ${domain} is there twice`,
    advice: "give the host in one form only, and look for objects that spell it differently",
  },
  {
    pattern: /Only a single wildcard domain is permitted/,
    reason: "DuplicateDomain",
    message: () => "two virtual hosts take every host",
    advice: tellUs,
  },
  {
    pattern: /regex '(.*)' RE2 program size of (\d+) > max program size of (\d+)/s,
    reason: "RegexTooLarge",
    message: ([, regex, size, limit]) =>
      `the regular expression ${short(regex)} needs ${size} steps, more than the ${limit} allowed`,
    advice: "make it shorter, and replace large repetition counts such as {1,1000} by + or *",
  },
  {
    pattern:
      /(missing \)|missing \]|unexpected \)|invalid repetition size|bad repetition operator|no argument for repetition operator|invalid perl operator|invalid escape sequence|invalid character class|invalid character class range|invalid named capture group|trailing \\|invalid UTF-8|pattern too large)[^:]*: (.*)/,
    reason: "InvalidRegex",
    message: ([, fault, part]) =>
      `a regular expression is not valid in RE2 syntax: ${fault} in ${short(part)}`,
    advice: "correct it; RE2 has no look-ahead, look-behind or back-references",
  },
  {
    pattern: /KEY_VALUES_MISMATCH|KEY_TYPE_MISMATCH/,
    reason: "CertificateKeyMismatch",
    message: () => "the private key does not belong to the certificate",
    advice: "put the key that the certificate was issued for into the Secret",
  },
  {
    pattern:
      /only (RSA certificates with 2048-bit or larger keys|\S+ ECDSA certificates) are supported/,
    reason: "WeakCertificateKey",
    message: ([, supported]) => `the certificate's key is not accepted: only ${supported} are`,
    advice: "issue the certificate anew with an ECDSA P-256 key, or RSA of 2048 bits or more",
  },
  {
    pattern: /Failed to load (?:incomplete )?certificate(?: chain)? from ([^:,]+)(.*)/s,
    reason: "InvalidCertificate",
    message: ([, from]) => `the certificate chain cannot be read (${from})`,
    advice: "see that tls.crt holds PEM certificates, the server's own first",
  },
  {
    pattern: /Failed to load private key from ([^:,]+)/,
    reason: "InvalidPrivateKey",
    message: ([, from]) => `the private key cannot be read (${from})`,
    advice: "see that tls.key holds one PEM private key without a passphrase",
  },
  {
    pattern: /(?:Invalid path: |unable to (?:read|open) file:? '?)([^':]+)/,
    reason: "FileMissing",
    message: ([, file]) => `Envoy cannot open the file ${file}`,
    advice: "see that the file is there and readable for the user Envoy runs as",
  },
  {
    pattern: /cannot bind '([^']+)': Address already in use/,
    reason: "AddressInUse",
    message: ([, address]) => `another program listens on ${address}`,
    advice: "end it (ss -ltnp shows which it is), or choose other ports with --http and --https",
  },
  {
    pattern: /cannot bind '([^']+)': Permission denied/,
    reason: "PortDenied",
    message: ([, address]) => `this user may not listen on ${address}`,
    advice:
      "choose ports from 1024 on with --http and --https, or allow low ones (sysctl net.ipv4.ip_unprivileged_port_start=80)",
  },
  {
    pattern: /cannot bind '([^']+)': Cannot assign requested address/,
    reason: "AddressNotHere",
    message: ([, address]) => `no network interface of this machine has the address of ${address}`,
    advice: "listen on 0.0.0.0 or on an address that `ip address` shows",
  },
  {
    pattern: /unknown cluster '([^']+)'/,
    reason: "UnknownCluster",
    message: ([, cluster]) => `a route names the cluster ${cluster}, which does not exist`,
    advice: tellUs,
  },
  {
    pattern: /malformed IP address: ([^\s.]\S*?)\.? /,
    reason: "InvalidAddress",
    message: ([, address]) => `${address} is no IP address`,
    advice: "put IP addresses into the EndpointSlice, or use a Service of type ExternalName",
  },
  {
    pattern:
      /Not supported field in StreamInfo: (\S+)|:-prefixed or host headers may not be modified/,
    reason: "InvalidHeader",
    message: ([said]) => `a header cannot be set: ${said}`,
    advice: "correct the header; a literal % is written %% in Envoy's formats",
  },
  {
    pattern: /response body size is (\d+) bytes; maximum is (\d+)/,
    reason: "ResponseBodyTooLarge",
    message: ([, size, limit]) => `a fixed response has ${size} bytes, more than ${limit}`,
    advice: "shorten the response, or serve it from a backend",
  },
  {
    pattern:
      /Didn't find a registered implementation for '?([^'\s]+)|could not find @type '([^']+)'|no such field: '([^']+)'/,
    reason: "UnsupportedByEnvoy",
    message: ([, name, type, field]) =>
      `this Envoy does not know ${name || type || field}: it is another version or build`,
    advice: "run the Envoy that Sekisho installs: leave --envoy and SEKISHO_ENVOY away",
  },
  {
    pattern: /Proto constraint validation failed \((.*)\)/s,
    reason: "ConstraintViolated",
    message: ([, chain]) => `a value is outside what Envoy accepts: ${innermost(chain)}`,
    advice: tellUs,
  },
];

/**
 * Explains a refusal (a NACK's message, or what `--mode validate` printed) of the resources
 * `names`. What no rule knows is quoted, without the configuration Envoy prints along with it.
 */
export function explainRefusal(text: string, names: readonly string[]): Refusal {
  for (const rule of rules) {
    const match = rule.pattern.exec(text);
    if (match === null) continue;
    const { reason, advice } = rule;
    return { reason, message: `${concerned(names)}${rule.message(match)}`, advice };
  }
  return {
    reason: "RefusedByEnvoy",
    message: `${concerned(names)}Envoy refuses this configuration: ${short(plain(text), 400)}`,
    advice: tellUs,
  };
}

/** Reasons that lie in the machine and not in what was refused: the same may be taken a moment later. */
const passing: ReadonlySet<RefusalReason> = new Set([
  "AddressInUse",
  "PortDenied",
  "AddressNotHere",
  "FileMissing",
]);

/** Whether Envoy's text names a reason that can pass without other configuration. */
export function isPassing(text: string): boolean {
  return passing.has(explainRefusal(text, []).reason);
}

const maxNames = 3;

function concerned(names: readonly string[]): string {
  if (names.length === 0) return "";
  const shown = names.slice(0, maxNames).join(", ");
  const more = names.length > maxNames ? ` and ${names.length - maxNames} more` : "";
  return `${shown}${more}: `;
}

/** The last link of "A: embedded message failed validation | caused by B: value must be …". */
function innermost(chain: string | undefined): string {
  const last = (chain ?? "").split("| caused by ").at(-1)?.trim() ?? "";
  return short(last.replace(/ValidationError\./, "."), 300);
}

/** Without a dumped message: its text is long, and not meant to be read back. */
function plain(text: string): string {
  return text.replace(/goo\.gle\/debug\w*\s[\s\S]*?(?=\n: |$)/g, "…").trim();
}

function short(text: string | undefined, limit = 120): string {
  const known = text ?? "";
  return known.length <= limit ? known : `${known.slice(0, limit)}…`;
}
