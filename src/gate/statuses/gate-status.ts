/** What a running gate says of itself. */

export interface GateStatus {
  readonly version: string;
  readonly envoy: {
    readonly version: string;
    readonly state: string;
    readonly pid: number | undefined;
  };
  readonly ports: { readonly http: number; readonly https: number };
  /** The hosts served, each with the URLs under which it answers. */
  readonly urls: readonly string[];
  /** A curl command that a pod or server answers; absent when nothing is forwarded. */
  readonly sample?: string;
  readonly certificates: readonly CertificateStatus[];
  readonly pods: readonly PodStatus[];
  readonly proxies: readonly ProxyStatus[];
  readonly directories: readonly string[];
  readonly data: string;
}

export interface CertificateStatus {
  readonly secret: string;
  readonly serverNames: readonly string[];
  /** RFC 3339; absent when the Secret cannot be used. */
  readonly notAfter?: string;
}

export interface PodStatus {
  readonly namespace: string;
  readonly name: string;
  readonly ready: boolean;
  readonly phase: string;
  readonly address?: string;
}

export interface ProxyStatus {
  readonly id: string;
  readonly connectedSince: string;
  /** Resources that the proxy has been sent and has acknowledged, by type. */
  readonly types: readonly {
    readonly type: string;
    readonly sent: number;
    readonly acknowledged: number;
    readonly lastRefusal?: string;
    /** Some of what the proxy was not sent yet, with what it is: `held`, `kept`, `pending`, `leaving`. */
    readonly waiting: readonly string[];
  }[];
}
