/** Whether a port can be listened on, injected. */

export interface PortProbe {
  /** `other`: the address is not one of this machine. */
  readonly probe: (
    address: string,
    port: number,
  ) => Promise<"free" | "in-use" | "denied" | "other">;
}
