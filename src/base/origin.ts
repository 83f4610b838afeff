/** Where something comes from: an object and the place in it, or a place in a file. */

export interface Origin {
  /** A kind id (`Ingress.networking.k8s.io`, `Service`), or `File` for what is wrong with a file itself; its name is then the path. */
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** A path as kubectl prints it: `spec.rules[0].http.paths[1].backend`; empty for the whole object. Annotations: `metadata.annotations[nginx.org/x]`. */
  readonly path: string;
}

/** The same object, another place in it. */
export function at(origin: Origin, path: string): Origin {
  return { ...origin, path };
}

/** `Ingress/default/cafe spec.rules[0]`: for access logs, metadata and messages. */
export function formatOrigin(origin: Origin): string {
  const group = origin.kind.indexOf(".");
  const kind = group < 0 ? origin.kind : origin.kind.slice(0, group);
  const object = `${kind}/${origin.namespace}/${origin.name}`;
  return origin.path === "" ? object : `${object} ${origin.path}`;
}

/** A place in a file; lines and columns count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** The origin that stands for a file itself. */
export function fileOrigin(file: string): Origin {
  return { kind: "File", namespace: "", name: file, path: "" };
}
