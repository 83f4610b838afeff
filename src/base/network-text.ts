/** Networks and addresses as people write them. */

/** Whether a text names a DNS server that is asked: `192.0.2.1:53`, `[2001:db8::1]:53`, or an https URL (RFC 8484). */
export function isNameserver(value: string): boolean {
  if (value.startsWith("https://")) return URL.canParse(value);
  return /^(\[[0-9a-fA-F:.]+\]|[^\s:[\]]+):\d{1,5}$/.test(value);
}

/** Whether a text is `10.0.0.0/8`, `2001:db8::/32`, or one address. */
export function isNetwork(value: string): boolean {
  const [address = "", length, ...rest] = value.split("/");
  if (rest.length > 0) return false;
  const isV4 =
    /^(0|[1-9]\d{0,2})(\.(0|[1-9]\d{0,2})){3}$/.test(address) &&
    address.split(".").every((part) => Number(part) <= 255);
  const isV6 =
    address.includes(":") &&
    /^[0-9a-fA-F:.]+$/.test(address) &&
    URL.canParse(`http://[${address}]/`);
  if (!isV4 && !isV6) return false;
  return length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= (isV4 ? 32 : 128));
}

/** Whether a text is one address, without a length. */
export function isIpAddress(value: string): boolean {
  return isNetwork(value) && !value.includes("/");
}
