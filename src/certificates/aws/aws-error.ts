/** Why a call to AWS had no success, in the distinctions that whoever called must make. */

import { foreignText } from "../outbound/foreign-text.ts";
import { OutboundError } from "../outbound/outbound-door.ts";

export type AwsErrorCode =
  /** It refused because of how often it is asked: nothing was done. */
  | "throttled"
  /** No credentials, or they may not do this: nothing was done. */
  | "denied"
  /** It will not do this, whoever asks and whenever: nothing was done. */
  | "refused"
  /** Nothing was sent. */
  | "unreached"
  /** Whether it was done is not known. */
  | "unanswered";

interface AwsErrorDetails {
  /** The exception's name at AWS; empty where there is none. */
  readonly type?: string;
  readonly retryAfter?: Temporal.Duration;
}

export class AwsError extends Error {
  readonly code: AwsErrorCode;
  readonly retryable: boolean;
  readonly type: string;
  /** When AWS says that it may be asked again. */
  readonly retryAfter: Temporal.Duration | undefined;

  constructor(code: AwsErrorCode, message: string, details: AwsErrorDetails & ErrorOptions = {}) {
    super(message, details);
    this.name = "AwsError";
    this.code = code;
    this.retryable = code !== "refused";
    this.type = details.type ?? "";
    this.retryAfter = details.retryAfter;
  }
}

/** Names that services have for the same thing. */
const throttled =
  /^(Throttl|TooManyRequests|RequestLimitExceeded|RequestThrottled|SlowDown|PriorRequestNotComplete|BandwidthLimitExceeded|LimitExceeded|EC2ThrottledException)/;
const denied =
  /^(AccessDenied|UnrecognizedClient|ExpiredToken|InvalidClientTokenId|InvalidSignature|SignatureDoesNotMatch|IncompleteSignature|MissingAuthenticationToken|OptInRequired|NotAuthorized|RequestExpired|RequestTimeTooSkewed|InvalidIdentityToken|IDPRejectedClaim|IDPCommunicationError|RegionDisabled)/;

/** What an answer that is no success means. */
export function answerError(answer: {
  readonly status: number;
  readonly type: string;
  readonly message: string;
  readonly retryAfter?: string | undefined;
}): AwsError {
  const { status, type } = answer;
  const said = foreignText(answer.message);
  const message = [type === "" ? `status ${status}` : type, said].filter((part) => part !== "");
  const seconds = Number(answer.retryAfter ?? Number.NaN);
  return new AwsError(codeOf(status, type), message.join(": "), {
    type,
    ...(seconds > 0 && seconds <= 86_400
      ? { retryAfter: Temporal.Duration.from({ seconds: Math.ceil(seconds) }) }
      : {}),
  });
}

function codeOf(status: number, type: string): AwsErrorCode {
  if (status === 429 || throttled.test(type)) return "throttled";
  if (status >= 500) return "unanswered";
  if (status === 401 || status === 403 || denied.test(type)) return "denied";
  return "refused";
}

/** What a failure to send means. */
export function sendError(error: unknown): AwsError {
  if (error instanceof AwsError) return error;
  if (!(error instanceof OutboundError)) {
    const text = error instanceof Error ? error.message : String(error);
    return new AwsError("unanswered", foreignText(text), { cause: error });
  }
  const nothingSent = ["forbidden", "unresolved", "unreachable", "untrusted", "invalid-url"];
  const code = nothingSent.includes(error.code) ? "unreached" : "unanswered";
  return new AwsError(code, error.message, { cause: error });
}
