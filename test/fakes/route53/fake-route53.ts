/** Amazon Route 53 as far as challenge records need it: zones, sets of TXT records, changes that take their time (API 2013-04-01). */

import { type KnownKey, signatureProblem } from "../aws-signature.ts";
import { type ApiQuestion, type ApiReply, type FakeApi, serveApi } from "../dns/fake-api.ts";
import type { TxtRecords } from "../dns/txt-records.ts";

export interface FakeRoute53Options {
  /** Public zones. */
  readonly zones: readonly string[];
  readonly privateZones?: readonly string[];
  readonly keys: readonly KnownKey[];
  /** The values that stand there; those that no set of one value has are one simple set. */
  readonly records: TxtRecords;
}

/** Name and value of each set of one value, in the order in which they were made. */
type Sets = Set<string>;

interface State extends FakeRoute53Options {
  readonly multi: Sets;
  /** Changes → how often they are still asked for in vain. */
  readonly changes: Map<string, number>;
}

const prefix = "/2013-04-01";
const xml = { "content-type": "text/xml" };

/** Starts it on loopback. */
export async function startRoute53(options: FakeRoute53Options): Promise<FakeApi> {
  const state: State = { ...options, multi: new Set(), changes: new Map() };
  return await serveApi((question) => answer(state, question));
}

async function answer(state: State, question: ApiQuestion): Promise<ApiReply> {
  const { method, url, headers, body } = question;
  const asked = { method, url: `${url.pathname}${url.search}`, headers };
  const problem = signatureProblem(asked, body, { service: "route53", keys: state.keys });
  if (problem !== undefined) return failed(403, problem, "no");
  const path = url.pathname.slice(prefix.length);
  if (method === "GET" && path === "/hostedzonesbyname") return listZones(state, url);
  const [, changeId] = /^\/change\/([^/]+)$/.exec(path) ?? [];
  if (changeId !== undefined) return change(state, changeId);
  const [, id = ""] = /^\/hostedzone\/([^/]+)\/rrset\/?$/.exec(path) ?? [];
  const zone = state.zones.find((one) => idOf(one) === id);
  if (zone === undefined)
    return failed(404, "NoSuchHostedZone", `No hosted zone found with ID: ${id}`);
  return method === "GET" ? listSets(state, url) : await changeSets(state, zone, body);
}

/** From the name asked for on, in the order of labels from the right, as AWS lists them. */
function listZones({ zones, privateZones = [] }: State, url: URL): ApiReply {
  const reversed = (name: string): string => name.split(".").toReversed().join(".");
  const from = reversed((url.searchParams.get("dnsname") ?? "").replace(/\.$/, ""));
  const all = [
    ...zones.map((name) => ({ name, isPrivate: false })),
    ...privateZones.map((name) => ({ name, isPrivate: true })),
  ].filter(({ name }) => reversed(name) >= from);
  const sorted = all.toSorted((a, b) => (reversed(a.name) < reversed(b.name) ? -1 : 1));
  const items = sorted.map(
    ({ name, isPrivate }) =>
      `<HostedZone><Id>/hostedzone/${idOf(name)}</Id><Name>${name}.</Name><CallerReference>r</CallerReference><Config><PrivateZone>${isPrivate}</PrivateZone></Config></HostedZone>`,
  );
  return succeeded(
    "ListHostedZonesByNameResponse",
    `<HostedZones>${items.join("")}</HostedZones><IsTruncated>false</IsTruncated><MaxItems>10</MaxItems>`,
  );
}

function change(state: State, id: string): ApiReply {
  const left = state.changes.get(id);
  if (left === undefined) return failed(404, "NoSuchChange", `no ${id}`);
  state.changes.set(id, Math.max(0, left - 1));
  return succeeded("GetChangeResponse", changeInfo(id, left > 0 ? "PENDING" : "INSYNC"));
}

function changeInfo(id: string, status: string): string {
  return `<ChangeInfo><Id>/change/${id}</Id><Status>${status}</Status><SubmittedAt>2026-01-01T00:00:00Z</SubmittedAt></ChangeInfo>`;
}

interface SimpleOrOne {
  readonly identifier?: string;
  readonly values: readonly string[];
}

function setsOf({ multi, records }: State, name: string): readonly SimpleOrOne[] {
  const own = records.of(name).filter((value) => multi.has(`${name} ${value}`));
  const simple = records.of(name).filter((value) => !own.includes(value));
  return [
    ...own.map((value) => ({ identifier: value, values: [value] })),
    ...(simple.length === 0 ? [] : [{ values: simple }]),
  ];
}

function listSets(state: State, url: URL): ApiReply {
  const name = (url.searchParams.get("name") ?? "").replace(/\.$/, "");
  const sets = setsOf(state, name).map((set) => setXml(name, set));
  // What follows the name in the zone is listed, too.
  const next = setXml(`zz.${name}`, { values: ["another name"] });
  return succeeded(
    "ListResourceRecordSetsResponse",
    `<ResourceRecordSets>${[...sets, next].join("")}</ResourceRecordSets><IsTruncated>false</IsTruncated><MaxItems>300</MaxItems>`,
  );
}

function setXml(name: string, { identifier, values }: SimpleOrOne): string {
  const one =
    identifier === undefined
      ? ""
      : `<SetIdentifier>${identifier}</SetIdentifier><MultiValueAnswer>true</MultiValueAnswer>`;
  const records = values.map(
    (value) => `<ResourceRecord><Value>&quot;${value}&quot;</Value></ResourceRecord>`,
  );
  return `<ResourceRecordSet><Name>${name}.</Name><Type>TXT</Type>${one}<TTL>10</TTL><ResourceRecords>${records.join("")}</ResourceRecords></ResourceRecordSet>`;
}

/** All of a batch, or none. */
async function changeSets(state: State, zone: string, body: string): Promise<ApiReply> {
  const wanted = [...body.matchAll(/<Change>([\s\S]*?)<\/Change>/g)].map((match) => match[1] ?? "");
  let name = "";
  let sets = [...(wanted.length === 0 ? [] : setsOf(state, field(wanted[0] ?? "", "Name")))];
  for (const text of wanted) {
    name = field(text, "Name");
    if (field(text, "Type") !== "TXT" || !(name === zone || name.endsWith(`.${zone}`)))
      return failed(400, "InvalidChangeBatch", `RRSet with DNS name ${name} is not permitted`);
    const result = applied(sets, text);
    if (typeof result === "string") return failed(400, "InvalidChangeBatch", `[${result}]`);
    sets = [...result];
  }
  for (const value of state.records.of(name)) state.multi.delete(`${name} ${value}`);
  for (const { identifier, values } of sets)
    if (identifier !== undefined) state.multi.add(`${name} ${values[0] ?? ""}`);
  await state.records.set(
    name,
    sets.flatMap(({ values }) => values),
  );
  const id = `C${state.changes.size + 1}`;
  state.changes.set(id, 1);
  return succeeded("ChangeResourceRecordSetsResponse", changeInfo(id, "PENDING"));
}

function applied(sets: readonly SimpleOrOne[], text: string): readonly SimpleOrOne[] | string {
  const identifier = field(text, "SetIdentifier");
  const values = [...text.matchAll(/<Value>(?:&quot;|")([^<]*?)(?:&quot;|")<\/Value>/g)].map(
    (match) => match[1] ?? "",
  );
  const given: SimpleOrOne = { values, ...(identifier === "" ? {} : { identifier }) };
  const there = sets.find((set) => (set.identifier ?? "") === identifier);
  const others = sets.filter((set) => set !== there);
  const action = field(text, "Action");
  if (action === "DELETE") {
    if (there === undefined) return "Tried to delete resource record set but it was not found";
    return [...there.values].sort().join() === [...values].sort().join()
      ? others
      : "Tried to delete resource record set but the values provided do not match the current values";
  }
  if (action === "CREATE" && there !== undefined)
    return "Tried to create resource record set but it already exists";
  const isMixed = others.some((set) => (set.identifier === undefined) !== (identifier === ""));
  if (isMixed) return "RRSet cannot be created as other RRSets exist with the same name and type";
  return [...others, given];
}

function field(text: string, name: string): string {
  const value = new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1] ?? "";
  return name === "Name" ? value.replace(/\.$/, "") : value;
}

function idOf(zone: string): string {
  return `Z${Buffer.from(zone).toString("hex").toUpperCase()}`;
}

/** As AWS names the zone. */
export function hostedZoneId(zone: string): string {
  return idOf(zone);
}

const namespace = 'xmlns="https://route53.amazonaws.com/doc/2013-04-01/"';

function succeeded(element: string, content: string): ApiReply {
  return {
    ...{ status: 200, headers: xml },
    body: `<?xml version="1.0"?><${element} ${namespace}>${content}</${element}>`,
  };
}

function failed(status: number, code: string, message: string): ApiReply {
  const error = `<Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error>`;
  return {
    ...{ status, headers: xml },
    body: `<?xml version="1.0"?><ErrorResponse ${namespace}>${error}<RequestId>1</RequestId></ErrorResponse>`,
  };
}
