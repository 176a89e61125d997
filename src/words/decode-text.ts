/** The text of a file or of standard input, which on Windows may be in UTF-16: PowerShell writes it so. */

/**
 * By its byte order mark; without one by its zeros, which neither JSON nor a secret holds. Where a shell has put UTF-16
 * behind UTF-8, all that is ASCII is read without them.
 */
export function decodeText(bytes: Uint8Array): string {
  const [first, second] = bytes;
  const isLittle = (first === 0xff && second === 0xfe) || (first !== 0 && second === 0);
  if (isLittle) return new TextDecoder('utf-16le').decode(bytes);
  const isBig = (first === 0xfe && second === 0xff) || (first === 0 && second !== 0);
  if (isBig) return new TextDecoder('utf-16be').decode(bytes);
  return new TextDecoder('utf-8').decode(bytes).replaceAll('\0', '');
}
