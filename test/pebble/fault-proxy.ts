/** An ACME server that misbehaves: a proxy before Pebble that counts what it is asked, and answers some of it wrongly. */

import { createPublicKey } from "node:crypto";
import { once } from "node:events";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { type SelfSigned, selfSigned } from "#test/simulators/self-signed.ts";
import { issueUnder } from "./foreign-authority.ts";
import type { Pebble } from "./pebble.ts";

/** What of the server is asked. */
export type Step =
  | "directory"
  | "nonce"
  | "account"
  | "order"
  | "authorization"
  | "challenge"
  | "finalize"
  | "look"
  | "certificate";

const steps: readonly (readonly [RegExp, Step])[] = [
  [/^\/dir/, "directory"],
  [/^\/nonce-plz/, "nonce"],
  [/^\/(sign-me-up|my-account)/, "account"],
  [/^\/order-plz/, "order"],
  [/^\/authZ/, "authorization"],
  [/^\/chalZ/, "challenge"],
  [/^\/finalize-order/, "finalize"],
  [/^\/my-order/, "look"],
  [/^\/certZ/, "certificate"],
];

export type Fault =
  /** It wants to be left alone for a second. */
  | "too many requests"
  | "unavailable"
  /** The connection ends without an answer, before the server heard of the request. */
  | "unheard"
  /** The same, after it did what was asked. */
  | "unanswered"
  /** An order that is never done. */
  | "processing"
  | "another key"
  | "expired"
  | "wrong chain"
  | "truncated";

export interface FaultProxy extends AsyncDisposable {
  readonly directory: string;
  readonly authority: string;
  /** How often each step was asked for. */
  readonly calls: ReadonlyMap<Step, number>;
  /** Orders whose request was taken. */
  readonly finalized: ReadonlySet<string>;
  /** Accounts that were made. */
  readonly accounts: ReadonlySet<string>;
  /** From now on this step has this fault; undefined: none has. */
  readonly breakAt: (step: Step | undefined, fault?: Fault) => void;
}

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: string;
}

/** Hears of a request when it has come, when it was done, and when its answer has gone; what it does holds that up. */
export type Passing = (moment: "come" | "done" | "gone") => Promise<void>;

/** Starts without a fault; known by `server`, for `localhost`. */
export async function startFaultProxy(
  pebble: Pebble,
  { certificate, key }: SelfSigned = selfSigned(["localhost"]),
  passing: Passing = () => Promise.resolve(),
): Promise<FaultProxy> {
  const calls = new Map<Step, number>();
  const finalized = new Set<string>();
  const accounts = new Set<string>();
  let broken: { readonly step: Step; readonly fault: Fault } | undefined;
  /** The key that the last request is about. */
  let requested: Buffer | undefined;
  const server = https.createServer({ cert: certificate, key }, (request, response) => {
    const url = request.url ?? "";
    const step = steps.find(([form]) => form.test(url))?.[1] ?? "directory";
    calls.set(step, (calls.get(step) ?? 0) + 1);
    const fault = broken?.step === step ? broken.fault : undefined;
    const serve = async (): Promise<void> => {
      const body = await text(request);
      await passing("come");
      if (step === "finalize") requested = keyOfRequest(body);
      if (fault === "unheard") return void request.socket.destroy();
      const refusal = refusalBy(fault);
      const answer = refusal ?? (await forward(pebble, request, body));
      if (step === "finalize" && answer.status < 300) finalized.add(url);
      if (step === "account" && answer.status === 201)
        accounts.add(`${answer.headers["location"]}`);
      if (fault === "unanswered") return void request.socket.destroy();
      const { status, headers, body: said } = misled(answer, fault, requested);
      await passing("done");
      response
        .writeHead(status, { ...headers, "content-length": Buffer.byteLength(said) })
        .end(said, () => void passing("gone"));
    };
    serve().catch(() => request.socket.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    directory: `https://localhost:${port}/dir`,
    authority: certificate,
    ...{ calls, finalized, accounts },
    breakAt: (step, fault = "unavailable") => {
      broken = step === undefined ? undefined : { step, fault };
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function refusalBy(fault: Fault | undefined): Answer | undefined {
  const headers = { "content-type": "application/problem+json", "retry-after": "1" };
  const problem = (type: string): string =>
    JSON.stringify({ type: `urn:ietf:params:acme:error:${type}`, detail: "not now" });
  if (fault === "too many requests") return { status: 429, headers, body: problem("rateLimited") };
  if (fault === "unavailable")
    return { status: 503, headers: { "retry-after": "1" }, body: "down" };
  return undefined;
}

function misled(answer: Answer, fault: Fault | undefined, requested: Buffer | undefined): Answer {
  if (answer.status >= 300) return answer;
  const chain = answer.body.match(/-----BEGIN[^-]*-----[^-]*-----END[^-]*-----\n?/g) ?? [];
  switch (fault) {
    case "processing":
      return {
        ...answer,
        body: JSON.stringify({ ...JSON.parse(answer.body), status: "processing" }),
      };
    case "another key":
      return { ...answer, body: issueUnder({ expired: false }) };
    case "expired":
      return { ...answer, body: issueUnder({ expired: true, key: requested }) };
    case "wrong chain":
      return { ...answer, body: `${chain[0]}${selfSigned(["stranger"]).certificate}` };
    case "truncated":
      return { ...answer, body: answer.body.slice(0, Math.floor(answer.body.length * 0.6)) };
    default:
      return answer;
  }
}

/** The key in the request for a certificate, as the finalization carries it: DER of SubjectPublicKeyInfo. */
function keyOfRequest(body: string): Buffer | undefined {
  const { payload } = JSON.parse(body) as { payload: string };
  const { csr } = JSON.parse(Buffer.from(payload, "base64url").toString()) as { csr?: string };
  if (csr === undefined) return undefined;
  // The only element in it that is a key on P-256 begins like this.
  const der = Buffer.from(csr, "base64url");
  const start = der.indexOf(Buffer.from("3059301306072a8648ce3d0201", "hex"));
  const key = der.subarray(start, start + 91);
  createPublicKey({ key, format: "der", type: "spki" });
  return key;
}

/** Under our own name, so that every URL in the answers leads through us. */
async function forward(
  { directory, authority }: Pebble,
  request: {
    readonly url?: string | undefined;
    readonly method?: string | undefined;
    readonly headers: object;
  },
  body: string,
): Promise<Answer> {
  const { port } = new URL(directory);
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const sent = https.request(
    {
      ...{ host: "127.0.0.1", port, path: request.url, method: request.method, ca: authority },
      ...{ servername: "localhost", agent: false, headers: { ...request.headers } },
    },
    (answer) => {
      const { statusCode = 0, headers } = answer;
      const { "transfer-encoding": _, connection: __, ...kept } = headers;
      text(answer).then(
        (said) => resolve({ status: statusCode, headers: kept, body: said }),
        reject,
      );
    },
  );
  sent.on("error", reject);
  sent.end(body);
  return await promise;
}
