/** Has the AWS SDK send its requests through the outbound door, with the limits of everything that goes out there. */

import type { OutboundAnswer, OutboundDoor, OutboundRequest } from "../outbound/outbound-door.ts";
import { type AwsError, answerError, sendError } from "./aws-error.ts";

/** The part of the SDK's request that we read. */
interface SdkRequest {
  readonly method: string;
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

interface SdkResponse {
  readonly response: {
    readonly statusCode: number;
    readonly headers: Record<string, string>;
    readonly body: Uint8Array;
  };
}

export interface SdkRequestHandler {
  readonly handle: (
    request: SdkRequest,
    options?: { readonly abortSignal?: unknown },
  ) => Promise<SdkResponse>;
  readonly destroy: () => void;
  readonly updateHttpClientConfig: () => void;
  readonly httpHandlerConfigs: () => Record<string, never>;
}

const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] as const;

/**
 * The SDK's `requestHandler`. An answer that is no success is judged here already: what AWS says then is XML of a few forms, and
 * what something in between says is none that the SDK could read. Throws AwsError.
 */
export function sdkRequests(outbound: OutboundDoor): SdkRequestHandler {
  return {
    handle: async (request, options) => {
      const method = methods.find((one) => one === request.method);
      if (method === undefined) throw new Error(`the SDK asks by ${request.method}`);
      const asked = {
        ...{ method, url: urlOf(request), headers: request.headers },
        ...(request.body === undefined ? {} : { body: bodyOf(request.body) }),
      };
      const { status, headers, body } = await send(outbound, asked, options?.abortSignal);
      if (status >= 300) throw failureOf(status, headers, Buffer.from(body).toString("utf8"));
      return { response: { statusCode: status, headers: { ...headers }, body } };
    },
    destroy: () => undefined,
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
  };
}

async function send(
  outbound: OutboundDoor,
  request: OutboundRequest,
  signal: unknown,
): Promise<OutboundAnswer> {
  try {
    return await outbound.request(request, signal instanceof AbortSignal ? signal : undefined);
  } catch (error) {
    throw sendError(error);
  }
}

function failureOf(
  status: number,
  headers: Readonly<Record<string, string>>,
  said: string,
): AwsError {
  const type = /<Code>([\w.]{1,100})<\/Code>/.exec(said)?.[1] ?? "";
  const message = /<Message>([^<]{1,1000})/.exec(said)?.[1] ?? "";
  return answerError({ status, type, message, retryAfter: headers["retry-after"] });
}

function urlOf({ protocol, hostname, port, path, query = {} }: SdkRequest): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((one) =>
      one === null
        ? encodeURIComponent(name)
        : `${encodeURIComponent(name)}=${encodeURIComponent(one)}`,
    ),
  );
  const suffix = pairs.length === 0 ? "" : `?${pairs.join("&")}`;
  return `${protocol}//${hostname}${port === undefined ? "" : `:${port}`}${path}${suffix}`;
}

/** The services that we ask take texts. */
function bodyOf(body: unknown): string {
  if (typeof body === "string") return body;
  if (body instanceof Uint8Array) return Buffer.from(body).toString("utf8");
  throw new Error("the SDK sends a stream where a text was expected");
}
