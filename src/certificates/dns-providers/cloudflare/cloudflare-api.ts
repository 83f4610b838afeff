/** Requests to Cloudflare, and what their answers mean. */

import { isJsonObject, type Json, type JsonObject } from "#base/json.ts";
import { foreignText } from "../../outbound/foreign-text.ts";
import {
  DnsProviderError,
  type DnsProviderErrorCode,
  type ProviderContext,
} from "../dns-provider.ts";
import { objectIn } from "../json-answer.ts";
import { retryAfterOf } from "../retry-after.ts";

const defaultBase = "https://api.cloudflare.com/client/v4";
const perPage = 100;
/** More than a name has values. */
const mostPages = 20;

/** What it says when a record is there already, or is not there any more. */
const alreadyThere: ReadonlySet<number> = new Set([81_057, 81_058]);
const notThere: ReadonlySet<number> = new Set([81_044]);

export class CloudflareApi {
  readonly #context: ProviderContext;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #signal: AbortSignal;

  constructor(
    context: ProviderContext,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ) {
    this.#context = context;
    this.#headers = headers;
    this.#signal = signal;
  }

  /** All pages of a list. Throws DnsProviderError, OutboundError. */
  async list(path: string): Promise<readonly JsonObject[]> {
    const all: JsonObject[] = [];
    const separator = path.includes("?") ? "&" : "?";
    for (let page = 1; page <= mostPages; page++) {
      const query = `${separator}per_page=${perPage}&page=${page}`;
      const { body } = await this.#ask("GET", `${path}${query}`);
      const items = Array.isArray(body["result"]) ? (body["result"] as readonly Json[]) : [];
      all.push(...items.filter(isJsonObject).map((item) => item as JsonObject));
      if (items.length < perPage) return all;
    }
    return all;
  }

  /** Creates what may be there already. */
  async create(path: string, body: JsonObject): Promise<void> {
    await this.#ask("POST", path, { body, fine: alreadyThere });
  }

  /** Removes what may be gone already. */
  async remove(path: string): Promise<void> {
    await this.#ask("DELETE", path, { fine: notThere });
  }

  async #ask(
    method: "GET" | "POST" | "DELETE",
    path: string,
    {
      body,
      fine = new Set(),
    }: { readonly body?: JsonObject; readonly fine?: ReadonlySet<number> } = {},
  ): Promise<{ readonly body: JsonObject }> {
    const base = (this.#context.variables["CLOUDFLARE_BASE_URL"] ?? defaultBase).replace(/\/$/, "");
    const answer = await this.#context.outbound.request(
      {
        ...{ method, url: `${base}${path}` },
        headers: {
          ...this.#headers,
          accept: "application/json",
          "content-type": "application/json",
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      },
      this.#signal,
    );
    const envelope = objectIn(answer.body);
    if (answer.status < 300 && envelope["success"] === true) return { body: envelope };
    const errors = errorsOf(envelope);
    if (errors.some(({ code }) => fine.has(code))) return { body: envelope };
    if (method === "DELETE" && answer.status === 404) return { body: envelope };
    const said = errors.map(({ code, message }) => `${message} (${code})`).join("; ");
    const told = said === "" ? `status ${answer.status}` : foreignText(said);
    throw new DnsProviderError(codeOf(answer.status, errors), `Cloudflare: ${told}`, {
      ...retryAfterOf(answer.headers),
    });
  }
}

/** Requests that it could not make sense of as to who asks. */
const strangers: ReadonlySet<number> = new Set([6003, 6102, 6103, 6111, 9103, 9106, 9109, 10_000]);

function codeOf(status: number, errors: readonly ApiFault[]): DnsProviderErrorCode {
  if (status === 429) return "limited";
  if (status >= 500) return "outage";
  const isStranger = errors.some(({ code }) => strangers.has(code));
  if (status === 401 || status === 403 || isStranger) return "denied";
  return status >= 400 ? "refused" : "outage";
}

interface ApiFault {
  readonly code: number;
  readonly message: string;
}

function errorsOf(envelope: JsonObject): readonly ApiFault[] {
  const errors = Array.isArray(envelope["errors"]) ? (envelope["errors"] as readonly Json[]) : [];
  return errors.slice(0, 5).flatMap((error) => {
    if (!isJsonObject(error)) return [];
    const { code, message } = error as JsonObject;
    return [
      {
        code: typeof code === "number" ? code : 0,
        message: typeof message === "string" ? message : "",
      },
    ];
  });
}
