import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLog } from '../../src/observe/log.ts';
import { Scrubber } from '../../src/observe/scrub.ts';
import { Vault } from '../../src/vault/seal.ts';
import { Secret } from '../../src/words/secret.ts';
import { testKeys } from '../support/test-keys.ts';
import { gitlabToken } from '../support/token-shapes.ts';

const CONFIGURED = 'a password "with" quotes,\nand two lines';
const MINUTE = 60_000;

function logged(scrubber: Scrubber, say: (log: ReturnType<typeof createLog>) => void): string {
  let output = '';
  say(
    createLog({
      level: 'trace',
      destination: { write: (line) => (output += line) },
      scrub: scrubber.scrub,
    }),
  );
  return output;
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a line that by mistake holds', () => {
  it('a configured secret has it replaced, wherever it stands and however it is written', () => {
    const scrubber = new Scrubber();
    scrubber.keep({ providers: { acme: { accounts: [{ password: new Secret(CONFIGURED) }] } } });
    const output = logged(scrubber, (log) => {
      log.info({ password: CONFIGURED, url: `https://a.example.com/?p=${encodeURIComponent(CONFIGURED)}` });
      log.error(new Error(`refused: ${CONFIGURED}`));
    });
    expect(output.match(/\[secret\]/g)?.length).toBeGreaterThanOrEqual(3);
    expect(output).not.toContain('password \\"with');
    expect(output).not.toContain('password%20');
    for (const line of output.trim().split('\n')) expect(() => JSON.parse(line)).not.toThrow();
  });

  it('a password out of a configured address has it replaced', () => {
    const scrubber = new Scrubber();
    scrubber.keep({ upstream: { proxy: 'http://quash:proxy-password@proxy.example.com:3128' } });
    expect(scrubber.scrub('{"proxy":"proxy-password"}')).toBe('{"proxy":"[secret]"}');
  });

  it('a token that was just taken in, or opened, has it replaced', () => {
    const scrubber = new Scrubber();
    const keys = testKeys();
    const parts = { secret: [new Secret('the-other-half-of-it')] };
    const token = new Secret('no-known-shape-at-all');
    const id = 'f'.repeat(32);
    const sealed = new Vault(keys, scrubber.watch).sealMaterial(id, { token, parts });
    const line = '{"a":"no-known-shape-at-all","b":"the-other-half-of-it"}';
    expect(scrubber.scrub(line)).toBe('{"a":"[secret]","b":"[secret]"}');

    const later = new Scrubber();
    expect(later.scrub(line)).toBe(line);
    new Vault(keys, later.watch).openMaterial(id, sealed);
    expect(later.scrub(line)).toBe('{"a":"[secret]","b":"[secret]"}');
  });

  it('a token that begins like a configured secret loses the whole of it', () => {
    const scrubber = new Scrubber();
    scrubber.keep({ password: new Secret('beginning') });
    scrubber.watch('beginning-and-end');
    expect(scrubber.scrub('beginning beginning-and-end')).toBe('[secret] [secret]');
  });

  it('two tokens of which one is the beginning of the other loses the whole of both', () => {
    const scrubber = new Scrubber();
    for (const text of ['beginning', 'beginning-and-end', 'beginning-and']) scrubber.watch(text);
    expect(scrubber.scrub('beginning beginning-and-end beginning-andxx')).toBe(
      '[secret] [secret] [secret]xx',
    );
  });

  it('tokens anywhere, also one after the other, loses all of them', () => {
    const scrubber = new Scrubber();
    const known = ['12345678', 'abcdefghi', '\u00fcber-alles', 'xxxxxxxx-y'];
    for (const text of known) scrubber.watch(text);
    for (let before = 0; before < 20; before++) {
      const line = `${'.'.repeat(before)}${known[0]}${known[1]}-${known[2]}x${known[3]}`;
      expect(scrubber.scrub(line)).toBe(`${'.'.repeat(before)}[secret][secret]-[secret]x[secret]`);
    }
  });

  it('what looks like a token has it replaced although nobody knows it', () => {
    const jwt = [['ey', 'JhbGciOiJub25lIn0'].join(''), ['ey', 'JzdWIiOiJxdWFzaCJ9'].join(''), 'c2ln'];
    const scrubber = new Scrubber();
    expect(scrubber.scrub(`"${gitlabToken()}" "${jwt.join('.')}"`)).toBe('"[secret]" "[secret]"');
  });
});

describe('the scrubber', () => {
  it('leaves ordinary lines as they are', () => {
    const scrubber = new Scrubber();
    scrubber.keep({ password: new Secret('gitlab') });
    const line =
      '{"event":"settled","provider":"gitlab","type":"gitleaks_rule_id_gitlab_personal_access_token","url":"https://sk-example.com"}';
    expect(scrubber.scrub(line)).toBe(line);
  });

  it('knows a token for as long as any work on it lasts, and forgets it then', () => {
    const scrubber = new Scrubber();
    scrubber.watch('token-in-work');
    vi.advanceTimersByTime(5 * MINUTE);
    expect(scrubber.scrub('token-in-work')).toBe('[secret]');
    vi.advanceTimersByTime(5 * MINUTE);
    expect(scrubber.scrub('token-in-work')).toBe('token-in-work');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('knows configured secrets for good', () => {
    const scrubber = new Scrubber();
    scrubber.keep([new Secret('configured-secret')]);
    vi.advanceTimersByTime(60 * MINUTE);
    expect(scrubber.scrub('configured-secret')).toBe('[secret]');
  });

  it('holds a bounded number of tokens, the newest', () => {
    const scrubber = new Scrubber();
    for (let n = 0; n < 100_001; n++) scrubber.watch(`token-number-${n}-of-many`);
    expect(scrubber.scrub('token-number-0-of-many')).toBe('token-number-0-of-many');
    expect(scrubber.scrub('token-number-99999-of-many')).toBe('[secret]');
  });
});
