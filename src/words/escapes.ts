/** How programs write characters that mean something to them: for a terminal, into a page, an address, JSON, or a command. */

const ESC = String.fromCharCode(0x1b);
const SPACES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };
const NAMES: Readonly<Record<string, string>> = { quot: '"', apos: "'", amp: '&', lt: '<', gt: '>' };
const WRITABLE = new RegExp(`^[\\t\\n\\r${ESC}\\x20-\\x7e]$`);

interface Way {
  readonly mark: RegExp;
  /** @returns undefined of what stands for no such character, and stays */
  meant(groups: Readonly<Record<string, string | undefined>>): string | undefined;
}

const COLOUR: Way = {
  // Its first character as it is, by its number, or by a letter.
  mark: new RegExp(`(?:${ESC}|\\\\(?:033|x1[bB]|u001[bB]|e))\\[[\\d;]{0,20}[mK]`, 'g'),
  meant: () => '',
};
const PAGE: Way = {
  // The last semicolon may be cut off.
  mark: /&(?:(?<name>quot|apos|amp|lt|gt)|#x(?<hex>[0-9a-fA-F]{2})|#(?<number>\d{2,3}))(?:;|$)/g,
  meant: ({ name, hex, number }) => (name === undefined ? character(hex, number) : NAMES[name]),
};
const ADDRESS: Way = { mark: /%(?<hex>[0-9a-fA-F]{2})/g, meant: ({ hex }) => character(hex) };
const TEXT: Way = {
  mark: /\\(?:(?:u00|x)(?<hex>[0-9a-fA-F]{2})|(?<space>[nrt])|(?<itself>[^A-Za-z\d\s]))/g,
  meant: ({ hex, space, itself }) => itself ?? (space === undefined ? character(hex) : SPACES[space]),
};
const WAYS = [COLOUR, PAGE, ADDRESS, TEXT];

function character(hex: string | undefined, number = ''): string | undefined {
  const text = String.fromCharCode(hex === undefined ? Number(number) : Number.parseInt(hex, 16));
  return WRITABLE.test(text) ? text : undefined;
}

/** Most texts have none of these. */
const MAY_ESCAPE = new RegExp(`[\\\\%&${ESC}]`);

/** JSON in JSON in an address. */
const MAX_FORMS = 8;
/** Each costs as much as the text itself, and anybody may report long ones: of these each way is tried alone. */
const MAX_LENGTH_OF_ALL = 64 * 1024;

/** The texts of which this one may have been made, those first that take the fewest ways back. */
export function unescapedForms(text: string): readonly string[] {
  if (!MAY_ESCAPE.test(text)) return [];
  const most = Math.max(WAYS.length, Math.min(MAX_FORMS, MAX_LENGTH_OF_ALL / text.length));
  const forms = new Set([text]);
  for (const form of forms) {
    for (const way of WAYS) if (forms.size <= most) forms.add(unescaped(form, way));
    if (forms.size > most) break;
  }
  forms.delete(text);
  return [...forms];
}

function unescaped(text: string, { mark, meant }: Way): string {
  return text.replace(mark, (whole: string, ...rest: unknown[]) => {
    const groups = (typeof rest.at(-1) === 'object' ? rest.at(-1) : {}) as Parameters<Way['meant']>[0];
    return meant(groups) ?? whole;
  });
}

/** The longest that have a use. */
const LONGEST = 32;

/** In JSON in JSON, a backslash stands there for each level. */
const NESTED = new RegExp(`\\\\*${TEXT.mark.source}`, 'g');
const ESCAPES = [COLOUR.mark, PAGE.mark, ADDRESS.mark, NESTED];

/** Whether a place in a text is within an escape. */
export function isWithinEscape(text: string, at: number): boolean {
  const start = Math.max(0, at - LONGEST);
  const near = text.slice(start, at + LONGEST);
  const place = at - start;
  return ESCAPES.some((mark) =>
    [...near.matchAll(mark)].some(({ 0: { length }, index }) => index < place && place < index + length),
  );
}
