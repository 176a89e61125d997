/**
 * From the text of a report to its JSON values, whatever happened to it on the way: `jq` breaks lines and collects values
 * in arrays, `cat` puts one report behind the other, and a scanner that is killed leaves half a value. What is whole is
 * read.
 */

export interface Records {
  /** The values in their order, arrays dissolved, without `null`. */
  readonly records: readonly unknown[];
  /** Lines, counted from 1, at which a value begins that is not whole. */
  readonly brokenLines: readonly number[];
  /** There was at least one value, be it an empty array or `null`. */
  readonly hasValue: boolean;
}

export function parseRecords(text: string): Records {
  const whole = parse(text);
  const { values, brokenLines } = whole === NOT_JSON ? valuesIn(text) : { values: [whole], brokenLines: [] };
  return { records: values.flatMap(dissolved), brokenLines, hasValue: values.length > 0 };
}

/** `jq -s` puts arrays into an array; further in, an array belongs to its record. */
function dissolved(value: unknown): readonly unknown[] {
  return [value].flat(3).filter((record) => record !== null);
}

const NOT_JSON = Symbol('not JSON');

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return NOT_JSON;
  }
}

/** How an object or an array of objects begins; a log line may begin with a bracket, too. */
const BEGINNING = /\{\s*(?:["}]|$)|\[\s*(?:[[{\]]|null\b|$)/y;
const TOKEN = /["\\{}[\]\n]|(?<=^|\n)[^\S\n]*null[^\S\n]*(?=\n|$)/g;
const CLOSING: Readonly<Record<string, string>> = { '{': '}', '[': ']' };

/** An object or array that was not closed yet. */
interface Open {
  readonly at: number;
  readonly line: number;
  /** The whole ones directly within it: all that is left of it if it is never closed. */
  readonly within: [start: number, end: number][];
}

/** Values that begin a line or follow another one; what scanners print beside them is left out. */
function valuesIn(text: string): {
  readonly values: readonly unknown[];
  readonly brokenLines: readonly number[];
} {
  const values: unknown[] = [];
  const brokenLines: number[] = [];
  let open: Open[] = [];
  let isInString = false;
  let line = 1;
  /** Behind the last value or line end. */
  let boundary = 0;

  const salvage = () => {
    const [outermost] = open;
    if (!outermost) return;
    brokenLines.push(outermost.line);
    for (const [start, end] of open.flatMap(({ within }) => within)) {
      const value = parse(text.slice(start, end));
      if (value !== NOT_JSON) values.push(value);
    }
    open = [];
  };
  const begins = (at: number) => {
    if (open.length > 0) return true;
    BEGINNING.lastIndex = at;
    return BEGINNING.test(text) && /^[\s,]*$/.test(text.slice(boundary, at));
  };
  const close = (at: number) => {
    const closed = open.pop();
    if (!closed) return;
    if (CLOSING[text[closed.at] ?? ''] !== text[at]) {
      open.push(closed);
      salvage();
      return;
    }
    const outer = open.at(-1);
    if (outer) {
      outer.within.push([closed.at, at + 1]);
      return;
    }
    boundary = at + 1;
    const value = parse(text.slice(closed.at, boundary));
    if (value !== NOT_JSON) values.push(value);
    else {
      open = [closed];
      salvage();
    }
  };

  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text); match; match = TOKEN.exec(text)) {
    const [token] = match;
    if (token === '\n') {
      line++;
      // No string goes on in the next line: this one was cut off.
      isInString = false;
      if (open.length === 0) boundary = match.index + 1;
    } else if (token === '\\') {
      if (isInString && text[match.index + 1] !== '\n') TOKEN.lastIndex++;
    } else if (token === '"') isInString = open.length > 0 && !isInString;
    else if (isInString) continue;
    else if (token === '{' || token === '[') {
      if (begins(match.index)) open.push({ at: match.index, line, within: [] });
    } else if (token === '}' || token === ']') close(match.index);
    else if (open.length === 0) values.push(null);
  }
  salvage();
  return { values, brokenLines };
}
