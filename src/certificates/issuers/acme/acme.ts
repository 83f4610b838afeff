/** Issuers that have an ACME server sign: each request by an Order of its own. */

import type { JsonObject } from "#base/json.ts";
import { attributeTypes } from "#crypto/x509/subject-name.ts";
import { clusterIssuerKind, issuerKind } from "#kinds/cert-manager/issuer.ts";
import { orderKind } from "#kinds/cert-manager/order.ts";
import { read } from "#kinds/kind.ts";
import type { KubeObject } from "#kinds/object.ts";
import type { AccountVerdict } from "../../acme/accounts/registration.ts";
import type { Acme } from "../../acme/acme.ts";
import { AcmeError } from "../../acme/client/acme-error.ts";
import type {
  AskedSignature,
  AskedSuggestion,
  IssuerBackend,
  IssuerVerdict,
  RenewalAnswer,
  SigningOutcome,
} from "../issuer.ts";

/** An {@link IssuerBackend} over what brings Orders to their end: it needs proxies, so a gate makes it. */
export function createAcmeIssuer(acme: Acme): IssuerBackend {
  const closing = new AbortController();
  return {
    name: "acme",
    issuerKinds: [issuerKind, clusterIssuerKind],
    ownKinds: [orderKind],
    asksOthers: true,
    serves: (issuer) => namesServer(issuer),
    verify: async (issuer) => verdictOf(await acme.verify(issuer, closing.signal)),
    sign: (asked) => sign(acme, asked),
    suggestRenewal: (asked, signal) => suggest(acme, asked, signal),
    close: async () => closing.abort(),
  };
}

/** Also one whose fields cannot be used: what is wrong with it is to be said of it. */
function namesServer(issuer: KubeObject): boolean {
  const spec = issuer.body["spec"] as JsonObject | undefined;
  return read(issuerKind, issuer).value?.spec.acme !== undefined || spec?.["acme"] !== undefined;
}

function verdictOf({ ready, reason, message, account, retryAfter }: AccountVerdict): IssuerVerdict {
  return {
    ...{ isReady: ready === "True", reason, message },
    status: { acme: { ...account } },
    ...(retryAfter === undefined ? {} : { lookAgain: retryAfter }),
  };
}

async function sign(
  acme: Acme,
  { request, facts, issuer }: AskedSignature,
): Promise<SigningOutcome> {
  const asked = facts();
  if (!asked.ok) return { kind: "failed", message: asked.error };
  const { spec, signing } = asked.value;
  const names = signing.alternativeNames;
  return await acme.fulfil(
    { object: request, issuer },
    {
      request: spec.request,
      issuerRef: spec.issuerRef,
      commonName: signing.name.flat().find(({ type }) => type === attributeTypes.CN)?.value ?? "",
      dnsNames: names.flatMap((one) => (one.kind === "dns" ? [one.name] : [])),
      ipAddresses: names.flatMap((one) => (one.kind === "ip" ? [one.address] : [])),
      duration: spec.duration,
    },
  );
}

async function suggest(
  acme: Acme,
  asked: AskedSuggestion,
  signal: AbortSignal,
): Promise<RenewalAnswer> {
  try {
    const said = await acme.renewalInformation(asked, signal);
    return said === undefined ? { kind: "none" } : { kind: "window", ...said };
  } catch (error) {
    if (!(error instanceof AcmeError)) throw error;
    const { code, message, retryAfter } = error;
    return code === "refused" ? { kind: code, message } : { kind: "outage", message, retryAfter };
  }
}
