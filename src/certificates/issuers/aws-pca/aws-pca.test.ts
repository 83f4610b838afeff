import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { test } from "node:test";
import { createClock } from "#runtime/real-clock.ts";
import { beginScene, issued, type SceneOptions } from "#test/fakes/aws-pca/scene.ts";
import { noOpenssl, openssl } from "#test/fakes/certificates/openssl.ts";

const skip = noOpenssl;

function subjects(pem: string): readonly string[] {
  return (pem.match(/-----BEGIN[\s\S]+?-----END CERTIFICATE-----/g) ?? []).map(
    (block) => new X509Certificate(block).subject,
  );
}

test("an issuer is ready when AWS says that its authority is active", { skip }, async (context) => {
  const scene = await beginScene(context);
  assert.deepEqual(await scene.verify(), {
    isReady: true,
    reason: "Verified",
    message: "Issuer verified",
    status: {
      certificateAuthority: {
        status: "ACTIVE",
        signingAlgorithm: "SHA256WITHECDSA",
        notAfter: scene.clock
          .now()
          .add({ hours: 87_600 })
          .round({ smallestUnit: "second", roundingMode: "floor" })
          .toString(),
      },
    },
    lookAgain: Temporal.Duration.from({ minutes: 10 }),
  });
  scene.ca.turn("DISABLED");
  const disabled = await scene.verify();
  assert.deepEqual(
    [disabled.isReady, disabled.reason, disabled.message],
    [false, "Error", "the certificate authority is DISABLED in AWS; it signs when it is ACTIVE"],
  );
});

const refusedIssuers: Readonly<Record<string, readonly [SceneOptions, RegExp, string]>> = {
  "an authority that AWS does not know": [
    { spec: { arn: "arn:aws:acm-pca:us-east-1:123456789012:certificate-authority/none" } },
    /^ResourceNotFoundException: Could not find/,
    "Error",
  ],
  "an access key that AWS does not know": [
    { secret: { AWS_ACCESS_KEY_ID: "AKIAOTHER", AWS_SECRET_ACCESS_KEY: "x" } },
    /^UnrecognizedClientException/,
    "Error",
  ],
  "a Secret without the key": [
    { secret: { AWS_ACCESS_KEY_ID: "AKIATEST" } },
    /^Secret default\/aws is not there or has no AWS_SECRET_ACCESS_KEY$/,
    "Validation",
  ],
  "a Secret of another namespace": [
    { spec: { secretRef: { name: "aws", namespace: "kube-system" } } },
    /namespace kube-system: an AWSPCAIssuer reads those of its own namespace only$/,
    "Validation",
  ],
  "no Secret, where the process' own credentials are not for it": [
    { spec: { secretRef: {} } },
    /^an AWSPCAIssuer may not use what this process is let into AWS by/,
    "Validation",
  ],
  "no ARN": [
    { spec: { arn: "here" } },
    /^spec\.arn must be the ARN of a certificate auth/,
    "Validation",
  ],
};

for (const [what, [options, message, reason]] of Object.entries(refusedIssuers)) {
  test(`an issuer with ${what} is not ready, and says why`, { skip }, async (context) => {
    const scene = await beginScene(context, options);
    const verdict = await scene.verify();
    assert.match(verdict.message, message);
    assert.deepEqual([verdict.isReady, verdict.reason], [false, reason]);
  });
}

test("an issuer that was ready stays so while AWS does not answer", { skip }, async (context) => {
  const scene = await beginScene(context);
  const condition = {
    type: "Ready",
    status: "True",
    reason: "Verified",
    message: "Issuer verified",
  };
  scene.ca.refuseNext(
    "DescribeCertificateAuthority",
    { type: "ThrottlingException" },
    { type: "" },
  );
  assert.equal((await scene.verify()).isReady, false);
  const status = { conditions: [{ ...condition, observedGeneration: 1 }] };
  assert.equal((await scene.verify(status)).isReady, true);
});

test("a request is signed by one order, with the key of the request and its names", {
  skip,
}, async (context) => {
  const scene = await beginScene(context);
  const { certificate, authority } = await issued(scene);
  assert.deepEqual(subjects(certificate), ["CN=app.example.com"]);
  assert.equal(authority.trim(), scene.ca.root);
  const leaf = new X509Certificate(certificate);
  assert.equal(leaf.subjectAltName, "DNS:app.example.com");
  assert.equal(leaf.verify(new X509Certificate(authority).publicKey), true);
  assert.deepEqual(leaf.keyUsage, ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]);
  assert.deepEqual(
    scene.ca.calls.map(({ operation }) => operation),
    ["DescribeCertificateAuthority", "IssueCertificate", "GetCertificate"],
  );
});

test("a certificate holds as long as was asked for", { skip }, async (context) => {
  const scene = await beginScene(context);
  const wanted = scene.clock.now().add({ hours: 2160 }).epochMilliseconds;
  const { certificate } = await issued(scene);
  const end = new X509Certificate(certificate).validToDate.getTime();
  assert.equal(end, Math.floor(wanted / 1000) * 1000);
});

test("a certificate that would outlive its authority ends with it, and that is told", {
  skip,
}, async (context) => {
  const scene = await beginScene(context, {
    ca: { notAfter: createClock().now().add({ hours: 240 }) },
  });
  const { certificate, authority } = await issued(scene);
  const [leaf, top] = [new X509Certificate(certificate), new X509Certificate(authority)];
  assert.equal(leaf.validToDate.getTime(), top.validToDate.getTime());
  assert.match(
    scene.told().join(),
    /^Warning DurationCut: .* the authority's own certificate ends then$/,
  );
});

test("what a server shows ends below the root; without the root in AWS all of it is shown", {
  skip,
}, async (context) => {
  const inside = await beginScene(context, { ca: { intermediates: 2 } });
  const whole = await issued(inside);
  assert.deepEqual(subjects(whole.certificate), [
    ...["CN=app.example.com", "CN=authority 2", "CN=authority 1"],
  ]);
  assert.deepEqual(subjects(whole.authority), ["CN=root"]);
  const outside = await beginScene(context, { ca: { intermediates: 2, isRootElsewhere: true } });
  const partial = await issued(outside);
  assert.deepEqual(subjects(partial.certificate), [
    ...["CN=app.example.com", "CN=authority 2", "CN=authority 1"],
  ]);
  assert.deepEqual(subjects(partial.authority), ["CN=authority 1"]);
});

test("OpenSSL verifies what an RSA authority signed", { skip }, async (context) => {
  const scene = await beginScene(context, { ca: { keyAlgorithm: "RSA_2048", intermediates: 1 } });
  const { certificate, authority } = await issued(scene);
  const files = scene.write({ chain: certificate, root: authority });
  const verified = openssl([
    ...["verify", "-purpose", "sslserver", "-CAfile", files["root"] ?? ""],
    ...["-untrusted", files["chain"] ?? "", files["chain"] ?? ""],
  ]);
  assert.match(verified, /: OK\n$/);
});

test("a certificate that AWS is still making is waited for, ever longer, and ordered once", {
  skip,
}, async (context) => {
  const scene = await beginScene(context, { ca: { inProgress: 4 } });
  const waits: string[] = [];
  for (let outcome = await scene.sign(); outcome.kind === "pending"; outcome = await scene.sign()) {
    assert.match(outcome.message, /^waiting for AWS to make arn:aws:acm-pca/);
    waits.push(String(outcome.retryAfter));
    await scene.clock.advance(outcome.retryAfter ?? {});
  }
  assert.deepEqual(waits, ["PT0.25S", "PT0.25S", "PT0.5S", "PT1S"]);
  assert.equal(scene.ca.issued.length, 1);
});

test("being asked too often is an outage that goes on with the same token, however long it lasts", {
  skip,
}, async (context) => {
  const scene = await beginScene(context);
  const throttle = { type: "ThrottlingException", headers: { "retry-after": "240" } };
  scene.ca.refuseNext("IssueCertificate", throttle, throttle, throttle);
  const outcome = await scene.sign();
  assert.deepEqual(outcome, {
    kind: "outage",
    message: "AWS Private CA: ThrottlingException: ThrottlingException",
    retryAfter: Temporal.Duration.from({ seconds: 240 }),
  });
  await scene.clock.advance({ seconds: 240 });
  await issued(scene);
  assert.equal(scene.orders().length, 4);
  assert.equal(new Set(scene.orders().map(({ token }) => token)).size, 1);
});

const failures: Readonly<Record<string, readonly [string, RegExp]>> = {
  "a request that AWS cannot read": ["MalformedCSRException", /refused: MalformedCSRException/],
  "what AWS does not take": ["ValidationException", /refused: ValidationException/],
};

for (const [what, [type, message]] of Object.entries(failures)) {
  test(`${what} has failed for good`, { skip }, async (context) => {
    const scene = await beginScene(context);
    scene.ca.refuseNext("IssueCertificate", { type });
    const outcome = await scene.sign();
    assert.equal(outcome.kind, "failed");
    assert.match(outcome.kind === "failed" ? outcome.message : "", message);
  });
}

test("missing rights and a disabled authority are no failure of the request", {
  skip,
}, async (context) => {
  const scene = await beginScene(context);
  const refusals = ["AccessDeniedException", "InvalidStateException", "ResourceNotFoundException"];
  scene.ca.refuseNext("IssueCertificate", ...refusals.map((type) => ({ type })));
  for (const type of refusals) {
    const outcome = await scene.sign();
    assert.deepEqual(
      [outcome.kind, outcome.kind === "outage" && outcome.message.includes(type)],
      [...["outage", true]],
    );
  }
  await issued(scene);
  assert.equal(new Set(scene.orders().map(({ token }) => token)).size, 1);
});

test("a request that aws-privateca-issuer ordered is gone on with", { skip }, async (context) => {
  const first = await beginScene(context);
  await issued(first);
  const [made] = first.ca.issued;
  await first.replaceAnnotations({ "aws-privateca-issuer/certificate-arn": made?.arn ?? "" });
  await issued(first);
  assert.equal(first.orders().length, 1);
});

test("annotations of a user choose no template, no other authority and no longer life", {
  skip,
}, async (context) => {
  const scene = await beginScene(context);
  scene.ca.refuseNext("IssueCertificate", { type: "ThrottlingException" });
  await scene.sign();
  const noted = JSON.parse((await scene.annotations())["sekisho.dev/aws-pca-order"] ?? "") as {
    readonly terms: object;
  };
  const sent = scene.clock.now().toString();
  for (const forged of [
    { TemplateArn: "arn:aws:acm-pca:::template/SubordinateCACertificate_PathLen1/V1" },
    { Validity: { Type: "ABSOLUTE", Value: 4_000_000_000 } },
  ]) {
    const order = { ...noted, sent, terms: { ...noted.terms, ...forged } };
    await scene.replaceAnnotations({ "sekisho.dev/aws-pca-order": JSON.stringify(order) });
    assert.equal((await scene.sign()).kind, "pending");
  }
  const arn = `${scene.ca.arn.replace("123456789012", "210987654321")}/certificate/x`;
  await scene.replaceAnnotations({ "aws-privateca-issuer/certificate-arn": arn });
  assert.equal((await scene.sign()).kind, "failed");
  assert.equal(scene.orders().length, 1);
});

test("what is no order of ours is as if it were not there", { skip }, async (context) => {
  const scene = await beginScene(context);
  for (const text of ["", "{", "[]", '{"round":1}', '{"round":-1,"sent":"x","terms":{}}']) {
    await scene.replaceAnnotations({ "sekisho.dev/aws-pca-order": text });
    await issued(scene);
    await scene.replaceAnnotations({});
  }
  assert.equal(scene.ca.issued.length, 1);
});

test("nobody is told the access key: not who reads verdicts, Events or the request", {
  skip,
}, async (context) => {
  const secret = "a secret/access+key";
  const scene = await beginScene(context, {
    secret: { AWS_ACCESS_KEY_ID: "AKIATEST", AWS_SECRET_ACCESS_KEY: secret },
  });
  const said: unknown[] = [await scene.verify(), await scene.sign().catch(String)];
  said.push(await scene.annotations(), scene.told());
  const text = JSON.stringify(said);
  const forms = [
    secret,
    Buffer.from(secret).toString("base64"),
    Buffer.from(secret).toString("hex"),
  ];
  for (const form of forms) assert.ok(!text.includes(form), text);
});
