/** A small AWS Private CA: its JSON protocol, its memory of tokens, its refusals, and real signatures. */

import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { objectIdentifier } from "#crypto/der/der.ts";
import type { Clock } from "#runtime/clock.ts";
import { type KnownKey, signatureProblem } from "../aws-signature.ts";
import { createSigner, type Signer, signCertificate, templates } from "./authority.ts";
import { readSigningRequest, type SigningRequest } from "./signing-request.ts";

export type Operation = "DescribeCertificateAuthority" | "GetCertificate" | "IssueCertificate";

export interface FakePrivateCa extends AsyncDisposable {
  /** Where it is asked. */
  readonly url: string;
  /** Of its authority. */
  readonly arn: string;
  /** PEM of what clients must trust. */
  readonly root: string;
  /** What was asked, in order, with the bytes. */
  readonly calls: { readonly operation: Operation; readonly body: string }[];
  /** The certificates that were made: by which token, and until when. */
  readonly issued: { readonly arn: string; readonly token: string; readonly notAfter: string }[];
  /** What the next calls of an operation are answered with, in place of what they ask for. */
  readonly refuseNext: (operation: Operation, ...answers: readonly Refusal[]) => void;
  readonly forgetRefusals: () => void;
  /** Has the authority be in this state. */
  readonly turn: (status: "ACTIVE" | "DISABLED" | "EXPIRED") => void;
  readonly keys: KnownKey[];
}

export interface Refusal {
  /** The exception; `""`: the connection breaks before the call is looked at, `"after"`: once it was done. */
  readonly type: string;
  readonly status?: number;
  readonly message?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface FakePrivateCaOptions {
  readonly clock: Clock;
  readonly keys: readonly KnownKey[];
  /** The address that it listens on. Default 127.0.0.1. */
  readonly address?: string;
  /** Default `EC_prime256v1`. */
  readonly keyAlgorithm?: Signer["keyAlgorithm"];
  /** How many authorities there are in AWS below a root: 0 makes the authority a root. Default 0. */
  readonly intermediates?: number;
  /** Whether the root is somebody else's, so that the chain ends below it. Default false. */
  readonly isRootElsewhere?: boolean;
  /** How often a certificate is still being made when it is asked for. Default 0. */
  readonly inProgress?: number;
  /** Default ten years from now. */
  readonly notAfter?: Temporal.Instant;
  /** Default `GENERAL_PURPOSE`. */
  readonly usageMode?: "GENERAL_PURPOSE" | "SHORT_LIVED_CERTIFICATE";
}

/** What AWS answers with an exception. */
class Exception extends Error {
  readonly code: string;
  readonly retryable = false;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

interface Made {
  readonly pem: string;
  waits: number;
}

interface Remembered {
  readonly arn: string;
  readonly body: string;
  readonly until: Temporal.Instant;
}

type Body = Readonly<Record<string, unknown>>;

const tokenLife = Temporal.Duration.from({ minutes: 5 });
const week = Temporal.Duration.from({ hours: 7 * 24 });

class PrivateCa {
  readonly arn = `arn:aws:acm-pca:us-east-1:123456789012:certificate-authority/${randomUUID()}`;
  readonly issued: FakePrivateCa["issued"] = [];
  readonly #options: FakePrivateCaOptions;
  readonly #notAfter: Temporal.Instant;
  /** From the authority up to what is at the top. */
  readonly #signers: readonly Signer[];
  readonly #made = new Map<string, Made>();
  readonly #tokens = new Map<string, Remembered>();
  status = "ACTIVE";

  constructor(options: FakePrivateCaOptions) {
    this.#options = options;
    const { keyAlgorithm = "EC_prime256v1", intermediates = 0, clock } = options;
    const now = clock.now();
    const notAfter = options.notAfter ?? now.add({ hours: 10 * 365 * 24 });
    this.#notAfter = notAfter;
    const notBefore = now.subtract({ hours: 1 });
    let signer = createSigner({ commonName: "root", keyAlgorithm, notBefore, notAfter });
    const signers = [signer];
    for (let level = 1; level <= intermediates; level++) {
      const commonName = `authority ${level}`;
      signer = createSigner({ commonName, keyAlgorithm, notBefore, notAfter, parent: signer });
      signers.unshift(signer);
    }
    this.#signers = signers;
  }

  get root(): string {
    return this.#signers.at(-1)?.certificate ?? "";
  }

  answer(operation: string, body: Body): unknown {
    if (body["CertificateAuthorityArn"] !== this.arn)
      throw new Exception("ResourceNotFoundException", "Could not find the certificate authority");
    switch (operation) {
      case "DescribeCertificateAuthority":
        return this.#describe();
      case "GetCertificate":
        return this.#get(String(body["CertificateArn"]));
      case "IssueCertificate":
        return { CertificateArn: this.#issue(body) };
      default:
        throw new Exception("UnknownOperationException", operation);
    }
  }

  #describe(): unknown {
    const { keyAlgorithm = "EC_prime256v1", usageMode = "GENERAL_PURPOSE" } = this.#options;
    return {
      CertificateAuthority: {
        ...{ Arn: this.arn, Status: this.status, Type: "ROOT", UsageMode: usageMode },
        CertificateAuthorityConfiguration: {
          KeyAlgorithm: keyAlgorithm,
          SigningAlgorithm: keyAlgorithm === "RSA_2048" ? "SHA256WITHRSA" : "SHA256WITHECDSA",
          Subject: {},
        },
        NotAfter: this.#notAfter.epochMilliseconds / 1000,
      },
    };
  }

  #get(arn: string): unknown {
    const made = this.#made.get(arn);
    if (made === undefined) throw new Exception("ResourceNotFoundException", `no ${arn}`);
    if (made.waits-- > 0)
      throw new Exception("RequestInProgressException", "The request to issue is in progress");
    const shown =
      this.#options.isRootElsewhere === true ? this.#signers.slice(0, -1) : this.#signers;
    return {
      Certificate: made.pem,
      CertificateChain: shown.map(({ certificate }) => certificate).join("\n"),
    };
  }

  #issue(body: Body): string {
    const token = String(body["IdempotencyToken"] ?? randomUUID());
    const now = this.#options.clock.now();
    const earlier = this.#tokens.get(token);
    if (earlier !== undefined && Temporal.Instant.compare(now, earlier.until) < 0) {
      if (earlier.body === JSON.stringify(body)) return earlier.arn;
      throw new Exception("InvalidArgsException", "the token was used with other parameters");
    }
    if (this.status !== "ACTIVE")
      throw new Exception("InvalidStateException", `the authority is ${this.status}`);
    const { pem, notAfter } = this.#sign(body, now);
    const arn = `${this.arn}/certificate/${randomUUID().replaceAll("-", "")}`;
    this.#made.set(arn, { pem, waits: this.#options.inProgress ?? 0 });
    this.#tokens.set(token, { arn, body: JSON.stringify(body), until: now.add(tokenLife) });
    this.issued.push({ arn, token, notAfter: notAfter.toString() });
    return arn;
  }

  #sign(body: Body, now: Temporal.Instant): { pem: string; notAfter: Temporal.Instant } {
    const [signer] = this.#signers;
    if (signer === undefined) throw new Error("an authority without a key");
    const name = String(body["TemplateArn"]).replace(/^arn:aws:acm-pca:::template\//, "");
    const template = templates[name];
    if (template === undefined) throw new Exception("InvalidArgsException", `no template ${name}`);
    const expected = signer.keyAlgorithm === "RSA_2048" ? /WITHRSA$/ : /WITHECDSA$/;
    if (!expected.test(String(body["SigningAlgorithm"])))
      throw new Exception("InvalidArgsException", "an algorithm of another family");
    const notAfter = this.#end(body["Validity"], now);
    const request = readRequest(String(body["Csr"]));
    if (typeof request === "string") throw new Exception("MalformedCSRException", request);
    if (isForNobody(request))
      throw new Exception("MalformedCSRException", "a request that names nobody");
    const notBefore = now.subtract({ hours: 1 });
    return { pem: signCertificate(signer, { request, template, notBefore, notAfter }), notAfter };
  }

  #end(validity: unknown, now: Temporal.Instant): Temporal.Instant {
    const { Type, Value } = (validity ?? {}) as { readonly Type?: string; readonly Value?: number };
    if (Value === undefined) throw new Exception("ValidationException", "no validity");
    const end =
      Type === "ABSOLUTE"
        ? Temporal.Instant.fromEpochMilliseconds(Value * 1000)
        : now.add({ hours: Value * 24 });
    const isLate = (limit: Temporal.Instant): boolean => Temporal.Instant.compare(end, limit) > 0;
    if (!isLate(now)) throw new Exception("ValidationException", "a validity that is over");
    if (isLate(this.#notAfter))
      throw new Exception("ValidationException", "a validity beyond that of the authority");
    if (this.#options.usageMode === "SHORT_LIVED_CERTIFICATE" && isLate(now.add(week)))
      throw new Exception("ValidationException", "a validity of more than seven days");
    return end;
  }
}

/** The request, or what is wrong with it. */
function readRequest(base64: string): SigningRequest | string {
  try {
    return readSigningRequest(Buffer.from(base64, "base64").toString("utf8"));
  } catch (error) {
    return error instanceof Error ? error.message : "";
  }
}

const alternativeNames = Buffer.from(objectIdentifier("2.5.29.17"));

/** An empty name, and alternative names that need not be understood. */
function isForNobody({ subject, extensions }: SigningRequest): boolean {
  const names = extensions.get(alternativeNames.toString("hex"));
  const isCritical = names?.subarray(0, 12).includes(0x01) === true;
  return subject.length <= 2 && !isCritical;
}

/** Starts one on a free port of this machine. */
export async function startPrivateCa(options: FakePrivateCaOptions): Promise<FakePrivateCa> {
  const authority = new PrivateCa(options);
  const calls: FakePrivateCa["calls"] = [];
  const refusals = new Map<string, Refusal[]>();
  const keys = [...options.keys];

  const answerTo = (
    request: IncomingMessage,
    body: string,
  ): { status: number; said: unknown; headers?: Readonly<Record<string, string>> } => {
    const operation = String(request.headers["x-amz-target"]).replace(/^ACMPrivateCA\./, "");
    calls.push({ operation: operation as Operation, body });
    const problem = signatureProblem(request, body, { service: "acm-pca", keys });
    if (problem !== undefined) return refused({ type: problem, status: 403 });
    const refusal = refusals.get(operation)?.shift();
    if (refusal !== undefined && refusal.type !== "after") return refused(refusal);
    try {
      const said = authority.answer(operation, JSON.parse(body) as Body);
      return refusal === undefined ? { status: 200, said } : refused({ type: "" });
    } catch (error) {
      if (error instanceof Exception) return refused({ type: error.code, message: error.message });
      return refused({ type: "InternalFailure", status: 500 });
    }
  };
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const { status, said, headers } = answerTo(request, body);
      if (status === 0) return request.socket.destroy();
      response.writeHead(status, { "content-type": "application/x-amz-json-1.1", ...headers });
      return response.end(JSON.stringify(said));
    });
  });
  const { address = "127.0.0.1" } = options;
  server.listen(0, address);
  await once(server, "listening");
  const bound = server.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : 0;
  return {
    ...{ url: `http://${address}:${port}`, arn: authority.arn, root: authority.root, calls, keys },
    issued: authority.issued,
    refuseNext: (operation, ...answers) =>
      void refusals.set(operation, [...(refusals.get(operation) ?? []), ...answers]),
    forgetRefusals: () => refusals.clear(),
    turn: (status) => {
      authority.status = status;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function refused({ type, status = 400, message = type, headers = {} }: Refusal): {
  status: number;
  said: unknown;
  headers: Readonly<Record<string, string>>;
} {
  return { status: type === "" ? 0 : status, said: { __type: type, message }, headers };
}
