/** Our client of ACME servers, set up against a Pebble, and what answers its challenges over HTTP. */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createOutboundTransport } from "#certificates/acme/client/outbound-transport.ts";
import { AcmeSession } from "#certificates/acme/client/session.ts";
import { createOutboundDoor } from "#certificates/outbound/real-outbound-door.ts";
import { createHttpClients } from "#runtime/http/real-http-client.ts";
import { createNameLookup } from "#runtime/network/real-name-lookup.ts";
import { createClock } from "#runtime/real-clock.ts";
import { openssl } from "#test/fakes/certificates/openssl.ts";
import type { Pebble } from "./pebble.ts";

export interface ConnectedSession extends Disposable {
  readonly session: AcmeSession;
}

/** A session through the outbound door, which lets us reach this machine. */
export function connectTo({
  directory,
  authority,
}: Pick<Pebble, "directory" | "authority">): ConnectedSession {
  const clock = createClock();
  const door = createOutboundDoor({
    clock,
    clients: createHttpClients(),
    names: createNameLookup(),
    rules: { allowed: ["127.0.0.0/8", "::1"], apiServers: () => [] },
  });
  const transport = createOutboundTransport(door, { authorities: authority });
  return {
    session: new AcmeSession({ clock, transport, userAgent: "sekisho-test" }, directory),
    [Symbol.dispose]: () => door.close(),
  };
}

export interface AnsweringServer extends AsyncDisposable {
  readonly port: number;
  /** Path → what is found there. */
  readonly answers: Map<string, string>;
}

/** What answers challenges; a path that it does not know is 404. */
export async function startAnswers(): Promise<AnsweringServer> {
  const answers = new Map<string, string>();
  const server = createServer((request, response) => {
    const answer = answers.get(request.url ?? "");
    response.writeHead(answer === undefined ? 404 : 200).end(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    answers,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A request for names by a fresh key, in DER, made by OpenSSL. */
export function requestFor(...names: readonly [string, ...string[]]): Uint8Array {
  const listed = names.map((name) => (/^[\d.]+$/.test(name) ? `IP:${name}` : `DNS:${name}`));
  const pem = openssl([
    ...["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"],
    ...["-keyout", "/dev/null", "-subj", "/", "-addext", `subjectAltName=${listed.join(",")}`],
  ]);
  const [, body = ""] = /BEGIN CERTIFICATE REQUEST-----([^-]*)-----END/.exec(pem) ?? [];
  return Buffer.from(body, "base64");
}
