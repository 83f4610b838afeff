/** A small AWS STS: gives temporary credentials for a role to whoever has a key or an identity token that it knows. */

import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import type { Clock } from "#runtime/clock.ts";
import { type KnownKey, signatureProblem } from "./aws-signature.ts";

export interface FakeSts extends AsyncDisposable {
  readonly url: string;
  /** What was asked, in order: action, role and session. */
  readonly asked: string[];
  /** Has the next question fail within AWS. */
  readonly failNext: () => void;
}

export interface FakeStsOptions {
  readonly clock: Clock;
  /** Who may assume a role by signing. */
  readonly keys: readonly KnownKey[];
  /** Who may by showing a token. */
  readonly tokens?: readonly string[];
  /** Where credentials that were given can be used: each is added there. */
  readonly given: KnownKey[];
  /** Default one hour. */
  readonly lifetime?: Temporal.Duration;
}

export async function startSts(options: FakeStsOptions): Promise<FakeSts> {
  const asked: string[] = [];
  const state = { failNext: 0 };
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const { status, xml } = answer(options, state, asked, { request, body });
      response.writeHead(status, { "content-type": "text/xml" });
      response.end(xml);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const bound = server.address();
  return {
    url: `http://127.0.0.1:${typeof bound === "object" && bound !== null ? bound.port : 0}`,
    asked,
    failNext: () => {
      state.failNext++;
    },
    [Symbol.asyncDispose]: async () => {
      if (!server.listening) return;
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

interface Question {
  readonly request: IncomingMessage;
  readonly body: string;
}

function answer(
  options: FakeStsOptions,
  state: { failNext: number },
  asked: string[],
  { request, body }: Question,
): { readonly status: number; readonly xml: string } {
  const form = new URLSearchParams(body);
  const action = form.get("Action") ?? "";
  asked.push(`${action} ${form.get("RoleArn")} ${form.get("RoleSessionName")}`);
  if (state.failNext > 0) {
    state.failNext--;
    return failure(500, "InternalFailure");
  }
  if (action === "AssumeRoleWithWebIdentity") {
    const token = form.get("WebIdentityToken") ?? "";
    if (!(options.tokens ?? []).includes(token)) return failure(400, "InvalidIdentityToken");
  } else {
    const problem = signatureProblem(request, body, { service: "sts", keys: options.keys });
    if (problem !== undefined) return failure(403, problem);
  }
  return { status: 200, xml: grant(options, action) };
}

function grant({ clock, given, lifetime }: FakeStsOptions, action: string): string {
  const number = given.length + 1;
  const key: KnownKey = {
    ...{ id: `ASIATEMPORARY${number}`, secret: `temporary secret ${number}` },
    sessionToken: `session ${number}`,
  };
  given.push(key);
  const end = clock.now().add(lifetime ?? { hours: 1 });
  return `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result><Credentials>
    <AccessKeyId>${key.id}</AccessKeyId><SecretAccessKey>${key.secret}</SecretAccessKey>
    <SessionToken>${key.sessionToken}</SessionToken><Expiration>${end.round("second").toString()}</Expiration>
  </Credentials></${action}Result><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></${action}Response>`;
}

function failure(status: number, code: string): { readonly status: number; readonly xml: string } {
  return {
    status,
    xml: `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${code}</Code><Message>no credentials here</Message></Error><RequestId>1</RequestId></ErrorResponse>`,
  };
}
