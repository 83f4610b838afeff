/** The outbound door over this machine's network: {@link createOutboundDoor}. */

import type { Clock } from "#runtime/clock.ts";
import {
  type HttpAnswer,
  type HttpClient,
  HttpClientError,
  type HttpClientErrorCode,
  type HttpClients,
} from "#runtime/http/http-client.ts";
import type { NameLookup } from "#runtime/network/name-lookup.ts";
import { ClientPool } from "./client-pool.ts";
import { type AddressRules, whyForbidden } from "./forbidden-address.ts";
import { foreignText } from "./foreign-text.ts";
import {
  type OutboundAnswer,
  type OutboundDoor,
  OutboundError,
  type OutboundErrorCode,
  type OutboundRequest,
} from "./outbound-door.ts";

export interface OutboundDeps {
  readonly clock: Clock;
  readonly clients: HttpClients;
  readonly names: NameLookup;
  readonly rules: AddressRules;
}

const defaultTimeout = Temporal.Duration.from({ seconds: 30 });
const defaultMaxBytes = 2 ** 20;

/** An {@link OutboundDoor}. */
export function createOutboundDoor(deps: OutboundDeps): OutboundDoor {
  const pool = new ClientPool(deps);
  const addressesOf = (host: string): Promise<readonly string[]> => findAddresses(deps, host);
  return {
    addressesOf,
    request: (request, signal) =>
      withinTime(deps.clock, request, signal, async (ended) => {
        const url = parseUrl(request.url);
        const addresses = await addressesOf(url.hostname.replace(/^\[(.*)\]$/, "$1"));
        return await askInTurn(pool, { request, url, addresses }, ended);
      }),
    close: () => pool.close(),
  };
}

function parseUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new OutboundError("invalid-url", "the address is no URL of http or https");
  if (url.username !== "" || url.password !== "")
    throw new OutboundError("invalid-url", "the address holds a user name or password");
  return url;
}

async function findAddresses(
  { names, rules }: OutboundDeps,
  host: string,
): Promise<readonly string[]> {
  const found = await names.addresses(host);
  if (found.length === 0) throw new OutboundError("unresolved", `${host} does not resolve`);
  const judged = found.map((address) => ({ address, reason: whyForbidden(address, rules) }));
  const usable = judged.filter(({ reason }) => reason === undefined);
  const [first] = judged;
  if (usable.length === 0 && first !== undefined) {
    const { address, reason } = first;
    const named = address === host ? host : `${host} resolves to ${address}, which`;
    throw new OutboundError("forbidden", `${named} ${reason}: it is not connected to`);
  }
  const isSix = ({ address }: { readonly address: string }): boolean => address.includes(":");
  return [...usable.filter((one) => !isSix(one)), ...usable.filter(isSix)].map(
    ({ address }) => address,
  );
}

interface Aim {
  readonly request: OutboundRequest;
  readonly url: URL;
  readonly addresses: readonly string[];
}

/** The next address is tried only while nothing was sent. */
async function askInTurn(pool: ClientPool, aim: Aim, signal: AbortSignal): Promise<OutboundAnswer> {
  const { request, url, addresses } = aim;
  let unreached: HttpClientError | undefined;
  for (const address of addresses) {
    const target = { origin: url.origin, address, trust: request.trust };
    try {
      return await pool.use(target, (client) => ask(client, aim, signal));
    } catch (error) {
      if (!isUnreached(error)) throw error;
      unreached = error;
    }
  }
  throw unreached ?? new Error("a host that resolved has no address");
}

function isUnreached(error: unknown): error is HttpClientError {
  return (
    error instanceof HttpClientError && (error.code === "refused" || error.code === "unreachable")
  );
}

async function ask(client: HttpClient, aim: Aim, signal: AbortSignal): Promise<OutboundAnswer> {
  const { request, url } = aim;
  const { method, headers = {}, body } = request;
  const path = `${url.pathname}${url.search}`;
  const given = { method, path, headers, ...(body === undefined ? {} : { body }) };
  return await take(await client.request(given, signal), aim);
}

async function take(answer: HttpAnswer, { request, url }: Aim): Promise<OutboundAnswer> {
  const { status, headers } = answer;
  const isRedirect = status >= 300 && status < 400 && status !== 304;
  if (isRedirect && request.redirects !== "given") {
    throw new OutboundError(
      "redirected",
      `${url.host} answers with a redirect, which is not followed`,
    );
  }
  const most = request.maxBytes ?? defaultMaxBytes;
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of answer.body) {
    length += chunk.length;
    if (length > most)
      throw new OutboundError("too-large", `${url.host} answers with more than ${most} bytes`);
    chunks.push(chunk);
  }
  return { status, headers, body: Buffer.concat(chunks) };
}

/** Ends what `run` does when its time is over or the caller does not want it any more. */
async function withinTime(
  clock: Clock,
  { url, timeout = defaultTimeout }: OutboundRequest,
  signal: AbortSignal | undefined,
  run: (ended: AbortSignal) => Promise<OutboundAnswer>,
): Promise<OutboundAnswer> {
  const late = new AbortController();
  const over = new AbortController();
  const cancel = clock.after(timeout, () => late.abort());
  const signals = [late.signal, over.signal, ...(signal === undefined ? [] : [signal])];
  const ended = AbortSignal.any(signals);
  try {
    return await Promise.race([run(ended), rejectWhen(ended)]);
  } catch (error) {
    throw asOutboundError(error, { host: hostOf(url), isLate: late.signal.aborted });
  } finally {
    cancel();
    over.abort();
  }
}

/** Looking up a name cannot be ended: who waits for it can. */
function rejectWhen(ended: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  const end = (): void => reject(new HttpClientError("aborted", "the request was ended"));
  if (ended.aborted) end();
  else ended.addEventListener("abort", end, { once: true });
  return promise;
}

function hostOf(url: string): string {
  return URL.parse(url)?.host ?? "the server";
}

const codes: Readonly<Record<HttpClientErrorCode, OutboundErrorCode>> = {
  refused: "unreachable",
  unreachable: "unreachable",
  untrusted: "untrusted",
  aborted: "aborted",
  reset: "broken",
  other: "broken",
};

/** What the error says may quote the server's certificate. */
function asOutboundError(
  cause: unknown,
  { host, isLate }: { readonly host: string; readonly isLate: boolean },
): unknown {
  if (isLate) return new OutboundError("timeout", `${host} does not answer in time`, { cause });
  if (!(cause instanceof HttpClientError)) return cause;
  return new OutboundError(codes[cause.code], `${host}: ${foreignText(cause.message)}`, { cause });
}
