/** DNS servers that take updates (RFC 2136), signed by a shared key (RFC 8945) where one is given. */

import type { Result } from "#base/result.ts";
import { SecretBytes } from "#base/secret-bytes.ts";
import type { HmacAlgorithm } from "#crypto/hmac.ts";
import type { Rfc2136Provider } from "#kinds/cert-manager/dns01-provider.ts";
import type { DnsServerAddress } from "#runtime/network/dns-transport.ts";
import { DnsError } from "../../dns/dns-client.ts";
import { decodeAnswer, encodeUpdate, rcodes, type Update } from "../../dns/message.ts";
import { parseNameserver } from "../../dns/nameserver.ts";
import { signMessage, type TsigKey, verifyAnswer } from "../../dns/tsig.ts";
import {
  type ChallengeRecord,
  type DnsProvider,
  DnsProviderError,
  type DnsProviderErrorCode,
  type ProviderContext,
  type RecordOutcome,
} from "../dns-provider.ts";

const ttl = 60;

export const rfc2136: DnsProvider = {
  name: "rfc2136",
  open: ({ rfc2136: config }, context) => {
    if (config === undefined) return undefined;
    return {
      present: (record, signal) => update(context, config, { record, action: "add" }, signal),
      cleanUp: (record, signal) => update(context, config, { record, action: "remove" }, signal),
    };
  },
};

interface Wish {
  readonly action: Update["action"];
  readonly record: ChallengeRecord;
}

/** To the first of the server's addresses that answers at all. */
async function update(
  context: ProviderContext,
  config: Rfc2136Provider,
  wish: Wish,
  signal: AbortSignal,
): Promise<RecordOutcome> {
  const { name, value } = wish.record;
  const key = await keyOf(context, config);
  const zone = await context.zoneOf(name, signal);
  const id = context.dns.newId();
  const message = usable(encodeUpdate({ id, zone, name, value, ttl, action: wish.action }));
  const { host, port } = usable(parseNameserver(config.nameserver));
  const addresses = await context.outbound.addressesOf(host);
  const over = config.protocol === "TCP" ? "tcp" : "udp";
  let unanswered: DnsError | undefined;
  for (const address of addresses) {
    try {
      await send(context, { address, port, over }, { message, key }, signal);
      return { kind: "done" };
    } catch (error) {
      if (!(error instanceof DnsError)) throw error;
      unanswered = error;
    }
  }
  const said = unanswered?.message ?? "the server has no address";
  throw new DnsProviderError("outage", said, { cause: unanswered });
}

interface Sent {
  readonly message: Uint8Array;
  readonly key: TsigKey | undefined;
}

async function send(
  { dns, clock }: ProviderContext,
  server: DnsServerAddress & { readonly over: "udp" | "tcp" },
  { message, key }: Sent,
  signal: AbortSignal,
): Promise<void> {
  if (key === undefined) {
    judge(await dns.send(server, message, signal));
    return;
  }
  const signed = usable(signMessage(message, key, clock.now()));
  const answer = await dns.send(server, signed.message, signal);
  const verdict = verifyAnswer(answer, { key, mac: signed.mac });
  if (!verdict.ok) {
    // Who does not know the key cannot sign, but says that he refuses: that is about the key, not about the zone.
    if (usable(decodeAnswer(answer), "outage").rcode !== rcodes.notAuthorized) judge(answer);
    throw new DnsProviderError("denied", verdict.error);
  }
  judge(answer);
}

const failures: Readonly<Record<number, readonly [DnsProviderErrorCode, string]>> = {
  [rcodes.serverFailure]: ["outage", "the server failed"],
  [rcodes.notImplemented]: ["refused", "the server takes no updates"],
  [rcodes.refused]: ["denied", "the server refuses the update: allow the key to change the zone"],
  [rcodes.notAuthorized]: ["no-zone", "the server is not in charge of the zone"],
  [rcodes.notInZone]: ["no-zone", "the server says that the name is not in the zone"],
};

/** Throws unless the server says that it did it. */
function judge(answer: Uint8Array): void {
  const { rcode } = usable(decodeAnswer(answer), "outage");
  if (rcode === rcodes.noError) return;
  const [code, said] = failures[rcode] ?? ["refused", `the server answers with code ${rcode}`];
  throw new DnsProviderError(code, said);
}

const algorithms: Readonly<Record<string, HmacAlgorithm>> = {
  HMACMD5: "md5",
  HMACSHA1: "sha1",
  HMACSHA256: "sha256",
  HMACSHA512: "sha512",
};

async function keyOf(
  context: ProviderContext,
  { tsigKeyName: name = "", tsigSecretSecretRef, tsigAlgorithm = "" }: Rfc2136Provider,
): Promise<TsigKey | undefined> {
  if (name === "" || tsigSecretSecretRef === undefined) return undefined;
  const secret = await context.secretOf(tsigSecretSecretRef);
  const text = Buffer.from(secret.reveal()).toString("latin1").trim();
  if (text === "" || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) {
    const message = `the value in Secret ${tsigSecretSecretRef.name} is no key in base64`;
    throw new DnsProviderError("credentials", message);
  }
  const algorithm = algorithms[tsigAlgorithm.toUpperCase()] ?? "md5";
  return { name, algorithm, secret: new SecretBytes(Buffer.from(text, "base64")) };
}

function usable<T>(result: Result<T, string>, otherwise: DnsProviderErrorCode = "refused"): T {
  if (!result.ok) throw new DnsProviderError(otherwise, result.error);
  return result.value;
}
