/** An OpenID Connect provider at which everybody is somebody: it gives codes, and tokens for them (Core 1.0 §3.1). */

import { createHash, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { generateJwk, signToken } from "./signed-token.ts";

export interface IdentityProvider extends AsyncDisposable {
  /** `127.0.0.1:PORT`. */
  readonly address: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** A user signs in, sent here by this URL; the path with query by which he comes back. */
  readonly signIn: (location: string) => string;
  /** What is in the next tokens besides, or instead. */
  claims: Readonly<Record<string, unknown>>;
  /** Whether it answers at all. */
  isUp: boolean;
}

interface Given {
  readonly nonce: string;
  readonly redirect: string;
  readonly challenge: string | undefined;
}

export async function startIdentityProvider(): Promise<IdentityProvider> {
  const key = generateJwk("RS256");
  const codes = new Map<string, Given>();
  const [clientId, clientSecret] = ["shop", "the secret of the shop"];
  const tokensFor = (form: URLSearchParams): object | undefined => {
    const given = codes.get(form.get("code") ?? "");
    const verifier = form.get("code_verifier");
    const isProved =
      given?.challenge === undefined ||
      createHash("sha256")
        .update(verifier ?? "")
        .digest("base64url") === given.challenge;
    const isRight =
      given?.redirect === form.get("redirect_uri") && form.get("client_secret") === clientSecret;
    if (given === undefined || !isProved || !isRight) return undefined;
    // A code is good once.
    codes.delete(form.get("code") ?? "");
    const now = Math.floor(Temporal.Now.instant().epochMilliseconds / 1000);
    const claims = { sub: "alice", aud: clientId, nonce: given.nonce, iat: now, exp: now + 300 };
    return {
      id_token: signToken(key, { ...claims, ...provider.claims }),
      access_token: "an access token",
    };
  };
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const said =
        request.url === "/certs" ? { keys: [key.published] } : tokensFor(new URLSearchParams(body));
      response.statusCode = !provider.isUp ? 503 : said === undefined ? 400 : 200;
      response.end(JSON.stringify(said ?? {}));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const bound = server.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : 0;
  const provider: IdentityProvider = {
    ...{ address: `127.0.0.1:${port}`, clientId, clientSecret, claims: {}, isUp: true },
    signIn: (location) => {
      const asked = new URL(location).searchParams;
      const code = randomUUID();
      codes.set(code, {
        nonce: asked.get("nonce") ?? "",
        redirect: asked.get("redirect_uri") ?? "",
        challenge: asked.get("code_challenge") ?? undefined,
      });
      const back = new URL(asked.get("redirect_uri") ?? "");
      return `${back.pathname}?${new URLSearchParams({ code, state: asked.get("state") ?? "" })}`;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return provider;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) body += String(chunk);
  return body;
}
