/** What a pod may be told about itself (downward API). */

export interface PodFacts {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly serviceAccountName: string;
  readonly nodeName: string;
  readonly podIp: string;
  readonly hostIp: string;
}

/** The value of a field path (Kubernetes documentation, "Downward API"); undefined for one that does not exist. */
export function fieldValue(facts: PodFacts, path: string): string | undefined {
  const keyed = /^metadata\.(labels|annotations)\['([^']*)'\]$/.exec(path);
  if (keyed !== null) {
    const map = keyed[1] === "labels" ? facts.labels : facts.annotations;
    return map[keyed[2] ?? ""] ?? "";
  }
  switch (path) {
    case "metadata.name":
      return facts.name;
    case "metadata.namespace":
      return facts.namespace;
    case "metadata.uid":
      return facts.uid;
    case "metadata.labels":
      return listing(facts.labels);
    case "metadata.annotations":
      return listing(facts.annotations);
    case "spec.nodeName":
      return facts.nodeName;
    case "spec.serviceAccountName":
      return facts.serviceAccountName;
    case "status.podIP":
    case "status.podIPs":
      return facts.podIp;
    case "status.hostIP":
    case "status.hostIPs":
      return facts.hostIp;
    default:
      return undefined;
  }
}

/** One `key="value"` a line, sorted, as the kubelet writes it into files. */
function listing(map: Readonly<Record<string, string>>): string {
  return Object.keys(map)
    .sort()
    .map((key) => `${key}=${JSON.stringify(map[key])}`)
    .join("\n");
}
