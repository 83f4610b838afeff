/** A delta xDS client that does what Envoy does on the wire, and counts the bytes it is sent. */

import { once } from "node:events";
import type { ClientHttp2Session, ClientHttp2Stream } from "node:http2";
import { connect } from "node:http2";
import { createConnection } from "node:net";
import type { Duplex } from "node:stream";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { BinaryReader } from "@bufbuild/protobuf/wire";
import type { ResourceType } from "#envoy/resource.ts";
import { typeUrls } from "#envoy/resource.ts";
import { NodeSchema } from "#gen/envoy/config/core/v3/base_pb.ts";
import type {
  DeltaDiscoveryRequest,
  DeltaDiscoveryResponse,
} from "#gen/envoy/service/discovery/v3/discovery_pb.ts";
import {
  DeltaDiscoveryRequestSchema,
  DeltaDiscoveryResponseSchema,
} from "#gen/envoy/service/discovery/v3/discovery_pb.ts";
import { StatusSchema } from "#gen/google/rpc/status_pb.ts";

const methods = {
  aggregated: "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources",
  secrets: "/envoy.service.secret.v3.SecretDiscoveryService/DeltaSecrets",
};

/** Length-prefixed message of gRPC: one byte of flags, four of length. */
const prefixLength = 5;

export interface Delivery {
  readonly type: ResourceType;
  readonly nonce: string;
  /** Name → version, in the order sent. */
  readonly versions: Readonly<Record<string, string>>;
  /** Name → text in the first field of the resource, see `resource` in xds-harness.ts. */
  readonly texts: Readonly<Record<string, string>>;
  /** Name → the resource as it was sent. */
  readonly contents: Readonly<Record<string, Uint8Array>>;
  readonly removed: readonly string[];
}

export interface AskOptions {
  readonly subscribe?: readonly string[];
  readonly unsubscribe?: readonly string[];
  readonly initialVersions?: Readonly<Record<string, string>>;
}

export class DeltaClient implements AsyncDisposable {
  readonly #session: ClientHttp2Session;
  readonly #stream: ClientHttp2Stream;
  readonly #deliveries: Delivery[] = [];
  #received = Buffer.alloc(0);
  #arrived = Promise.withResolvers<void>();
  #node: string | undefined;
  #bytes = 0;
  #barriers = 0;
  /** The status the server ended the call with, and its message. */
  readonly ended: Promise<{ readonly status: string; readonly message: string }>;

  /** `place`: the path of a socket, or what connects. */
  constructor(
    place: string | (() => Duplex),
    node: string | undefined,
    kind: keyof typeof methods,
  ) {
    this.#node = node;
    const createSocket = typeof place === "string" ? () => createConnection(place) : place;
    this.#session = connect("http://xds", { createConnection: createSocket });
    this.#stream = this.#session.request({
      ":method": "POST",
      ":path": methods[kind],
      "content-type": "application/grpc",
      te: "trailers",
    });
    this.#stream.on("data", (chunk: Buffer) => this.#take(chunk));
    this.ended = this.#end();
  }

  async #end(): Promise<{ readonly status: string; readonly message: string }> {
    const { promise, resolve } = Promise.withResolvers<Record<string, unknown>>();
    const read = (headers: Record<string, unknown>): void => {
      if (headers["grpc-status"] !== undefined) resolve(headers);
    };
    this.#stream.on("trailers", read);
    this.#stream.on("response", read);
    this.#stream.on("error", () => resolve({}));
    this.#session.on("error", () => resolve({}));
    this.#stream.on("close", () => resolve({}));
    const headers = await promise;
    const message = decodeURIComponent(String(headers["grpc-message"] ?? ""));
    return { status: String(headers["grpc-status"] ?? "broken off"), message };
  }

  /** Bytes of responses so far, with their length prefixes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Deliveries that {@link next} has not returned yet. */
  get waiting(): number {
    return this.#deliveries.length;
  }

  #take(chunk: Buffer): void {
    this.#bytes += chunk.length;
    this.#received = Buffer.concat([this.#received, chunk]);
    while (this.#received.length >= prefixLength) {
      const end = prefixLength + this.#received.readUInt32BE(1);
      if (this.#received.length < end) return;
      const message = this.#received.subarray(prefixLength, end);
      this.#deliveries.push(readDelivery(fromBinary(DeltaDiscoveryResponseSchema, message)));
      this.#received = this.#received.subarray(end);
      this.#arrived.resolve();
    }
  }

  /** Sends one request; the first of a client names its node. */
  send(
    fields: Partial<Omit<DeltaDiscoveryRequest, "$typeName" | "errorDetail">>,
    error = "",
  ): void {
    const request = create(DeltaDiscoveryRequestSchema);
    Object.assign(request, fields);
    if (this.#node !== undefined) request.node = create(NodeSchema, { id: this.#node });
    if (error !== "") request.errorDetail = create(StatusSchema, { code: 13, message: error });
    this.#node = undefined;
    const message = toBinary(DeltaDiscoveryRequestSchema, request);
    const prefix = Buffer.alloc(prefixLength);
    prefix.writeUInt32BE(message.length, 1);
    this.#stream.write(Buffer.concat([prefix, message]));
  }

  /** Changes what is asked for. */
  ask(type: ResourceType, options: AskOptions = {}): void {
    this.send({
      typeUrl: typeUrls[type],
      resourceNamesSubscribe: [...(options.subscribe ?? [])],
      resourceNamesUnsubscribe: [...(options.unsubscribe ?? [])],
      initialResourceVersions: { ...options.initialVersions },
    });
  }

  acknowledge({ type, nonce }: Delivery): void {
    this.send({ typeUrl: typeUrls[type], responseNonce: nonce });
  }

  refuse({ type, nonce }: Delivery, message: string): void {
    this.send({ typeUrl: typeUrls[type], responseNonce: nonce }, message);
  }

  /** The next response, not answered. */
  async next(): Promise<Delivery> {
    for (;;) {
      const delivery = this.#deliveries.shift();
      if (delivery !== undefined) return delivery;
      await this.#arrived.promise;
      this.#arrived = Promise.withResolvers();
    }
  }

  /** The next response, acknowledged. */
  async accept(): Promise<Delivery> {
    const delivery = await this.next();
    this.acknowledge(delivery);
    return delivery;
  }

  /**
   * Acknowledges and returns what the server sends by itself, removals that wait for answers excepted. No
   * clock: a question about a scope that does not exist is answered after all that was to be added.
   */
  async drain(): Promise<readonly Delivery[]> {
    const drained: Delivery[] = [];
    for (let round = 0; round < 2; round += 1) {
      this.#barriers += 1;
      const barrier = `barrier-${this.#barriers}`;
      this.ask("scope", { subscribe: [barrier] });
      for (;;) {
        const delivery = await this.accept();
        if (delivery.removed.includes(barrier)) break;
        drained.push(delivery);
      }
    }
    return drained;
  }

  /** Stops reading: the server has to cope with a full window. */
  pause(): void {
    this.#stream.pause();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#session.destroyed) return;
    const closed = once(this.#session, "close");
    this.#session.destroy();
    await closed;
  }
}

function readDelivery(response: DeltaDiscoveryResponse): Delivery {
  const versions: Record<string, string> = {};
  const texts: Record<string, string> = {};
  const contents: Record<string, Uint8Array> = {};
  for (const { name, version, resource } of response.resources) {
    versions[name] = version;
    const content = resource?.value ?? new Uint8Array();
    texts[name] = readText(content);
    contents[name] = content;
  }
  const { nonce, removedResources: removed } = response;
  return { type: typeOf(response.typeUrl), nonce, versions, texts, contents, removed };
}

function typeOf(url: string): ResourceType {
  const types: readonly ResourceType[] = [
    "cluster",
    "endpoints",
    "secret",
    "listener",
    "routes",
    "scope",
    "policy",
  ];
  const type = types.find((candidate) => typeUrls[candidate] === url);
  if (type === undefined) throw new Error(`unexpected type ${url}`);
  return type;
}

function readText(bytes: Uint8Array): string {
  const reader = new BinaryReader(bytes);
  if (bytes.length === 0 || reader.tag()[0] !== 1) return "";
  return reader.string();
}
