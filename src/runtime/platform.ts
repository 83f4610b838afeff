/** What this machine is, injected. */

export interface Platform {
  /** As Node names it: `linux`, `darwin`, `win32` … */
  readonly os: string;
  /** As Node names it: `x64`, `arm64` … */
  readonly arch: string;
  /** The C library's version on glibc systems (`2.36`); absent elsewhere, on musl for instance. */
  readonly glibc?: string;
  /** Threads that may run at once, after CPU affinity and container limits. */
  readonly parallelism: number;
  /** Bytes of memory this process may use: the container's limit where there is one, else the machine's. */
  readonly memoryBytes: number;
}
