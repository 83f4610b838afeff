/** The text of a password file (htpasswd(1)) → users with their hashes, and which lines nobody can log in by. */

/** How a hash was made. */
export type HashScheme = "apr1" | "bcrypt" | "sha1" | "salted-sha1";

export interface StoredHash {
  readonly scheme: HashScheme;
  readonly text: string;
}

/** A line that is not used. Its hash is not part of it: what is said here is shown to people. */
export interface UnusedLine {
  /** From 1. */
  readonly line: number;
  readonly user: string;
  readonly why: string;
}

export interface PasswordFile {
  readonly users: ReadonlyMap<string, StoredHash>;
  readonly unused: readonly UnusedLine[];
}

/** A hash of more rounds takes seconds, and a worker for as long. */
const maxBcryptCost = 14;

/** Of two lines for one user the first counts, as for nginx and Apache. */
export function parseHtpasswd(text: string): PasswordFile {
  const users = new Map<string, StoredHash>();
  const unused: UnusedLine[] = [];
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const content = raw.trim();
    if (content === "" || content.startsWith("#")) continue;
    const [user = "", hash = ""] = content.split(":");
    const scheme = schemeOf(hash);
    const why =
      typeof scheme === "object" ? scheme.why : users.has(user) ? "the user is there twice" : "";
    if (why !== "" || typeof scheme === "object") unused.push({ line: index + 1, user, why });
    else users.set(user, { scheme, text: hash });
  }
  return { users, unused };
}

function schemeOf(hash: string): HashScheme | { readonly why: string } {
  if (/^\$apr1\$[^$]{1,8}\$[./0-9A-Za-z]{22}$/.test(hash)) return "apr1";
  const bcrypt = /^\$2[aby]\$(\d\d)\$[./0-9A-Za-z]{53}$/.exec(hash);
  if (bcrypt !== null) {
    const cost = Number(bcrypt[1]);
    if (cost >= 4 && cost <= maxBcryptCost) return "bcrypt";
    return { why: `bcrypt of cost ${cost}: at least 4 and at most ${maxBcryptCost} are taken` };
  }
  if (/^\{SHA\}[A-Za-z0-9+/]{27}=$/.test(hash)) return "sha1";
  if (/^\{SSHA\}[A-Za-z0-9+/]{28,}={0,2}$/.test(hash)) return "salted-sha1";
  return { why: "its hash is not of a kind that is taken (htpasswd -m, -B and -s make those)" };
}
