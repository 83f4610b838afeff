/** A small ACME server (RFC 8555) behind a door that leads nowhere else: it checks signatures and nonces, and believes every challenge. */

import { createPublicKey, type JsonWebKeyInput, type KeyObject, verify } from "node:crypto";
import type { JsonObject } from "#base/json.ts";
import type {
  OutboundAnswer,
  OutboundDoor,
  OutboundRequest,
} from "#certificates/outbound/outbound-door.ts";
import { generateSigningKey } from "#crypto/keys/signing-key.ts";
import { formatPem } from "#crypto/pem.ts";
import { issueCertificate, issueSelfSigned } from "#crypto/x509/certificate.ts";
import { keyOfRequest, parseSigningRequest } from "#crypto/x509/signing-request.ts";
import type { Clock } from "#runtime/clock.ts";

const origin = "https://acme.test";

interface FakeOrder {
  readonly names: readonly string[];
  status: string;
  certificate: string | undefined;
}

/** `hoursOf`: how long certificates for these names are good. Default: all end 90 days after the start. */
export type HoursOf = (names: readonly string[]) => number;

export interface FakeAcmeServer {
  readonly directory: string;
  readonly door: OutboundDoor;
  /** `POST /new-order` */
  readonly heard: readonly string[];
  /** So many good nonces are refused next. */
  refuseNonces: number;
  /** Ahead of its clock. */
  lead: Temporal.Duration;
  /** Has an account for a key, as if it had been asked for one; its URL. */
  readonly enrol: (key: KeyObject) => string;
  /** Has an order, as if it had been placed; its authorization and its challenge have the same number. */
  readonly place: (names: readonly string[]) => number;
  /** Whether it says when it wants certificates renewed; it does not, in the beginning. */
  knowsSuccessors: boolean;
  /** Answers in its place, also to what was sent; undefined: it answers itself. */
  instead: (path: string, sent: JsonObject) => Partial<Spoken> | undefined;
}

interface Spoken {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | JsonObject;
}

/** Starts without accounts. */
export function createAcmeServer(clock: Clock, hoursOf?: HoursOf): FakeAcmeServer {
  const heard: string[] = [];
  const nonces = new Set<string>();
  const keys = new Map<string, KeyObject>();
  const orders: FakeOrder[] = [];
  const rootKey = generateSigningKey();
  const times = {
    notBefore: clock.now().subtract({ hours: 1 }),
    notAfter: clock.now().add({ hours: 24 * 90 }),
  };
  const root = issueSelfSigned({
    ...{
      ...times,
      notAfter: clock.now().add({ hours: 24 * 3650 }),
      subject: { commonName: "fake root" },
      key: rootKey,
    },
    extensions: { authority: {}, keyUsage: ["keyCertSign"] },
  });
  let counter = 0;

  const enrol = (key: KeyObject): string => {
    const url = `${origin}/account/${keys.size}`;
    keys.set(url, createPublicKey(key));
    return url;
  };
  const place = (names: readonly string[]): number =>
    orders.push({ names, status: "pending", certificate: undefined }) - 1;

  const server: FakeAcmeServer = {
    directory: `${origin}/directory`,
    ...{ heard, enrol, place },
    refuseNonces: 0,
    lead: Temporal.Duration.from({ seconds: 0 }),
    knowsSuccessors: false,
    instead: () => undefined,
    door: {
      close: () => undefined,
      addressesOf: () => Promise.resolve(["192.0.2.1"]),
      request: async (request) => answerTo(request),
    },
  };

  const answerTo = (request: OutboundRequest): OutboundAnswer => {
    const { pathname } = new URL(request.url);
    heard.push(`${request.method} ${pathname}`);
    const own = server.instead(pathname, sentIn(request)) ?? {};
    const { status, headers, body } =
      own.status === undefined
        ? { ...act(request), ...own }
        : { body: "", headers: {}, ...own, status: own.status };
    const nonce = `nonce-${counter++}`;
    nonces.add(nonce);
    const date = new Date(clock.now().subtract(server.lead).epochMilliseconds).toUTCString();
    const text = typeof body === "string" ? body : JSON.stringify(body);
    return {
      status,
      headers: { date, "replay-nonce": nonce, ...headers },
      body: Buffer.from(text),
    };
  };

  const act = (request: OutboundRequest): Spoken => {
    const path = new URL(request.url).pathname;
    if (path === "/directory") return good(directory(server.knowsSuccessors));
    if (request.method !== "POST") return good("");
    const { header, payload, problem } = opened(request);
    if (problem !== undefined) return problem;
    const [, noun = "", id = ""] = path.split("/");
    const order = orders[Number(id)];
    switch (noun) {
      case "new-account":
        return register(header, payload);
      case "new-order": {
        const names = (payload["identifiers"] as { value: string }[]).map(({ value }) => value);
        const placed = place(names);
        return { ...good(shown(placed)), headers: { location: `${origin}/order/${placed}` } };
      }
      case "order":
        return good(shown(Number(id)));
      case "authorization":
        return good(authorization(Number(id), order));
      case "challenge":
        if (order !== undefined && order.status === "pending") order.status = "ready";
        return good({});
      case "finalize":
        if (order !== undefined) finish(order, payload);
        return good(shown(Number(id)));
      case "certificate":
        return good(order?.certificate ?? "");
      default:
        return refused(404, "malformed");
    }
  };

  const opened = (
    request: OutboundRequest,
  ): { header: JsonObject; payload: JsonObject; problem?: Spoken } => {
    const jws = JSON.parse(request.body ?? "") as Jws;
    const header = JSON.parse(Buffer.from(jws.protected, "base64url").toString()) as JsonObject;
    const payload = payloadOf(jws);
    const isKnown = nonces.delete(String(header["nonce"]));
    if (!isKnown || server.refuseNonces-- > 0)
      return { header, payload, problem: refused(400, "badNonce") };
    server.refuseNonces = Math.max(0, server.refuseNonces);
    const key = keyOf(header);
    const signed = Buffer.from(`${jws.protected}.${jws.payload}`);
    const signature = Buffer.from(jws.signature, "base64url");
    const holds =
      key !== undefined &&
      header["url"] === request.url &&
      verify("sha256", signed, { key, dsaEncoding: "ieee-p1363" }, signature);
    return holds ? { header, payload } : { header, payload, problem: refused(403, "unauthorized") };
  };

  const keyOf = ({ jwk, kid }: JsonObject): KeyObject | undefined =>
    jwk === undefined
      ? keys.get(String(kid))
      : createPublicKey({ key: jwk as JsonWebKeyInput["key"], format: "jwk" });

  const register = ({ jwk }: JsonObject, payload: JsonObject): Spoken => {
    const key = createPublicKey({ key: jwk as JsonWebKeyInput["key"], format: "jwk" });
    const known = [...keys].find(([, one]) => one.equals(key))?.[0];
    if (known === undefined && payload["onlyReturnExisting"] === true)
      return refused(400, "accountDoesNotExist");
    const location = known ?? `${origin}/account/${keys.size}`;
    keys.set(location, key);
    const contact = payload["contact"] ?? [];
    return { ...good({ status: "valid", contact }), headers: { location } };
  };

  const shown = (id: number): JsonObject => {
    const { status = "invalid", certificate } = orders[id] ?? {};
    return {
      status,
      authorizations: [`${origin}/authorization/${id}`],
      finalize: `${origin}/finalize/${id}`,
      ...(certificate === undefined ? {} : { certificate: `${origin}/certificate/${id}` }),
    };
  };

  const authorization = (id: number, order: FakeOrder | undefined): JsonObject => ({
    status: order?.status === "pending" ? "pending" : "valid",
    identifier: { type: "dns", value: order?.names[0] ?? "" },
    challenges: [
      { type: "http-01", url: `${origin}/challenge/${id}` },
      { type: "dns-01", url: `${origin}/challenge/${id}/dns-01` },
    ].map((one) => ({
      ...{ ...one, token: `token-${id}` },
      status: order?.status === "pending" ? "pending" : "valid",
    })),
  });

  /** By its own clock. */
  const timesFor = (names: readonly string[]): typeof times => {
    if (hoursOf === undefined) return times;
    const notBefore = clock.now().subtract(server.lead).subtract({ hours: 1 });
    return { notBefore, notAfter: notBefore.add({ hours: hoursOf(names) }) };
  };

  const finish = (order: FakeOrder, payload: JsonObject): void => {
    const der = Buffer.from(String(payload["csr"]), "base64url");
    const request = parseSigningRequest(Buffer.from(formatPem("CERTIFICATE REQUEST", der)));
    if (!request.ok) throw new Error(request.error);
    const leaf = issueCertificate(
      {
        ...{ ...timesFor(order.names), subject: {}, key: keyOfRequest(request.value) },
        extensions: {
          keyUsage: ["digitalSignature"],
          alternativeNames: order.names.map((name) => ({ kind: "dns", name })),
        },
      },
      { certificate: root, key: rootKey },
    );
    order.certificate = formatPem("CERTIFICATE", leaf) + formatPem("CERTIFICATE", root);
    order.status = "valid";
  };

  return server;
}

type Jws = Readonly<Record<"protected" | "payload" | "signature", string>>;

/** Nothing, for a request that says nothing. */
function sentIn({ body }: OutboundRequest): JsonObject {
  return body === undefined ? {} : payloadOf(JSON.parse(body) as Jws);
}

function payloadOf({ payload }: Jws): JsonObject {
  const text = Buffer.from(payload, "base64url").toString();
  return text === "" ? {} : JSON.parse(text);
}

function directory(knowsSuccessors: boolean): JsonObject {
  const always = ["new-nonce", "new-account", "new-order", "revoke-cert", "key-change"];
  const places = knowsSuccessors ? [...always, "renewal-info"] : always;
  const camel = (name: string): string =>
    name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  return Object.fromEntries(places.map((place) => [camel(place), `${origin}/${place}`]));
}

function good(body: Spoken["body"]): Spoken {
  return { status: 200, headers: {}, body };
}

function refused(status: number, type: string): Spoken {
  return {
    status,
    headers: {},
    body: { type: `urn:ietf:params:acme:error:${type}`, detail: type },
  };
}
