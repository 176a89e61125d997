import { beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '../../src/provider/failure.ts';
import { afterTheSecret, firstOfHalves, mustRefuse, otherHalves } from '../../src/provider/kit/halves.ts';
import { guarded, noActivity, onlyAsking } from '../../src/provider/possession.ts';
import type { RevokeResult, Step, TokenKind } from '../../src/provider/provider.ts';
import { textOf } from '../../src/provider/upstream.ts';
import { answerOf } from '../../src/upstream/client.ts';
import { parseBase } from '../../src/upstream/wire-request.ts';
import { Secret } from '../../src/words/secret.ts';
import { stepOf } from '../contract/bench.ts';
import { aStep } from '../support/a-step.ts';
import { TRUSTED } from '../support/trusted-kind.ts';

const KIND = { id: 'secret', pattern: /secret-\w+/ };
const KEY: TokenKind = { id: 'key', types: ['x'], pattern: /x/, effect: 'token', ...TRUSTED };
const secrets = (...names: readonly string[]) => names.map((name) => new Secret(`secret-${name}`));

async function found(reported: readonly string[], around: Step['matchesAround']) {
  const step = aStep({ kind: 'id', parts: () => secrets(...reported), matchesAround: around });
  return (await otherHalves(step, KIND)).map((each) => each.reveal());
}

it('of a credential are those of the same report, and then those around the leak', async () => {
  const around = async () => secrets('own', 'a');
  expect(await found(['a'], around)).toEqual(['secret-a', 'secret-own']);
  expect(await found([], around)).toEqual(['secret-own', 'secret-a']);
  const many = [...'abcdefghij'];
  expect(await found([], async () => secrets(...many))).toHaveLength(8);
  expect(await found(many, async () => secrets('own'))).toContain('secret-own');
});

it('of a credential that were reported do not wait for a GitLab that is away', async () => {
  const away = () => Promise.reject(new Failure('unavailable'));
  expect(await found(['a'], away)).toEqual(['secret-a']);
  await expect(found([], away)).rejects.toMatchObject({ code: 'unavailable' });
});

describe('of a credential of which one works', () => {
  async function first(answers: Readonly<Record<string, string | Failure | undefined>>) {
    const asked: string[] = [];
    const answerFor = async (half: string) => {
      asked.push(half);
      const answer = answers[half];
      if (answer instanceof Failure) throw answer;
      return answer;
    };
    const end = await firstOfHalves(Object.keys(answers), answerFor).catch((error: Failure) => error.code);
    return [end, ...asked];
  }
  const odd = new Failure('unexpected-answer');
  const away = new Failure('unavailable');

  it('are tried until one does, though another one is answered oddly', async () => {
    expect(await first({ a: odd, b: undefined, c: 'C', d: 'D' })).toEqual(['C', 'a', 'b', 'c']);
    expect(await first({ a: away.ofEntry(), b: 'B' })).toEqual(['B', 'a', 'b']);
    expect(await first({ a: undefined })).toEqual([undefined, 'a']);
  });

  it('are tried further where one has used up a limit, which may be its own', async () => {
    const asked: string[] = [];
    const upstream = guarded({
      base: 'https://api.example.com',
      async request({ path }) {
        asked.push(textOf(path));
        if (path !== '/c') throw new Failure('throttled');
        return answerOf(parseBase('https://api.example.com'), { status: 200, header: () => '', text: '' });
      },
    });
    const [secret = expect.unreachable(), ours] = secrets('leaked', 'ours');
    const first = (halves: readonly string[], authorization = secret) => {
      asked.length = 0;
      const { permit, signal } = stepOf({ kinds: [KEY] }, secret, { kind: KEY.id });
      const work = () =>
        firstOfHalves(halves, async (half) => {
          const request = { method: 'GET', path: `/${half}`, headers: { authorization } } as const;
          return (await upstream.request({ ...request, statuses: [200], signal })).status;
        });
      return onlyAsking(permit, work, noActivity());
    };

    expect(await first(['a', 'b', 'c'])).toBe(200);
    expect(asked).toEqual(['/a', '/b', '/c']);
    await expect(first(['a', 'b'])).rejects.toMatchObject({ code: 'throttled', byLeaked: true });
    await expect(first(['a', 'c'], ours)).rejects.toMatchObject({ code: 'throttled', byLeaked: false });
    expect(asked).toEqual(['/a']);
  });

  it('are not all refused while one could not be asked about', async () => {
    expect(await first({ a: undefined, b: odd, c: undefined })).toEqual(['unexpected-answer', 'a', 'b', 'c']);
  });

  it('are not tried further at a vendor that is away', async () => {
    expect(await first({ a: away, b: 'B' })).toEqual(['unavailable', 'a']);
  });
});

it('of a credential that are let in with any id are not known by one', async () => {
  const upstream = { base: 'https://api.example.com' };
  const wrong = { code: 'unexpected-answer', target: upstream.base };
  await expect(mustRefuse(upstream, Promise.resolve(true))).rejects.toMatchObject(wrong);
  await expect(mustRefuse(upstream, Promise.resolve(undefined))).resolves.toBeUndefined();
});

describe('of a credential that were reported go before their id', () => {
  let note: unknown;
  const [own, other] = secrets('own', 'other');
  const done = { outcome: 'revoked', proven: false } as const;
  const turn = async (act: () => Promise<RevokeResult>, secret = own) => {
    const remember = (kept: unknown) => {
      note = kept;
    };
    const step = aStep({ kind: 'id', parts: () => secrets('own'), note, remember });
    return afterTheSecret(Object.defineProperty(step, 'note', { get: () => note }), secretOf(secret), act);
  };
  const secretOf = (secret = new Secret('')) => ({ kind: 'secret', secret });
  const acts = async () => done;
  const waits = async () => [await turn(acts), await turn(acts), await turn(acts)];
  const inTurn = [1_000, 3_000, 6_000].map((afterMs) => ({ outcome: 'continue', afterMs }));

  beforeEach(() => {
    note = { place: 'here' };
  });

  it('for ten seconds', async () => {
    expect(await turn(acts, other)).toEqual(done);
    expect(await waits()).toEqual(inTurn);
    expect(await turn(acts)).toEqual(done);
    expect(note).toEqual({ place: 'here', waited: 0 });
  });

  it('once more where a retry, maybe days later, finds both in the ledger again', async () => {
    // As an earlier version left it.
    note = { waited: 3 };
    expect(await turn(acts)).toEqual(done);
    expect(await waits()).toEqual(inTurn);
  });

  it('and not once more when what it does itself fails, or goes on', async () => {
    await waits();
    const away = new Failure('unavailable');
    await expect(turn(() => Promise.reject(away))).rejects.toBe(away);
    const goesOn = { outcome: 'continue', afterMs: 2_000 } as const;
    const noted = async () => {
      note = { ...Object(note), seen: true };
      return goesOn;
    };
    expect(await turn(noted)).toEqual(goesOn);
    expect(await turn(acts)).toEqual(done);
    expect(note).toEqual({ place: 'here', waited: 0, seen: true });
  });
});
