import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { SecretBytes } from "#base/secret-bytes.ts";
import { createClock } from "#runtime/real-clock.ts";
import { type FakeSts, type FakeStsOptions, startSts } from "#test/fakes/aws-sts.ts";
import { loopbackDoor } from "#test/fakes/runtime/loopback-door.ts";
import { createManualClock } from "#test/fakes/runtime/manual-clock.ts";
import { AwsError, type AwsErrorCode } from "./aws-error.ts";
import { type AwsIdentity, type CredentialProvider, createCredentials } from "./credentials.ts";

const key = { id: "AKIATEST", secret: "the secret" };
const accessKey: AwsIdentity = {
  ...{ kind: "access-key", id: key.id, secret: new SecretBytes(Buffer.from(`${key.secret}\n`)) },
};
const role = "arn:aws:iam::123456789012:role/issuer";

interface Scene {
  readonly sts: FakeSts;
  readonly credentials: (identity: AwsIdentity, role?: string) => CredentialProvider;
  readonly clock: ReturnType<typeof createManualClock>;
}

async function begin(context: TestContext, options: Partial<FakeStsOptions> = {}): Promise<Scene> {
  const clock = createManualClock(createClock().now());
  const sts = await startSts({ clock, keys: [key], given: [], ...options });
  context.after(() => sts[Symbol.asyncDispose]());
  const outbound = loopbackDoor(context);
  const deps = { clock, outbound, variables: { AWS_ENDPOINT_URL_STS: sts.url } };
  return {
    ...{ sts, clock },
    credentials: (identity, assumed) =>
      createCredentials(deps, {
        ...{ identity, region: "eu-central-1" },
        ...(assumed === undefined ? {} : { role: assumed }),
      }),
  };
}

async function failsWith(code: AwsErrorCode, asked: Promise<unknown>): Promise<string> {
  let message = "";
  await assert.rejects(asked, (error) => {
    assert.ok(error instanceof AwsError, String(error));
    message = error.message;
    return error.code === code;
  });
  return message;
}

test("an access key is used as it is", async (context) => {
  const { sts, credentials } = await begin(context);
  const given = await credentials(accessKey)();
  assert.deepEqual(given, { accessKeyId: key.id, secretAccessKey: key.secret });
  assert.deepEqual(sts.asked, []);
});

test("a role is assumed by a signed question, and once while its credentials last", async (context) => {
  const { sts, credentials, clock } = await begin(context);
  const get = credentials(accessKey, role);
  const [first, second] = await Promise.all([get(), get()]);
  assert.equal(first.sessionToken, "session 1");
  assert.equal(second, first);
  await clock.advance({ minutes: 54 });
  assert.equal(await get(), first);
  assert.deepEqual(sts.asked, [`AssumeRole ${role} sekisho`]);
});

test("credentials are asked for anew five minutes before their end", async (context) => {
  const { credentials, clock } = await begin(context);
  const get = credentials(accessKey, role);
  await get();
  await clock.advance({ minutes: 56 });
  assert.equal((await get()).sessionToken, "session 2");
});

test("an identity token is shown for a role, which may assume another", async (context) => {
  const { sts, credentials } = await begin(context, { tokens: ["a token"] });
  const token = (): Promise<SecretBytes> =>
    Promise.resolve(new SecretBytes(Buffer.from("a token")));
  const given = await credentials({ kind: "token", role, token })();
  assert.equal(given.accessKeyId, "ASIATEMPORARY1");
  assert.deepEqual(sts.asked, [`AssumeRoleWithWebIdentity ${role} sekisho`]);
});

test("who is not let in hears why, and whoever is at fault", async (context) => {
  const { sts, credentials } = await begin(context);
  const wrong = { ...accessKey, secret: new SecretBytes(Buffer.from("another")) };
  assert.match(
    await failsWith("denied", credentials(wrong, role)()),
    /^InvalidSignatureException: no credentials here$/,
  );
  const token = (): Promise<SecretBytes> => Promise.resolve(new SecretBytes(Buffer.from("x")));
  await failsWith("denied", credentials({ kind: "token", role, token })());
  sts.failNext();
  const get = credentials(accessKey, role);
  await failsWith("unanswered", get());
  assert.equal((await get()).sessionToken, "session 1");
});

test("a service that cannot be reached was sent nothing", async (context) => {
  const { sts, credentials } = await begin(context);
  await sts[Symbol.asyncDispose]();
  await failsWith("unreached", credentials(accessKey, role)());
});
