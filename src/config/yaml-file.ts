import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { type Document, isNode, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import { ConfigError, systemCode } from './faults.ts';

/** More references than this to anchors are an attack or an accident, not a configuration. */
const MAX_ALIASES = 100;

/**
 * Reads a YAML file that holds one mapping; an empty file is an empty mapping.
 * @param label how the file is called in faults
 * @throws {ConfigError} when it cannot be read or is not valid; the sentences quote none of its content
 */
export function readYamlFile(path: string, label: string): Readonly<Record<string, unknown>> {
  const refuse = (message: string) => new ConfigError([{ source: label, path: '', message }]);
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw refuse(`cannot be read (${systemCode(error)})`);
  }
  // Some editors and shells write other encodings, in which a key is none and a password another one.
  if (!isUtf8(bytes)) throw refuse('expected a file in UTF-8');
  const text = bytes.toString();
  const lines = new LineCounter();
  // Without prettyErrors: those quote the line, which may hold a secret.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const problems = [...document.errors, ...document.warnings, ...oddKeys(document)];
  if (problems.length > 0) {
    const faults = problems.map((problem) => {
      const { line, col } = lines.linePos(problem.pos[0]);
      return { source: `${label}:${line}:${col}`, path: '', message: sentenceFor(problem) };
    });
    throw new ConfigError(faults);
  }
  let content: unknown;
  try {
    content = document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch {
    throw refuse(`expected anchors that exist, and at most ${MAX_ALIASES} references to them`);
  }
  if (content === null || content === undefined) return {};
  if (typeof content !== 'object' || Array.isArray(content)) throw refuse('expected a mapping of keys');
  return content as Record<string, unknown>;
}

/** Refuses keys that are no plain texts: the library would turn them into text, and quote it in a warning. */
function oddKeys(document: Document): readonly { readonly code: string; readonly pos: readonly [number] }[] {
  const found: { code: string; pos: [number] }[] = [];
  visit(document, {
    Pair(_, { key }) {
      if (isNode(key) && !isScalar(key)) found.push({ code: 'ODD_KEY', pos: [key.range?.[0] ?? 0] });
    },
  });
  return found;
}

interface Problem {
  readonly code: string;
  /** The library's own words. */
  readonly message?: string;
}

function sentenceFor({ code, message = '' }: Problem): string {
  // The library takes a bracket that is not closed for a line that should be further in.
  if (code === 'BAD_INDENT' && message.startsWith('Flow')) return NOT_CLOSED;
  return SYNTAX_FAULTS[code] ?? 'not valid YAML';
}

const NOT_CLOSED = 'a [ or { above this is not closed';
const SYNTAX_FAULTS: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'this key is given twice',
  TAB_AS_INDENT: 'expected spaces, not tabs, as indentation',
  BAD_INDENT: 'this line is not indented as it should be',
  BAD_ALIAS: 'this anchor or reference is not valid',
  ODD_KEY: 'expected a plain text as the key',
  MULTIPLE_DOCS: 'expected one document only',
  TAG_RESOLVE_FAILED: 'this tag is not known',
  MISSING_CHAR: 'not valid YAML: a quote, a bracket or a colon is missing',
};
