import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Finding } from "#base/finding.ts";
import { formatKey, type ObjectKey, parseKey } from "#kinds/object.ts";
import type { ObjectStore } from "#store/object-store.ts";
import { temporaryStore } from "#test/fakes/embedded-store.ts";
import type { ObjectEvent } from "./event-recorder.ts";
import type { LoadBalancerAddress } from "./ingress-status.ts";
import { StateStatusWriter } from "./state-status.ts";

const server: ObjectKey = {
  kind: "VirtualServer.k8s.nginx.org",
  namespace: "default",
  name: "cafe",
};
const route: ObjectKey = { ...server, kind: "VirtualServerRoute.k8s.nginx.org", name: "tea" };
const externalEndpoints = [{ ip: "127.0.0.1", ports: "[80,443]" }];

interface Stage {
  readonly writer: StateStatusWriter;
  readonly claimed: Map<string, string>;
  readonly servers: Map<string, string>;
  readonly written: string[];
  readonly events: ObjectEvent[];
  readonly claim: (key: ObjectKey) => Promise<void>;
  readonly statusOf: (key: ObjectKey) => Promise<unknown>;
  /** Where objects say that they are reached, by key. */
  readonly places: Map<string, LoadBalancerAddress>;
  readonly moveTo: (addresses: readonly LoadBalancerAddress[]) => void;
  /** The status after all that is due was written. */
  readonly told: (key: ObjectKey) => Promise<unknown>;
}

async function startWriter(context: TestContext): Promise<Stage> {
  const store = await temporaryStore(context);
  const claimed = new Map<string, string>();
  const servers = new Map<string, string>();
  const places = new Map<string, LoadBalancerAddress>();
  const written: string[] = [];
  const events: ObjectEvent[] = [];
  const place: { addresses: readonly LoadBalancerAddress[] } = { addresses: [{ ip: "127.0.0.1" }] };
  const watched: ObjectStore = {
    ...store,
    replaceStatus: (key, status) => {
      written.push(key.name);
      return store.replaceStatus(key, status);
    },
  };
  const recorder = {
    record: async (event: ObjectEvent) => void events.push(event),
    sweep: async () => undefined,
  };
  const writer = new StateStatusWriter(watched, recorder, {
    claimed: () => claimed,
    servedBy: (key) => servers.get(key),
    reachedAt: (key) => places.get(key),
    addresses: () => place.addresses,
    ports: () => [80, 443],
    statusOf: () => undefined,
    breathe: async () => undefined,
  });
  const claim = async (key: ObjectKey): Promise<void> => {
    const [kind = ""] = key.kind.split(".", 1);
    const { metadata } = await store.create({
      apiVersion: "k8s.nginx.org/v1",
      kind,
      metadata: { name: key.name, namespace: key.namespace },
      body: {},
    });
    claimed.set(formatKey(key), metadata.uid);
    writer.claimChanged(formatKey(key));
  };
  const statusOf = async (key: ObjectKey): Promise<unknown> => (await store.get(key))?.status;
  const told = async (key: ObjectKey): Promise<unknown> => {
    await writer.update();
    await writer.record();
    return await statusOf(key);
  };
  const moveTo = (addresses: readonly LoadBalancerAddress[]): void => {
    place.addresses = addresses;
    writer.addressesChanged();
  };
  const maps = { claimed, servers, places };
  return { writer, ...maps, written, events, claim, statusOf, moveTo, told };
}

function found(about: ObjectKey, reason: string, message: string, path = "spec"): Finding {
  const severity = reason === "Rejected" ? "error" : "warning";
  return { severity, reason, message, advice: "mend it", origin: { ...about, path } };
}

const valid = {
  state: "Valid",
  reason: "AddedOrUpdated",
  message: "Configuration for default/cafe was added or updated ",
  externalEndpoints,
};
const missing = found(server, "SecretNotFound", "TLS secret cafe-secret is invalid");

test("an object that nothing is wrong with is Valid, with the addresses, and an Event says so once", async (context) => {
  const { claim, told, events, written, writer } = await startWriter(context);
  await claim(server);
  assert.deepEqual(await told(server), valid);
  writer.claimChanged(formatKey(server));
  await told(server);
  assert.deepEqual(written, ["cafe"]);
  const [event, ...more] = events;
  assert.deepEqual(more, []);
  assert.equal(event?.about.metadata.name, "cafe");
  assert.deepEqual([event?.type, event?.reason], ["Normal", "AddedOrUpdated"]);
});

test("warnings make it Warning while they hold", async (context) => {
  const { claim, told, events, writer } = await startWriter(context);
  writer.found({ added: [missing, found(server, "Other", "a")], gone: [] });
  await claim(server);
  assert.deepEqual(await told(server), {
    state: "Warning",
    reason: "AddedOrUpdatedWithWarning",
    message:
      "Configuration for default/cafe was added or updated with warning(s): a; TLS secret cafe-secret is invalid",
    externalEndpoints,
  });
  writer.found({ added: [], gone: [missing, found(server, "Other", "a")] });
  assert.deepEqual(await told(server), valid);
  assert.deepEqual(
    events.map(({ type, reason }) => `${type} ${reason}`),
    ["Warning AddedOrUpdatedWithWarning", "Normal AddedOrUpdated"],
  );
});

test("wrong fields reject it, all of them in one message", async (context) => {
  const { claim, told, writer } = await startWriter(context);
  await claim(server);
  const first = found(server, "Rejected", "spec.host: Required value", "spec.host");
  writer.found({ added: [first, missing], gone: [] });
  assert.deepEqual(await told(server), {
    state: "Invalid",
    reason: "Rejected",
    message: "VirtualServer default/cafe was rejected with error: spec.host: Required value",
    externalEndpoints,
  });
  writer.found({ added: [found(server, "Rejected", "spec.tls: Forbidden", "spec.tls")], gone: [] });
  const status = (await told(server)) as { readonly message: string };
  assert.match(status.message, / error: \[spec\.host: Required value, spec\.tls: Forbidden\]$/);
});

test("whose host another object has is Warning and rejected, and is Valid once it has it", async (context) => {
  const { claim, told, writer } = await startWriter(context);
  await claim(server);
  const taken = found(server, "HostTaken", "Host is taken by another resource: X");
  writer.found({ added: [taken, missing], gone: [] });
  assert.deepEqual(await told(server), {
    state: "Warning",
    reason: "Rejected",
    message: "Host is taken by another resource: X",
    externalEndpoints,
  });
  writer.found({ added: [], gone: [taken, missing] });
  assert.deepEqual(await told(server), valid);
});

test("what Envoy refuses makes it Invalid", async (context) => {
  const { claim, told, writer } = await startWriter(context);
  await claim(server);
  const refused = { ...found(server, "InvalidRegex", "Envoy refused it"), severity: "error" };
  writer.found({ added: [refused as Finding], gone: [] });
  assert.deepEqual(await told(server), {
    ...valid,
    state: "Invalid",
    reason: "AddedOrUpdatedWithError",
    message:
      "Configuration for default/cafe was added or updated ; but was not applied: Envoy refused it",
  });
});

test("a route names the server that gives it its paths, and follows how that stands", async (context) => {
  const { claim, told, writer, servers, claimed } = await startWriter(context);
  const orphan = found(route, "NoVirtualServerFound", "VirtualServer is invalid or doesn't exist");
  writer.found({ added: [orphan], gone: [] });
  await claim(route);
  const lonely = {
    state: "Warning",
    reason: "NoVirtualServerFound",
    message: "VirtualServer is invalid or doesn't exist",
    externalEndpoints,
  };
  assert.deepEqual(await told(route), lonely);
  await claim(server);
  servers.set(formatKey(route), formatKey(server));
  writer.claimChanged(formatKey(route));
  writer.found({ added: [], gone: [orphan] });
  const served = {
    ...valid,
    message: "Configuration for default/tea was added or updated ",
    referencedBy: "default/cafe",
  };
  assert.deepEqual(await told(route), served);
  const rejected = found(server, "Rejected", "spec.host: Required value");
  writer.found({ added: [rejected], gone: [] });
  assert.deepEqual(await told(route), lonely);
  writer.found({ added: [], gone: [rejected] });
  assert.deepEqual(await told(route), served);
  claimed.delete(formatKey(server));
  writer.claimChanged(formatKey(server));
  assert.deepEqual(await told(route), lonely);
});

test("a status goes with the claim, and follows the addresses", async (context) => {
  const { claim, told, claimed, writer, moveTo } = await startWriter(context);
  await claim(server);
  moveTo([{ hostname: "lb.example" }]);
  assert.deepEqual(await told(server), {
    ...valid,
    externalEndpoints: [{ hostname: "lb.example", ports: "[80,443]" }],
  });
  moveTo([]);
  const { externalEndpoints: _, ...nowhere } = valid;
  assert.deepEqual(await told(server), nowhere);
  claimed.delete(formatKey(server));
  writer.claimChanged(formatKey(server));
  assert.deepEqual(await told(server), {});
});

test("an object that says itself where it is reached has that address alone", async (context) => {
  const { claim, told, places } = await startWriter(context);
  places.set(formatKey(server), { ip: "192.0.2.7" });
  await claim(server);
  assert.deepEqual(await told(server), {
    ...valid,
    externalEndpoints: [{ ip: "192.0.2.7", ports: "[80,443]" }],
  });
});

test("other kinds have no such status", async (context) => {
  const { writer, written } = await startWriter(context);
  const other = "Ingress.networking.k8s.io/default/web";
  writer.claimChanged(other);
  writer.found({ added: [found(parseKey(other), "Rejected", "no")], gone: [] });
  await writer.update();
  assert.deepEqual(written, []);
});

const stream: ObjectKey = { ...server, kind: "TransportServer.k8s.nginx.org", name: "dns" };

test("a TransportServer says how it stands and not where; one that lost its listener is a Warning that it was rejected", async (context) => {
  const { claim, told, writer } = await startWriter(context);
  await claim(stream);
  assert.deepEqual(await told(stream), {
    state: "Valid",
    reason: "AddedOrUpdated",
    message: "Configuration for default/dns was added or updated ",
  });
  const message = "Listener dns with host empty host is taken by another resource";
  writer.found({ added: [found(stream, "ListenerTaken", message)], gone: [] });
  assert.deepEqual(await told(stream), { state: "Warning", reason: "Rejected", message });
  writer.found({ added: [], gone: [found(stream, "ListenerTaken", message)] });
  writer.found({ added: [found(stream, "Rejected", "spec.action: Required value")], gone: [] });
  assert.deepEqual(await told(stream), {
    state: "Invalid",
    reason: "Rejected",
    message: "TransportServer default/dns was rejected with error: spec.action: Required value",
  });
});

test("a Policy says whether it is one, in its controller's words", async (context) => {
  const { claim, told, events, writer } = await startWriter(context);
  const policy: ObjectKey = { ...server, kind: "Policy.k8s.nginx.org", name: "staff" };
  await claim(policy);
  assert.deepEqual(await told(policy), {
    state: "Valid",
    reason: "AddedOrUpdated",
    message: "Policy default/staff was added or updated",
  });
  const wrong = "spec.accessControl: must specify exactly one of: `allow` or `deny`";
  writer.found({ added: [found(policy, "Rejected", wrong)], gone: [] });
  assert.deepEqual(await told(policy), {
    state: "Invalid",
    reason: "Rejected",
    message: `Policy default/staff is invalid and was rejected: ${wrong}`,
  });
  assert.deepEqual(
    events.map(({ reason }) => reason),
    ["AddedOrUpdated", "Rejected"],
  );
});

test("a GlobalConfiguration has no status: Events alone say how it stands", async (context) => {
  const { claim, told, events, written, writer } = await startWriter(context);
  const ports: ObjectKey = { ...server, kind: "GlobalConfiguration.k8s.nginx.org", name: "ports" };
  await claim(ports);
  assert.equal(await told(ports), undefined);
  writer.found({
    added: [found(ports, "Rejected", "spec.listeners[0].port: Forbidden")],
    gone: [],
  });
  await told(ports);
  assert.deepEqual(written, []);
  assert.deepEqual(
    events.map(({ reason, message }) => `${reason} ${message}`),
    [
      "Updated GlobalConfiguration default/ports was added or updated",
      "Rejected GlobalConfiguration default/ports is invalid and was rejected: spec.listeners[0].port: Forbidden",
    ],
  );
});
