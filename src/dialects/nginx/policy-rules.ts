/** The rules that a Policy may have, one of them → what it asks for. */

import { err, ok, type Result } from "#base/result.ts";
import type { Policy } from "#kinds/nginx/policy.ts";
import type { ClientCertificates } from "#model/client-certificate.ts";
import type { ClientRule } from "#model/client-rule.ts";
import type { Protection } from "#model/protection.ts";
import type { FindingText } from "../common/findings.ts";
import { accessControl } from "./features/policies/access-control.ts";
import { authorizationRules, portsNote } from "./features/policies/authorization.ts";
import { ingressMtls } from "./features/policies/client-certificates.ts";
import { type CrossOrigin, cors } from "./features/policies/cors.ts";
import { hsts } from "./features/policies/hsts.ts";
import { burstNote, type LimitWish, rateLimit } from "./features/policies/rate-limit.ts";
import { egressMtls, type TlsWish } from "./features/upstreams/upstream-tls.ts";
import type { RuleContext } from "./policy-secrets.ts";

/** What a policy asks for: one of these. */
export interface Wanted {
  readonly clients?: ClientRule;
  readonly clientCertificates?: ClientCertificates;
  readonly crossOrigin?: CrossOrigin;
  readonly limit?: LimitWish;
  /** What its owner should know of how it is applied. */
  readonly note?: FindingText;
  readonly protection?: Protection;
  /** What browsers are told of HTTPS. */
  readonly strictTransport?: string;
  readonly tls?: TlsWish;
}

type Spec = NonNullable<Policy["spec"]>;

/** What the rule asks for; else why it cannot be applied, as the end of a sentence about the Policy. */
type Apply = (spec: Spec, context: RuleContext) => Result<Wanted, string>;

const rules: Readonly<Record<string, Apply>> = {
  accessControl: (spec) => as("clients", accessControl(spec)),
  rateLimit: (spec, { origin }) => noted(as("limit", rateLimit(spec, origin)), burstNote(spec)),
  ingressMTLS: (spec, context) => as("clientCertificates", ingressMtls(spec, context)),
  egressMTLS: (spec, context) => as("tls", egressMtls(spec, context)),
  cors: (spec) => as("crossOrigin", cors(spec)),
  hsts: (spec) => as("strictTransport", hsts(spec)),
  // It keeps nobody out, so requests need not wait for answers that are kept.
  cache: () => ok({ note: notKept }),
};

const notKept: FindingText = {
  reason: "AnswersNotKept",
  message: "the rule cache is not applied: every request goes to the upstream",
  advice: "remove it, or have the upstream bear all requests",
};

/** What the rule of that name asks for; else why it cannot be applied, as the end of a sentence about the Policy. */
export function applyRule(rule: string, spec: Spec, context: RuleContext): Result<Wanted, string> {
  const apply = rules[rule];
  if (apply !== undefined) return apply(spec, context);
  const authorize = authorizationRules[rule];
  if (authorize === undefined) return err(`has the rule ${rule}, which is not applied here`);
  return noted(as("protection", authorize(spec, context)), portsNote(spec));
}

function as<Name extends keyof Wanted>(
  name: Name,
  result: Result<Wanted[Name], string>,
): Result<Wanted, string> {
  if (!result.ok) return result;
  return ok(result.value === undefined ? {} : { [name]: result.value });
}

function noted(
  result: Result<Wanted, string>,
  note: FindingText | undefined,
): Result<Wanted, string> {
  return result.ok && note !== undefined ? ok({ ...result.value, note }) : result;
}
