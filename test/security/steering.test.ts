/** Names that committers chose steer no terminal and turn no text, wherever a person reads them. */
import { describe, expect, it } from 'vitest';
import { createAdminApp } from '../../src/admin/app.ts';
import { printJson, printLines } from '../../src/cli/io.ts';
import { Secret } from '../../src/words/secret.ts';
import { aReport } from '../contract/ledger-suite.ts';
import { authenticatorOf } from '../support/callers.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FAKE_TYPE, fakeProvider, fakeRegistry } from '../support/fake-provider.ts';
import { httpFixture } from '../support/http-fixture.ts';

const ADMIN = 'admin-token-of-the-tests';
/** Escape, control sequence introducer, next line, right-to-left override, isolate, mark, separators of lines. */
const STEERING = '\u001b\u009b\u0085\u202e\u2066\u200f\u061c\u2028\u2029';
const LOCATION = `https://gitlab.example.com/acme/app/-/raw/0123abcd/a${STEERING}z ü\u200dك.txt`;
const CLEAN = 'https://gitlab.example.com/acme/app/-/raw/0123abcd/az ü\u200dك.txt';

function written(print: (output: { write(text: string): unknown }) => void): string {
  let text = '';
  print({ write: (more) => (text += more) });
  return text;
}

describe('what steers a terminal or turns the direction of text', () => {
  it('is taken out of a location when it is reported', async () => {
    const { post, ledger, vault } = httpFixture();

    await post([{ type: FAKE_TYPE, token: 'fake-a', location: LOCATION }]);

    const entry = await ledger.get(vault.fingerprint('fake', new Secret('fake-a')));
    expect(entry?.locations).toEqual([CLEAN]);
  });

  it('is not on the dashboard, though an earlier version kept it', async () => {
    const { ledger } = httpFixture();
    const clock = new FakeClock();
    const app = createAdminApp({
      ...{
        host: '127.0.0.1',
        ledger,
        clock,
        observe: () => {},
        draining: () => false,
        startSweep: async () => '',
        fingerprint: () => '',
      },
      settings: () => ({
        registry: fakeRegistry([fakeProvider()]),
        limits: { failedAuth: async () => {} },
        authenticator: authenticatorOf('operator', ADMIN),
        readable: [],
        channels: [],
        secureCookies: false,
      }),
    });
    const report = aReport('a', { provider: 'fake', kind: 'token', type: FAKE_TYPE, location: LOCATION });
    await ledger.accept([report], { now: clock.now(), backlog: 10 });
    const signedIn = await app.request('/sign-in', {
      method: 'POST',
      body: new URLSearchParams({ token: ADMIN }),
    });
    const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? '';

    const page = await (await app.request('/revocations/a', { headers: { cookie } })).text();

    expect(page).toContain(CLEAN);
    expect([...STEERING].filter((sign) => page.includes(sign))).toEqual([]);
    expect(page).toContain('\n');
  });

  it('is not in what a command prints, and escaped in its JSON', () => {
    expect(written((output) => printLines(output, [LOCATION, 'next']))).toBe(`${CLEAN}\nnext\n`);

    const json = written((output) => printJson(output, { location: LOCATION }));
    expect([...STEERING].filter((sign) => json.includes(sign))).toEqual([]);
    expect(JSON.parse(json)).toEqual({ location: LOCATION });
  });
});
