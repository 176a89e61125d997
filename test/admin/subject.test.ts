/** What a vendor told of a token, where persons see it: text that somebody else chose. */
import { expect, it } from 'vitest';
import { NO_PROGRESS } from '../../src/ledger/entry.ts';
import { adminPort, entryId } from './admin-port.ts';

const HOSTILE = '<img src=x onerror=alert(1)>';

it('shows whose a token is on its page, in the API and in an export, and lets none of it act', async () => {
  const { ledger, clock, report, accept, call, page, app, headers } = adminPort();
  await accept(report(1));
  const options = { now: clock.now(), limit: 1, leaseMs: 60_000, maxPerHour: 0 };
  const [claim] = (await ledger.claim('fake', options)).claims;
  if (!claim) throw new Error('There is one.');
  const subject = { owner: '=HYPERLINK("https://evil.example")', name: HOSTILE, scopes: ['api', 'read'] };
  await ledger.settle(claim, {
    ...{ now: clock.now(), state: 'done', outcome: { kind: 'revoked', verified: true } },
    ...{ progress: NO_PROGRESS, events: [], subject },
  });

  expect((await call('GET', `/revocations/${entryId(1)}`)).body).toMatchObject({ subject });
  const shown = await page(`/revocations/${entryId(1)}`);
  expect(shown).toContain('&lt;img src=x onerror=alert(1)&gt;');
  expect(shown).not.toContain(HOSTILE);
  const csv = await (await app.request('/api/export?format=csv', { headers })).text();
  expect(csv).toContain('api read');
  expect(csv).not.toMatch(/(^|,|")=HYPERLINK/m);
});
