/** RC2 with 40-bit keys in CBC mode (RFC 2268): only to write keystores that old readers know. OpenSSL has it no more by default. */

const piTable = Buffer.from(
  "d978f9c419ddb5ed28e9fd794aa0d89dc67e37832b76538e624c6488448bfba2179a59f587b34f1361456d8d09817d32" +
    "bd8f40eb86b77b0bf09521225c6b4e8254d66593ce60b21c7356c014a78cf1dc1275ca1f3bbee4d1423dd430a33cb626" +
    "6fbf0eda4669075727f21d9bbc944303f811c7f690ef3ee706c3d52fc8661ed708e8eade8052eef784aa72ac354d6a2a" +
    "961ad2715a1549744b9fd05e0418a4ecc2e0416e0f51cbcc2491af50a1f47039997c3a8523b8b47afc02365b25559731" +
    "2d5dfa98e38a92ae05df2910676cbac9d300e6cfe19ea82c6316013f58e289a90d38341bab33ffb0bb480c5fb9b1cd2e" +
    "c5f3db47e5a59c770aa62068fe7fc1ad",
  "hex",
);

/** With as many effective bits as the key has. */
function expandKey(key: Uint8Array): Uint16Array {
  const bytes = new Uint8Array(128);
  bytes.set(key);
  const pi = (index: number): number => piTable[index & 0xff] ?? 0;
  const at = (index: number): number => bytes[index] ?? 0;
  for (let index = key.length; index < 128; index++)
    bytes[index] = pi(at(index - 1) + at(index - key.length));
  bytes[128 - key.length] = pi(at(128 - key.length));
  for (let index = 127 - key.length; index >= 0; index--)
    bytes[index] = pi(at(index + 1) ^ at(index + key.length));
  return Uint16Array.from({ length: 64 }, (_, index) => at(2 * index) | (at(2 * index + 1) << 8));
}

const rotations = [1, 2, 3, 5];

function encryptBlock(words: Uint16Array, keys: Uint16Array): void {
  const r = (index: number): number => words[index & 3] ?? 0;
  const k = (index: number): number => keys[index] ?? 0;
  for (let round = 0, next = 0; round < 16; round++) {
    for (let index = 0; index < 4; index++, next++) {
      const mixed = r(index + 3) & r(index + 2);
      const rest = ~r(index + 3) & r(index + 1);
      const sum = (r(index) + k(next) + mixed + (rest & 0xffff)) & 0xffff;
      const turn = rotations[index] ?? 0;
      words[index] = ((sum << turn) | (sum >> (16 - turn))) & 0xffff;
    }
    if (round !== 4 && round !== 10) continue;
    for (let index = 0; index < 4; index++) words[index] = r(index) + k(r(index + 3) & 63);
  }
}

/** Padded as PKCS #7 has it. */
export function encryptRc2Cbc(key: Uint8Array, iv: Uint8Array, plain: Uint8Array): Uint8Array {
  const keys = expandKey(key);
  const padding = 8 - (plain.length % 8);
  const output = Buffer.concat([plain, Buffer.alloc(padding, padding)]);
  let before = Buffer.from(iv);
  for (let at = 0; at < output.length; at += 8) {
    const block = output.subarray(at, at + 8);
    const words = Uint16Array.from(
      { length: 4 },
      (_, index) => block.readUInt16LE(2 * index) ^ before.readUInt16LE(2 * index),
    );
    encryptBlock(words, keys);
    for (const [index, word] of words.entries()) block.writeUInt16LE(word, 2 * index);
    before = block;
  }
  return output;
}
