/** What of a report is sent, and in which requests. */
import { type ContextOf, withBeside } from './context.ts';
import type { ScannerFinding } from './finding.ts';
import type { Locate } from './location.ts';

/** One element of a request, with what may be shown of it. */
export interface Submission {
  readonly type: string;
  readonly token: string;
  readonly location: string;
  /** The lines around it, where they are at hand, and what the report has beside it. */
  readonly context?: string;
  readonly shown: Shown;
}

/** A finding in words that hold no token. */
export interface Shown {
  /** `file:line`. */
  readonly place: string;
  readonly rule: string;
  readonly type: string;
}

export interface Plan {
  readonly submissions: readonly Submission[];
  /** There is a provider for them, which this Quash was not given what it needs. */
  readonly unconfigured: readonly (Shown & { readonly provider: string })[];
  /** No provider takes any of their types. */
  readonly unsupported: readonly Shown[];
  /** The report does not hold their text. */
  readonly withoutToken: readonly Shown[];
  /** Findings that say what another one says already, be it under another rule. */
  readonly repeated: number;
}

interface PlanOptions {
  /** The type strings that Quash takes. */
  readonly advertised: ReadonlySet<string>;
  readonly locate: Locate;
  /** The lines around a finding, where they can be had. */
  readonly contextOf?: ContextOf;
  /** Which provider takes a type, once it is configured. */
  providerOf(type: string): string | undefined;
}

export function planSubmission(
  findings: readonly ScannerFinding[],
  { advertised, locate, providerOf, contextOf = () => undefined }: PlanOptions,
): Plan {
  const submissions = new Map<string, Planned>();
  const unconfigured: (Shown & { provider: string })[] = [];
  const unsupported: Shown[] = [];
  const withoutToken: Shown[] = [];
  const typeOf = ({ types }: ScannerFinding) => types.find((candidate) => advertised.has(candidate));
  const isSaid = createIsSaid(findings.filter((finding) => typeOf(finding) !== undefined));
  let repeated = 0;
  for (const finding of findings) {
    const type = typeOf(finding);
    if (isSaid(finding, type !== undefined)) {
      repeated++;
      continue;
    }
    if (type === undefined) {
      const own = shownOf(finding, finding.types[0] ?? '');
      const provider = finding.types.map(providerOf).find((id) => id !== undefined);
      if (provider === undefined) unsupported.push(own);
      else unconfigured.push({ ...own, provider });
      continue;
    }
    const shown = shownOf(finding, type);
    const { token } = finding;
    if (token === undefined) {
      withoutToken.push(shown);
      continue;
    }
    const location = locate(finding);
    const key = JSON.stringify([type, token, location]);
    const before = submissions.get(key);
    if (before) {
      repeated++;
      for (const each of finding.beside ?? []) before.beside.add(each);
      continue;
    }
    const submission = { type, token, location, shown };
    submissions.set(key, { submission, lines: contextOf(finding), beside: new Set(finding.beside) });
  }
  const planned = [...submissions.values()].map(withContext);
  return { submissions: planned, unconfigured, unsupported, withoutToken, repeated };
}

interface Planned {
  readonly submission: Submission;
  readonly lines: string | undefined;
  /** Of all findings that say the same. */
  readonly beside: Set<string>;
}

function withContext({ submission, lines, beside }: Planned): Submission {
  const context = withBeside(lines, submission.token, beside);
  return context === undefined ? submission : { ...submission, context };
}

/**
 * Whether another finding has the same secret and leads to its provider: a rule for anything finds what a rule of its own
 * found, and the private key of a key file is found beside the file.
 * @param sent the findings that Quash takes
 */
function createIsSaid(
  sent: readonly ScannerFinding[],
): (finding: ScannerFinding, isSent: boolean) => boolean {
  const byFile = Map.groupBy(sent, ({ file }) => file);
  return ({ file, token }, isSent) => {
    if (token === undefined) return false;
    const beside = byFile.get(file) ?? [];
    if (token.startsWith('-----BEGIN')) {
      return beside.some((other) => other.token !== token && other.token?.includes(token));
    }
    return !isSent && beside.some((other) => other.token === token);
  };
}

/** Reverse proxies refuse larger bodies by default. */
const MAX_BODY_BYTES = 900 * 1024;

/**
 * Requests of at most `size` elements and about 900 KiB. What stands in one file goes into one request where it fits,
 * because Quash pairs the halves of a credential within a request.
 */
export function batchesOf(submissions: readonly Submission[], size: number): readonly Submission[][] {
  const batches: Submission[][] = [];
  let bytes = 0;
  const hasRoom = (elements: number, moreBytes: number) =>
    (batches.at(-1)?.length ?? size) + elements <= size && bytes + moreBytes <= MAX_BODY_BYTES;
  for (const file of Map.groupBy(submissions, fileOf).values()) {
    const isTogether = hasRoom(file.length, sumOf(file.map(bytesOf)));
    for (const submission of file) {
      const more = bytesOf(submission);
      if (isTogether || (submission !== file[0] && hasRoom(1, more))) {
        batches.at(-1)?.push(submission);
        bytes += more;
      } else {
        batches.push([submission]);
        bytes = more;
      }
    }
  }
  return batches;
}

function fileOf({ location }: Submission): string {
  return location.split('#', 1)[0] ?? '';
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

export function elementOf({ shown: _shown, ...element }: Submission): Omit<Submission, 'shown'> {
  return element;
}

function bytesOf(submission: Submission): number {
  return Buffer.byteLength(JSON.stringify(elementOf(submission))) + 1;
}

const MAX_SHOWN_LENGTH = 200;

/** Whoever commits a file or a ruleset chooses these names: they may repeat the token, or steer a terminal. */
function shownOf({ file, startLine, rule, token }: ScannerFinding, type: string): Shown {
  const show = (text: string) => {
    const masked = token === undefined ? text : text.replaceAll(token.trim(), '[token]');
    return masked.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?').slice(0, MAX_SHOWN_LENGTH);
  };
  const line = startLine > 0 ? `:${startLine}` : '';
  return {
    place: `${show(file) || '(no file)'}${line}`,
    rule: show(rule) || '(no rule)',
    type: show(type) || '(no type)',
  };
}
