import { describe, test } from "node:test";
import { noOpenssl } from "#test/fakes/certificates/openssl.ts";
import { conforms, type UnsupportedRows } from "#test/issuers/conformance.ts";
import { skipWithoutGo } from "#test/lab/build/requirements.ts";
import { openIssuingStage } from "./issuing-stage.ts";

const skip = (await skipWithoutGo()) || noOpenssl;

const noIdentifier = {
  outcome: "refused",
  why: "an ACME server proves DNS names and IP addresses, and nothing else is an identifier",
} as const;
const otherCommonName = {
  outcome: "refused",
  why: "a common name must be one of the names that are proved",
} as const;

const addressOfNobody = {
  outcome: "refused",
  why: "Pebble asks at the address itself, and at this one nobody of ours answers",
} as const;
const noEd25519 = {
  outcome: "refused",
  why: "public authorities, and Pebble as they do, take RSA and ECDSA keys",
} as const;
const bareSubject = {
  outcome: "left out",
  why: "of a subject Pebble, as Let's Encrypt's newer profiles, signs nothing",
} as const;
const ownUsages = {
  outcome: "left out",
  why: "which usages it signs the server decides",
} as const;

const unsupported: UnsupportedRows = {
  "an authority": otherCommonName,
  "an ECDSA key and a common name": bareSubject,
  "an Ed25519 key": noEd25519,
  "an Ed25519 key and a common name": noEd25519,
  "a common name alone": otherCommonName,
  "a literal subject": bareSubject,
  "an address of IPv6": addressOfNobody,
  "a common name and an IP address": otherCommonName,
  "an e-mail address": noIdentifier,
  "a name of another type and an e-mail address": noIdentifier,
  "a common name and a URI": otherCommonName,
  "a URI alone": noIdentifier,
  "two DNS names, one of them the common name": bareSubject,
  "a DNS name and another common name": otherCommonName,
  "usages of its own": ownUsages,
  "usages of a server and a client": ownUsages,
};

describe("cert-manager's conformance suite over a real Pebble", { skip }, () => {
  test("an issuer of ACME signs what cert-manager asks of every issuer", async (context) => {
    await using opened = await openIssuingStage();
    await conforms(context, opened, unsupported);
  });
});
