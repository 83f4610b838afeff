import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createClock } from "#runtime/real-clock.ts";
import { startSts } from "#test/fakes/aws-sts.ts";
import { setAwsVariables } from "#test/fakes/aws-variables.ts";
import { loopbackDoor } from "#test/fakes/runtime/loopback-door.ts";
import { type AwsCredentials, createCredentials } from "./credentials.ts";

const role = "arn:aws:iam::123456789012:role/gate";
const clock = createClock();

/** What the SDK finds for a process with just these variables of AWS. */
async function find(
  context: TestContext,
  variables: Readonly<Record<string, string>>,
): Promise<AwsCredentials> {
  setAwsVariables(context, variables);
  const deps = { clock, outbound: loopbackDoor(context), variables };
  return await createCredentials(deps, { identity: { kind: "process" }, region: "eu-central-1" })();
}

function writeToken(context: TestContext, text: string): string {
  const directory = mkdtempSync(join(tmpdir(), "sekisho-token-"));
  context.after(() => rmSync(directory, { recursive: true }));
  const path = join(directory, "token");
  writeFileSync(path, text);
  return path;
}

test("variables with an access key are found", async (context) => {
  const given = await find(context, {
    ...{ AWS_ACCESS_KEY_ID: "AKIA1", AWS_SECRET_ACCESS_KEY: "s", AWS_SESSION_TOKEN: "t" },
  });
  assert.deepEqual(given, { accessKeyId: "AKIA1", secretAccessKey: "s", sessionToken: "t" });
});

test("the role of a ServiceAccount is found, as EKS tells it to pods", async (context) => {
  const sts = await startSts({ clock, keys: [], tokens: ["projected"], given: [] });
  context.after(() => sts[Symbol.asyncDispose]());
  const given = await find(context, {
    AWS_ROLE_ARN: role,
    AWS_WEB_IDENTITY_TOKEN_FILE: writeToken(context, "projected"),
    AWS_ENDPOINT_URL_STS: sts.url,
  });
  assert.equal(given.sessionToken, "session 1");
  assert.match(sts.asked.join(), new RegExp(`^AssumeRoleWithWebIdentity ${role} `));
});

test("EKS Pod Identity is found, by the token that the pod has for it", async (context) => {
  const server = createServer((request, response) => {
    const isRight = request.headers.authorization === "of the pod";
    response.writeHead(isRight ? 200 : 401, { "content-type": "application/json" });
    const Expiration = clock.now().add({ hours: 1 }).round("second").toString();
    response.end(
      JSON.stringify({ AccessKeyId: "ASIAPOD", SecretAccessKey: "s", Token: "t", Expiration }),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const given = await find(context, {
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${port}/v1/credentials`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: writeToken(context, "of the pod"),
  });
  assert.deepEqual([given.accessKeyId, given.sessionToken], ["ASIAPOD", "t"]);
});

test("where nothing is found, what was looked for is said", async (context) => {
  const none = { AWS_CONFIG_FILE: "/nowhere", AWS_SHARED_CREDENTIALS_FILE: "/nowhere" };
  await assert.rejects(find(context, none), /^AwsError: no credentials of AWS are found: /);
});
