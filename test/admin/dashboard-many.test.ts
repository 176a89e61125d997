/** The pages of the dashboard that are about many leaks. */
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../src/words/outcome.ts';
import { adminPort, entryId, placeIn } from './admin-port.ts';

const NOT_PERMITTED: Outcome = {
  kind: 'refused',
  verified: false,
  reason: 'not-permitted',
  advice: 'Give it <rights>.',
};
const MANUAL: Outcome = { kind: 'refused', verified: false, reason: 'manual', advice: 'By hand.' };
const UNPROVEN: Outcome = { kind: 'held', verified: false, reason: 'unproven', advice: 'Look.' };
const attention = (outcome: Outcome) => ({ initial: { state: 'attention', outcome } }) as const;

async function withLeaks() {
  const port = adminPort();
  const { accept, report } = port;
  await accept(
    ...[1, 2, 3].map((n) => report(n, attention(NOT_PERMITTED))),
    report(4, attention(MANUAL)),
    report(5, { initial: { state: 'held', outcome: UNPROVEN }, location: placeIn('other/app') }),
  );
  const statesOf = async (...numbers: number[]) =>
    Promise.all(numbers.map(async (n) => (await port.ledger.get(entryId(n)))?.state));
  return { ...port, statesOf };
}

const RETRY = 'action=retry&state=attention&provider=fake&outcome=refused&reason=not-permitted';

describe('the list of leaks', () => {
  it('filters by project, outcome and reason, and shows the project', async () => {
    const { page } = await withLeaks();
    const shown = async (query: string) => {
      const text = await page(`/revocations?${query}`);
      return [1, 2, 3, 4, 5].filter((n) => text.includes(`id="entry-${entryId(n)}"`));
    };

    expect(await shown('project=other')).toEqual([5]);
    expect(await shown('outcome=refused')).toEqual([1, 2, 3, 4]);
    expect(await shown('reason=manual')).toEqual([4]);
    expect(await shown('path=config.*&state=held')).toEqual([5]);
    expect(await shown('path=elsewhere')).toEqual([]);
    expect(await page('/revocations?project=other')).toContain('>other/app</a>');
  });

  it('groups what waits for a person by its cause, the most frequent first', async () => {
    const { page } = await withLeaks();

    const text = await page('/revocations?state=attention');

    const [many, few] = [text.indexOf('Retry all 3'), text.indexOf('Retry all 1')];
    expect(many).toBeGreaterThan(0);
    expect(few).toBeGreaterThan(many);
    expect(text).toContain('Give it &lt;rights&gt;.');
    expect(text).toContain(`/decide?${RETRY.replaceAll('&', '&amp;')}`);
    expect(await page('/revocations?state=held')).toContain('Approve all 1');
    expect(await page('/revocations')).not.toContain('By cause');
  });
});

describe('a decision about many leaks', () => {
  const send = (page: Awaited<ReturnType<typeof withLeaks>>['page'], query: string) =>
    page('/decide', { ...Object.fromEntries(new URLSearchParams(query)), from: `/decide?${query}` });

  it('is asked about with their number, and then made, with a result for each', async () => {
    const { page, statesOf } = await withLeaks();
    expect(await page(`/decide?${RETRY}`)).toContain('Retry all 3 of these?');

    const answer = await send(page, RETRY);

    expect(answer).toContain('<h1>Retried 3 leaks</h1>');
    for (const n of [1, 2, 3]) expect(answer).toContain(`href="/revocations/${entryId(n)}"`);
    expect(answer.match(/It is tried again now/g)).toHaveLength(3);
    expect(await statesOf(1, 2, 3, 4)).toEqual(['queued', 'queued', 'queued', 'attention']);
    expect(await page(`/decide?${RETRY}`)).toContain('None of them is left.');
  });

  it('is offered for all that a list shows, and touches nothing else', async () => {
    const { page, statesOf, accept, report } = await withLeaks();
    await accept(report(6, { ...attention(MANUAL), location: placeIn('other/app') }));
    const query = 'action=retry&state=attention&project=other%2Fapp';
    const list = await page('/revocations?state=attention&project=other/app');
    expect(list).toContain(`href="/decide?${query.replaceAll('&', '&amp;')}"`);
    expect(await page(`/decide?${query}`)).toContain('All providers: Needs a person, in other/app');
    const path = await page('/decide?action=retry&state=attention&path=config.yml');
    expect(path).toContain('All providers: Needs a person, at config.yml');
    expect(path).toContain('Retry all 5 of these?');
    expect(path).toContain('name="path" value="config.yml"');

    await send(page, query);

    expect(await statesOf(1, 4, 5, 6)).toEqual(['attention', 'attention', 'held', 'queued']);
  });

  it('approves what is unproven where that is the cause', async () => {
    const { page, statesOf } = await withLeaks();

    await send(page, 'action=approve&state=held&provider=fake&outcome=held&reason=unproven');

    expect(await statesOf(5)).toEqual(['queued']);
  });

  it('leaves what came, or has changed, since it was asked about', async () => {
    const { page, ledger, statesOf, report } = await withLeaks();
    const query = 'action=approve&state=held&provider=fake&outcome=held&reason=unproven';
    const seen = /name="as-of" value="(\d+)"/.exec(await page(`/decide?${query}`))?.[1] ?? '';
    const further = report(6, { initial: { state: 'held', outcome: UNPROVEN } });
    await ledger.accept([further], { now: Number(seen) + 1, backlog: 1_000_000 });

    const answer = await send(page, `${query}&as-of=${seen}`);

    expect(answer).toContain('1 done, 1 not done.');
    expect(answer).toContain('Something has happened to the entry since it was looked at');
    expect(await statesOf(5, 6)).toEqual(['queued', 'held']);
  });

  it('says beforehand what stays as it is, and why', async () => {
    const { page, accept, report, statesOf } = await withLeaks();
    const wider: Outcome = { kind: 'held', verified: false, reason: 'wider', advice: 'Look.' };
    await accept(report(6, { initial: { state: 'held', outcome: wider } }));
    const query = 'action=approve&state=held';

    const question = await page(`/decide?${query}`);
    const answer = await send(page, query);

    expect(question).toContain('Approve all 1 of these?');
    expect(question).toContain('1 other stays as it is. Nothing shows that its secret leaked');
    expect(answer).toContain('<h1>Approved 1 of 2 leaks</h1>');
    expect(answer).toContain('1 done, 1 not done.');
    expect(answer.indexOf('Nothing shows')).toBeLessThan(answer.indexOf('Approved: it is revoked'));
    expect(await statesOf(5, 6)).toEqual(['held', 'queued']);
  });

  it('is not made where it is not said about what', async () => {
    const { page, statesOf } = await withLeaks();

    const answer = await page('/decide', { action: 'retry', from: `/decide?${RETRY}` });
    const unseen = await send(page, `${RETRY}&as-of=`);

    expect(answer).toContain('It is not said what is to be decided');
    expect(unseen).toContain('It is not said when it was seen');
    expect(await statesOf(1, 4)).toEqual(['attention', 'attention']);
  });
});

describe('the page of projects', () => {
  it('has a row for each, with what is open', async () => {
    const { page } = await withLeaks();

    const text = await page('/projects');

    expect(text).toMatch(/acme\/app<\/a><\/th>\s*<td data-label="Open">4</);
    expect(text).toMatch(/other\/app<\/a><\/th>\s*<td data-label="Open">1</);
    expect(text).not.toContain('Newest leaks');
    const held = '/revocations?state=held&amp;project=https%3A%2F%2Fgitlab.example.com%2Fother%2Fapp';
    expect(text).toContain(
      `<a href="${held}" aria-label="1 of https://gitlab.example.com/other/app: Waits for approval">1</a>`,
    );
  });

  it('shows the leaks of one, and leads to it', async () => {
    const { page } = await withLeaks();

    const text = await page('/projects?project=https://gitlab.example.com/other/app');

    expect(text).toContain(`id="entry-${entryId(5)}"`);
    expect(text).not.toContain(`id="entry-${entryId(1)}"`);
    expect(text).toContain('href="https://gitlab.example.com/other/app" rel="noopener noreferrer nofollow"');
  });
});

it('leads to the line of a leak, and says who reported it', async () => {
  const { accept, report, page } = adminPort();
  const location = 'https://gitlab.example.com/acme/app/-/raw/0abc/config.yml#L7';
  await accept(report(1, { location, caller: 'ci' }));

  const text = await page(`/revocations/${entryId(1)}`);

  expect(text).toContain('href="https://gitlab.example.com/acme/app/-/blob/0abc/config.yml#L7"');
  expect(text).toContain(' by ci');
});
