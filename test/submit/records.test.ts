import { describe, expect, it } from 'vitest';
import { parseRecords } from '../../src/submit/records.ts';
import { readReport } from '../../src/submit/report.ts';
import { decodeText } from '../../src/words/decode-text.ts';
import { REPORTS, reportText, TOKENS } from './reports.ts';

const A = { a: 1, text: 'with "quotes", \\ and } in it' };
const B = { b: [{ c: null }] };

function pretty(value: unknown): string {
  return JSON.stringify(value, null, 2);
}

describe('the values of a report', () => {
  it.each([
    ['lines', `${JSON.stringify(A)}\n${JSON.stringify(B)}\n`],
    ['lines with the ends of Windows', `${JSON.stringify(A)}\r\n${JSON.stringify(B)}\r\n`],
    ['what jq makes of lines', `${pretty(A)}\n${pretty(B)}\n`],
    ['arrays, one after the other', `${pretty([A])}\n${pretty([B])}\n`],
    ['compact arrays, one a line', `${JSON.stringify([A])}\n${JSON.stringify([B])}`],
    ['arrays without a line end between them', `${JSON.stringify([A])}${JSON.stringify([B])}`],
    ['what jq -s makes of arrays', pretty([[A], [B]])],
    ['values beside nothing', `null\n${pretty(A)}\n[]\n${pretty([null, B])}`],
    [
      'values among the words of a log',
      `12:00 [INF] {scan}\n${pretty(A)}\n[INFO] a "word\n${pretty(B)}\n2 leaks`,
    ],
  ])('are read from %s', (_, text) => {
    expect(parseRecords(text)).toEqual({ records: [A, B], brokenLines: [], hasValue: true });
  });

  it.each([
    ['the last line', `${JSON.stringify(A)}\n{"b": [{"c`, 2],
    ['the last line of an array', `[\n${pretty(A)},\n{"b": "x`, 1],
    ['a line in between', `{"b": [{"c\n${JSON.stringify(A)}\n`, 1],
    ['one bracket', `${JSON.stringify(A)}\n{"b": [1}\n`, 2],
    ['one comma', `${JSON.stringify(A)}\n{"b": 1,}\n`, 2],
  ])('are kept when %s is broken, and the line is told', (_, text, line) => {
    expect(parseRecords(text)).toMatchObject({ records: [A], brokenLines: [line] });
  });

  it('are found in a time that grows with the text alone', () => {
    const deep = '['.repeat(200_000);

    expect(parseRecords(deep)).toMatchObject({ records: [], brokenLines: [1] });
    expect(parseRecords('{"'.repeat(200_000))).toMatchObject({ records: [] });
  });
});

describe('the text of a report', () => {
  it('may go on in UTF-16, as PowerShell goes on with any file', () => {
    const appended = Buffer.from(`${JSON.stringify(A)}\r\n`, 'utf16le');
    const bytes = Buffer.concat([Buffer.from(`${JSON.stringify({ a: '\u00e9' })}\n`), appended]);

    expect(parseRecords(decodeText(bytes)).records).toEqual([{ a: '\u00e9' }, A]);
  });

  it('is read as a report in UTF-16, too', () => {
    const report = reportText(REPORTS.gitleaks);

    expect(readReport(Buffer.from(`\ufeff${report}`, 'utf16le'))).toEqual(readReport(report));
  });
});

describe('a report that was cut off', () => {
  it('has the findings that are whole, and says at which line it breaks', () => {
    const report = reportText(REPORTS.trufflehog);
    const cut = report.slice(0, report.indexOf(TOKENS['aws-id']));

    expect(readReport(cut)).toMatchObject({
      findings: [{ token: TOKENS.gitlab }],
      faults: ['Line 3 is not JSON; is the report whole?'],
    });
  });
});
