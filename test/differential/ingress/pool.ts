/** The small stock from which worlds and requests are drawn, so that they meet often. */

/** Addresses and ports at which echo servers can listen: pod `k` lives at `addresses[k]`, outsiders behind the pods. */
export interface PodPool {
  readonly addresses: readonly string[];
  /** One port for each of {@link portRoles}, free on every address. */
  readonly ports: readonly [number, number];
}

/** What a pod's two ports are for: a Service's port leads to one of them. */
export const portRoles = ["web", "admin"] as const;

export const namespaces = ["default", "shop"] as const;
export const ingressNames = ["a", "b", "c"] as const;
export const serviceNames = ["tea", "coffee", "milk"] as const;
export const secretNames = ["cert-1", "cert-2"] as const;

/** Three pods for every Service of every namespace. */
export const podCount = namespaces.length * serviceNames.length * 3;

/** DNS names of Services of type ExternalName; all but the last lead to an address of their own, behind the pods'. */
export const externalNames = [
  "one.external.test",
  "Two.External.Test.",
  "gone.external.test",
] as const;

/** How many addresses a pool has. */
export const addressCount = podCount + externalNames.length - 1;

/** What a DNS name leads to in a pool, in any case and with or without final dot; nothing for a name that is not there. */
export function addressesOf(pool: PodPool, name: string): readonly string[] {
  const plain = (text: string): string => text.toLowerCase().replace(/\.$/, "");
  const index = externalNames.findIndex((known) => plain(known) === plain(name));
  const address = index < 0 ? undefined : pool.addresses[podCount + index];
  return address === undefined ? [] : [address];
}

/** A pool for worlds that nobody connects to. */
export const paperPool: PodPool = {
  addresses: Array.from({ length: addressCount }, (_, index) => `127.0.9.${index + 1}`),
  ports: [8081, 9091],
};

/** `""` is the rule without a host. */
export const hostPatterns = [
  "",
  "example.com",
  "a.example.com",
  "b.a.example.com",
  "*.example.com",
  "*.a.example.com",
  "*.b.a.example.com",
  "other.test",
] as const;

export const rulePaths = [
  "/",
  "/a",
  "/a/",
  "/ab",
  "/a/b",
  "/a/b/",
  "/a/b/c",
  "/A",
  "/b",
  "",
] as const;

/** Paths that Kubernetes refuses: they must take nothing, and break nothing. */
export const refusedPaths = ["/a//b", "//", "a", "/a/../b"] as const;

/** Class names: ours by its IngressClass, another's by its IngressClass, and one that no object is of. */
export const classNames = ["sekisho", "foreign", "ghost"] as const;

/** Equal ones happen often. */
export const timestamps = ["2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"] as const;
