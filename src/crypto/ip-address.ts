/** IP addresses as text, and as the 4 or 16 bytes that a certificate holds (RFC 5280 §4.2.1.6). */

/** The bytes of an IPv4 or IPv6 address without brackets and zone; throws on anything else. */
export function addressBytes(address: string): Uint8Array {
  const bytes = address.includes(":") ? sixteenBytes(address) : fourBytes(address);
  if (bytes === undefined) throw new Error(`${JSON.stringify(address)} is no IP address`);
  return bytes;
}

/** Whether a text is an address as {@link addressBytes} reads it. */
export function isAddress(text: string): boolean {
  return (text.includes(":") ? sixteenBytes(text) : fourBytes(text)) !== undefined;
}

/** The canonical text (RFC 5952) of 4 or 16 bytes. */
export function formatAddressBytes(bytes: Uint8Array): string | undefined {
  if (bytes.length === 4) return bytes.join(".");
  if (bytes.length !== 16) return undefined;
  const groups = Array.from({ length: 8 }, (_, index) =>
    (((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0)).toString(16),
  );
  return canonicalSix(groups.join(":"));
}

function fourBytes(text: string): Uint8Array | undefined {
  const parts = text.split(".");
  const isOne = parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part));
  const numbers = parts.map(Number);
  return isOne && numbers.every((number) => number <= 255) ? Uint8Array.from(numbers) : undefined;
}

function sixteenBytes(text: string): Uint8Array | undefined {
  const canonical = canonicalSix(text);
  if (canonical === undefined) return undefined;
  const [head = "", tail] = canonical.split("::");
  const groupsOf = (half: string | undefined): readonly string[] =>
    half === undefined || half === "" ? [] : half.split(":");
  const [first, last] = [groupsOf(head), groupsOf(tail)];
  const zeros = Array.from({ length: 8 - first.length - last.length }, () => "0");
  return Uint8Array.from(
    [...first, ...zeros, ...last].flatMap((group) => {
      const value = Number.parseInt(group, 16);
      return [value >> 8, value & 0xff];
    }),
  );
}

/** The parser of URLs knows every way to write IPv6 and gives one back (URL standard, "IPv6 serializer"). */
function canonicalSix(text: string): string | undefined {
  return /^[0-9a-fA-F:.]+$/.test(text)
    ? URL.parse(`http://[${text}]`)?.hostname.slice(1, -1)
    : undefined;
}
