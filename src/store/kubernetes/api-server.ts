/** One API server: requests paced, authenticated, bounded in time and size, and its failures in the words of the store. */

import type { Json } from "#base/json.ts";
import type { Clock } from "#runtime/clock.ts";
import {
  type HttpAnswer,
  type HttpClient,
  HttpClientError,
  type HttpClients,
} from "#runtime/http/http-client.ts";
import { StoreError } from "../object-store.ts";
import type { ClusterAccess, Credential } from "./access/cluster-access.ts";
import { apiFailure } from "./api-failure.ts";
import { defaultPacing, Pacer, type Pacing, type Priority } from "./pacer.ts";

export interface ApiServerDeps {
  readonly clock: Clock;
  readonly http: HttpClients;
}

export interface ApiServerSettings {
  readonly access: ClusterAccess;
  readonly pacing?: Pacing;
  /** What the server's audit log calls us. Default `sekisho`. */
  readonly userAgent?: string;
}

export interface ApiRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With query. */
  readonly path: string;
  readonly body?: Json;
  /** Default `application/json`, both. */
  readonly contentType?: string;
  readonly accept?: string;
  /** Default `normal`. */
  readonly priority?: Priority;
}

/** An answer, or the head of a watch, that takes longer than this comes no more. */
const patience = Temporal.Duration.from({ seconds: 30 });
/** A page of 500 large objects is well below it. */
const maxBodyBytes = 128 * 1024 * 1024;
/** How often a request is sent again that the server did not carry out, because it was busy. */
const maxTries = 6;
const longestSilenceSeconds = 60;
const json = "application/json";

export class ApiServer {
  readonly #clock: Clock;
  readonly #http: HttpClients;
  readonly #access: ClusterAccess;
  readonly #userAgent: string;
  readonly #pacer: Pacer;
  readonly #closed = new AbortController();
  #client: { readonly credential: string; readonly http: HttpClient } | undefined;

  constructor({ clock, http }: ApiServerDeps, settings: ApiServerSettings) {
    this.#clock = clock;
    this.#http = http;
    this.#access = settings.access;
    this.#userAgent = settings.userAgent ?? "sekisho";
    this.#pacer = new Pacer(clock, settings.pacing ?? defaultPacing);
  }

  /** The body of a successful answer. Throws StoreError. */
  async call(request: ApiRequest, signal?: AbortSignal): Promise<Json> {
    const late = this.#limit(signal);
    try {
      return await this.#inTurn(request, late.signal, (answer) => readJson(answer.body));
    } catch (error) {
      throw asStoreError(error, request, late.isLate() ? "no answer in time" : undefined);
    } finally {
      late.stop();
    }
  }

  /** The body of a successful answer as it comes, without limits of time and size. Throws StoreError. */
  async open(request: ApiRequest, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const late = this.#limit(signal);
    try {
      return await this.#inTurn(request, late.signal, async (answer) => answer.body);
    } catch (error) {
      throw asStoreError(error, request, late.isLate() ? "no answer in time" : undefined);
    } finally {
      late.stop();
    }
  }

  /**
   * A connection was found dead. Others that were idle meanwhile may be dead as well, and each would cost the next
   * request its patience.
   */
  distrustIdle(): void {
    this.#client?.http.closeIdle();
  }

  /** Ends everything that is under way. */
  close(): void {
    this.#closed.abort(new StoreError("unavailable", "the store was closed"));
    this.#client?.http.close();
  }

  /** Sends until the server carries it out, and keeps its place among those under way until the answer was taken. */
  async #inTurn<T>(
    request: ApiRequest,
    signal: AbortSignal,
    take: (answer: HttpAnswer) => Promise<T>,
  ): Promise<T> {
    for (let tries = 1; ; tries++) {
      const leave = await this.#pacer.enter(request.priority ?? "normal", signal);
      try {
        const answer = await this.#send(request, signal);
        if (answer.status >= 200 && answer.status < 300) return await take(answer);
        const failure = apiFailure(answer.status, await readJson(answer.body), nameOf(request));
        if (!this.#mayRepeat(request, answer, tries)) throw failure;
      } catch (error) {
        if (!isStaleConnection(error, request) || tries > 1) throw error;
      } finally {
        leave();
      }
    }
  }

  #mayRepeat(request: ApiRequest, { status, headers }: HttpAnswer, tries: number): boolean {
    if (status === 401) {
      this.#access.credentials.refused();
      return tries === 1;
    }
    const after = Number(headers["retry-after"] ?? (status === 429 ? "1" : ""));
    const isBusy = status === 429 || (status === 503 && headers["retry-after"] !== undefined);
    if (!isBusy) return false;
    const seconds = Number.isFinite(after) && after > 0 ? after : 1;
    this.#pacer.silence(
      Temporal.Duration.from({ seconds: Math.ceil(Math.min(seconds, longestSilenceSeconds)) }),
    );
    return request.priority !== "urgent" && tries < maxTries;
  }

  async #send(request: ApiRequest, signal: AbortSignal): Promise<HttpAnswer> {
    const credential = await this.#access.credentials.current();
    const { method, path, body, contentType = json, accept = json } = request;
    return await this.#clientFor(credential).request(
      {
        method,
        path,
        headers: {
          accept,
          "user-agent": this.#userAgent,
          ...(body === undefined ? {} : { "content-type": contentType }),
          ...(credential.authorization === undefined
            ? {}
            : { authorization: credential.authorization }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      },
      signal,
    );
  }

  /** Connections belong to the certificate they were made with. */
  #clientFor({ identity }: Credential): HttpClient {
    const credential = identity === undefined ? "" : `${identity.certificate}${identity.key}`;
    if (this.#client?.credential !== credential) {
      this.#client?.http.close();
      const address = {
        ...this.#access.server,
        ...(identity === undefined ? {} : { identity }),
      };
      this.#client = { credential, http: this.#http.to(address) };
    }
    return this.#client.http;
  }

  /** The caller's signal, ours, and that of our patience until it is stopped. */
  #limit(signal: AbortSignal | undefined): {
    readonly signal: AbortSignal;
    readonly isLate: () => boolean;
    readonly stop: () => void;
  } {
    const late = new AbortController();
    const stop = this.#clock.after(patience, () => {
      late.abort();
      this.distrustIdle();
    });
    const signals = [late.signal, this.#closed.signal, ...(signal === undefined ? [] : [signal])];
    return { signal: AbortSignal.any(signals), isLate: () => late.signal.aborted, stop };
  }
}

function nameOf({ method, path }: ApiRequest): string {
  return `${method} ${path.replace(/\?.*/, "")}`;
}

/** A kept connection that the server closed at the moment we used it: what only reads may be sent again. */
function isStaleConnection(error: unknown, { method }: ApiRequest): boolean {
  return method === "GET" && error instanceof HttpClientError && error.code === "reset";
}

function asStoreError(error: unknown, request: ApiRequest, late: string | undefined): unknown {
  if (error instanceof StoreError) return error;
  if (!(error instanceof HttpClientError) && late === undefined) return error;
  const reason = late ?? (error instanceof Error ? error.message : String(error));
  return new StoreError("unavailable", `${nameOf(request)}: ${reason}`, { cause: error });
}

async function readJson(body: AsyncIterable<Uint8Array>): Promise<Json> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > maxBodyBytes)
      throw new StoreError("unavailable", "the API server's answer is larger than 128 MiB");
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString("utf8");
  try {
    return JSON.parse(text) as Json;
  } catch {
    // Proxies in front of API servers answer in plain text.
    return { message: text.trim().slice(0, 200) };
  }
}
