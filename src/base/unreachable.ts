/** Marks the end of a `switch` over a closed union; the compiler rejects it when a case is missing. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
