/** How ACME servers are reached: one request, one bounded answer. */

/** What a server is asked for, as metrics tell it; URLs are its own to choose. */
export type AcmeAction =
  | "get_directory"
  | "get_nonce"
  | "register_account"
  | "update_account"
  | "change_account_key"
  | "create_order"
  | "get_order"
  | "finalize_order"
  | "get_authorization"
  | "accept_challenge"
  | "get_cert"
  | "revoke_cert"
  | "get_renewal_info";

/** What is asked for, and where. */
export interface AcmeTarget {
  readonly action: AcmeAction;
  readonly url: string;
}

export interface AcmeRequest extends AcmeTarget {
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface AcmeAnswer {
  readonly status: number;
  /** Names in lower case; several of one name are joined by commas. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Throws AcmeError `unreachable`. Redirects are not followed. */
export type AcmeTransport = (request: AcmeRequest, signal: AbortSignal) => Promise<AcmeAnswer>;
