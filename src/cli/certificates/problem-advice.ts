/** What to do next about what an issuer, an ACME server or a DNS provider says. */

export interface ChallengedName {
  readonly dnsName: string;
  /** `HTTP-01`, `TLS-ALPN-01`, `DNS-01`. */
  readonly type: string;
}

interface Rule {
  readonly pattern: RegExp;
  readonly advice: (name: string) => string;
  /** Only for this type of challenge. */
  readonly type?: string;
}

/** The first that fits counts. */
const rules: readonly Rule[] = [
  {
    pattern: /rateLimited|too many (certificates|new orders|failed)/i,
    advice: () =>
      "wait until the time that it names; try things out at the authority's staging server",
  },
  {
    pattern: /rejectedIdentifier/i,
    advice: (name) => `the authority does not sign ${name}: take it out, or use another issuer`,
  },
  {
    pattern: /\bcaa\b/i,
    advice: (name) => `allow the authority in the CAA records of ${name}`,
  },
  {
    pattern: /Secret \S+ is not there/,
    advice: () => "create that Secret with the value that the issuer names",
  },
  {
    pattern: /Cloudflare: |Azure( gives no token)?: |does not let us in|refuses the update/,
    advice: () => "give the issuer credentials that may read the zone and change its records",
  },
  {
    type: "DNS-01",
    pattern: /has no record (\S+ TXT "[^"]*")/,
    advice: () =>
      "where nothing creates it by itself, create this record; it can take minutes to be everywhere",
  },
  {
    type: "DNS-01",
    pattern: /NXDOMAIN|no TXT record|incorrect TXT|no zone/i,
    advice: (name) =>
      `see whether the servers of the zone have it: dig TXT _acme-challenge.${name}`,
  },
  {
    type: "TLS-ALPN-01",
    pattern: /connection|timeout|refused|unreachable|port 443|tls/i,
    advice: (name) =>
      `port 443 of ${name} must lead here, and nothing before it may end TLS: check its address records, the firewall and port forwarding`,
  },
  {
    type: "HTTP-01",
    pattern: /NXDOMAIN|no valid A|:dns\b|\bdns:/i,
    advice: (name) => `create an A or AAAA record for ${name} that leads here`,
  },
  {
    type: "HTTP-01",
    pattern: /connection|timeout|refused|unreachable|port 80/i,
    advice: (name) =>
      `port 80 of ${name} must lead here: check its address records, the firewall and port forwarding`,
  },
  {
    type: "HTTP-01",
    pattern: /unauthorized|incorrectResponse|invalid response/i,
    advice: (name) =>
      `something else answers there: curl -i http://${name}/.well-known/acme-challenge/test`,
  },
];

/** A sentence for a person; undefined when nothing is known about it. */
export function adviceFor(
  text: string,
  { dnsName, type }: ChallengedName = { dnsName: "the name", type: "" },
): string | undefined {
  return rules
    .find((rule) => (rule.type === undefined || rule.type === type) && rule.pattern.test(text))
    ?.advice(dnsName);
}
