/** Reads the SSH wire format: fields, each after its length. */
export interface Reader {
  field(): Buffer;
  /** Without the zero that keeps it from being negative. */
  integer(): Buffer;
  count(): number;
}

/** What it returns throws a `RangeError` where the bytes end too soon. */
export function readerOf(bytes: Buffer): Reader {
  let at = 0;
  const count = (): number => {
    at += 4;
    return bytes.readUInt32BE(at - 4);
  };
  const field = (): Buffer => {
    const end = count() + at;
    if (end > bytes.length) throw new RangeError('The field is longer than what is there.');
    const content = bytes.subarray(at, end);
    at = end;
    return content;
  };
  return { field, integer: () => trimmed(field()), count };
}

function trimmed(bytes: Buffer): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  return first === -1 ? Buffer.alloc(0) : bytes.subarray(first);
}

/** The fields behind each other as SSH sends them. */
export function joined(...fields: readonly Buffer[]): Buffer {
  const parts = fields.flatMap((field) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(field.length);
    return [length, field];
  });
  return Buffer.concat(parts);
}

/** A positive number in SSH's spelling. */
export function integer(bytes: Buffer): Buffer {
  const number = trimmed(bytes);
  return (number[0] ?? 0) > 127 ? Buffer.concat([Buffer.of(0), number]) : number;
}

/** The integers of a DER structure, in their order, at any depth. */
export function integersIn(der: Buffer): readonly Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at < der.length; ) {
    const tag = der.readUInt8(at);
    const short = der.readUInt8(at + 1);
    const sizeBytes = short > 127 ? short - 128 : 0;
    const start = at + 2 + sizeBytes;
    const length = sizeBytes === 0 ? short : der.readUIntBE(at + 2, sizeBytes);
    const content = der.subarray(start, start + length);
    if (tag === 2) found.push(content);
    if (tag === 0x30) found.push(...integersIn(content));
    // The first byte of a bit string is the number of its unused bits.
    if (tag === 3) found.push(...integersIn(content.subarray(1)));
    at = start + length;
  }
  return found;
}
