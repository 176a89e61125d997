import type { Environment } from '../config/environment.ts';
import type { ProviderDefinition } from '../provider/provider.ts';
import { decodeText } from '../words/decode-text.ts';
import { printable, printableJson } from '../words/printable.ts';

export const EXIT = { done: 0, failed: 1, usage: 2, unconfigured: 3 } as const;

export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
}

/** All that a command has of the world around it. */
export interface Io {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly stdin: AsyncIterable<string | Uint8Array>;
  readonly env: Environment;
  readonly cwd: string;
  definitions(): Promise<readonly ProviderDefinition[]>;
}

/** A command failed in a way that it can say in one sentence. */
export class CommandError extends Error {
  readonly exitCode: number;

  constructor(
    message: string,
    { exitCode = EXIT.failed, ...options }: ErrorOptions & { exitCode?: number } = {},
  ) {
    super(message, options);
    this.name = 'CommandError';
    this.exitCode = exitCode;
  }
}

export async function readStdin({ stdin }: Pick<Io, 'stdin'>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
  return decodeText(Buffer.concat(chunks));
}

/** Whatever stands in them, it steers no terminal. */
export function printLines(output: Output, lines: readonly string[]): void {
  output.write(lines.map((line) => `${printable(line, '\n')}\n`).join(''));
}

export function printJson(output: Output, value: unknown): void {
  output.write(`${printableJson(JSON.stringify(value, null, 2))}\n`);
}

/** Columns as wide as their widest cell, two spaces apart. */
export function tableLines(rows: readonly (readonly string[])[]): readonly string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  }
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** One line that changes on a terminal; elsewhere a line for each change. */
export function sayOnce(io: Io): (sentence: string) => void {
  const isTerminal = io.stderr.isTTY === true;
  let said = '';
  return (sentence) => {
    if (sentence === said) return;
    said = sentence;
    if (isTerminal) io.stderr.write(`\r\u001b[K${sentence}`);
    else if (sentence !== '') io.stderr.write(`${sentence}\n`);
  };
}
