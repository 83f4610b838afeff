/** ACME servers reached through the outbound door. */

import {
  type OutboundDoor,
  OutboundError,
  type OutboundTrust,
} from "#certificates/outbound/outbound-door.ts";
import { AcmeError, type AcmeErrorCode } from "./acme-error.ts";
import type { AcmeTransport } from "./transport.ts";

const timeout = Temporal.Duration.from({ seconds: 20 });

/** Chains are the longest of what a server sends; we read no longer ones. */
const maxBytes = 256 * 1024;

/** A transport to a server that is verified by `trust`. */
export function createOutboundTransport(door: OutboundDoor, trust: OutboundTrust): AcmeTransport {
  return async ({ action: _, ...request }, signal) => {
    try {
      const answer = await door.request({ ...request, trust, timeout, maxBytes }, signal);
      return { ...answer, body: Buffer.from(answer.body).toString("utf8") };
    } catch (error) {
      throw asAcmeError(error);
    }
  };
}

function asAcmeError(cause: unknown): unknown {
  return cause instanceof OutboundError
    ? new AcmeError(codeOf(cause), cause.message, { cause })
    : cause;
}

function codeOf({ code }: OutboundError): AcmeErrorCode {
  switch (code) {
    case "forbidden":
    case "invalid-url":
    case "redirected":
      return "refused";
    case "too-large":
      return "unreadable";
    default:
      // Also a certificate that is not trusted: servers have expired ones, and renew them.
      return "unreachable";
  }
}
