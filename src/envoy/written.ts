/** Bytes from a writer that is kept for the next message: a new one for each would grow by copying every time. */

import { BinaryWriter } from "@bufbuild/protobuf/wire";

const keptWriter = new BinaryWriter();

/** What `write` writes; it must not ask for other bytes in between. */
export function written(write: (writer: BinaryWriter) => void): Uint8Array {
  try {
    write(keptWriter);
  } catch (error) {
    // What is half written must not lead the next message.
    keptWriter.finish();
    throw error;
  }
  return keptWriter.finish();
}
