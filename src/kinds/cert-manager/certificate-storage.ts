/** What a certificate's Secret holds besides certificate and key, and what key it is. */

import {
  boolean,
  fields,
  integer,
  list,
  mapOf,
  oneOf,
  optional,
  type Parsed,
  required,
  text,
} from "#base/schema.ts";

export const privateKey = fields(
  {
    rotationPolicy: optional(
      oneOf("Always", "Never"),
      "Whether every certificate has a key of its own; default Always.",
    ),
    algorithm: optional(oneOf("RSA", "ECDSA", "Ed25519"), "Default RSA."),
    encoding: optional(
      oneOf("PKCS1", "PKCS8"),
      "How the key is written; default PKCS1, which for ECDSA is SEC 1. Ed25519 is PKCS8 always.",
    ),
    size: optional(
      integer(),
      "Of RSA from 2048 to 8192, default 2048; of ECDSA 256, 384 or 521, default 256.",
    ),
  },
  {
    rule: `!has(self.size) || self.size == 0 || (has(self.algorithm) && self.algorithm != "RSA") || (self.size >= 2048 && self.size <= 8192)`,
    holds: ({ algorithm = "RSA", size = 0 }) =>
      algorithm !== "RSA" || size === 0 || (size >= 2048 && size <= 8192),
    message: "size must be between 2048 & 8192 for rsa keyAlgorithm",
  },
  {
    rule: `!has(self.size) || self.size == 0 || !has(self.algorithm) || self.algorithm != "ECDSA" || self.size in [256, 384, 521]`,
    holds: ({ algorithm = "RSA", size = 0 }) =>
      algorithm !== "ECDSA" || [0, 256, 384, 521].includes(size),
    message: "size must be 256, 384 or 521 for ecdsa keyAlgorithm",
  },
);

const passwordReference = fields({
  name: required(text, "Name of the Secret, in the same namespace."),
  key: optional(text, "Its key."),
});

const password = {
  password: optional(text, "The password."),
  passwordSecretRef: optional(passwordReference, "The Secret with the password."),
};

interface Passwords {
  readonly create: boolean;
  readonly password?: string;
  readonly passwordSecretRef?: { readonly name: string };
}

/** Exactly one source of a password that is not empty. */
const onePassword = {
  rule: `!self.create || ((has(self.password) && self.password != "") != (has(self.passwordSecretRef) && self.passwordSecretRef.name != ""))`,
  holds: ({ create, password: plain = "", passwordSecretRef }: Passwords) =>
    !create || (plain !== "") !== ((passwordSecretRef?.name ?? "") !== ""),
  message: "needs either a password or a passwordSecretRef, and not both",
};

const create = required(boolean, "Whether it is made.");

export const keystores = fields({
  jks: optional(
    fields({ create, alias: optional(text, "Name of the entry."), ...password }, onePassword),
    "A keystore of Java.",
  ),
  pkcs12: optional(
    fields(
      {
        create,
        profile: optional(
          oneOf("LegacyRC2", "LegacyDES", "Modern2023", "Modern2026"),
          "Which algorithms; default LegacyRC2.",
        ),
        ...password,
      },
      onePassword,
    ),
    "A keystore by PKCS#12.",
  ),
});

export const outputFormats = list(
  fields({
    type: required(
      oneOf("DER", "CombinedPEM"),
      "DER: the key as key.der. CombinedPEM: key and chain as tls-combined.pem.",
    ),
  }),
);

const templatePrefix = "cert-manager.io/";
const injection = "cert-manager.io/allow-direct-injection";

export const secretTemplate = fields(
  {
    annotations: optional(mapOf(text), "Annotations of the Secret."),
    labels: optional(mapOf(text), "Labels of the Secret."),
  },
  {
    rule: `!has(self.annotations) || self.annotations.all(k, k == "${injection}" || !k.startsWith("${templatePrefix}"))`,
    holds: ({ annotations = {} }) =>
      Object.keys(annotations).every((key) => key === injection || !key.startsWith(templatePrefix)),
    message: `annotations may not begin with ${templatePrefix}, other than ${injection}`,
  },
);

const window = fields({
  cron: required(text, "When it opens: minute, hour, day, month, day of the week."),
  windowDuration: required(text, "How long it is open."),
  timezone: optional(text, 'Where the clock stands, as in "Europe/Berlin"; default UTC.'),
});

export type RenewalWindow = Parsed<typeof window>;

export const renewal = fields(
  {
    policy: optional(
      oneOf("RenewBefore", "Disabled"),
      "Disabled: it is never renewed; default RenewBefore.",
    ),
    windows: optional(list(window), "When it may be renewed; default always."),
  },
  {
    rule: `!(has(self.policy) && self.policy == "Disabled" && has(self.windows) && size(self.windows) > 0)`,
    holds: ({ policy, windows = [] }) => policy !== "Disabled" || windows.length === 0,
    message: "windows may not be set where policy is Disabled",
  },
);
