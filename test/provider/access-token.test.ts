import { describe, expect, it } from 'vitest';
import { createAccessTokens } from '../../src/provider/kit/access-token.ts';
import { Secret } from '../../src/words/secret.ts';
import { FakeClock } from '../support/fake-clock.ts';

function start() {
  const clock = new FakeClock();
  let issued = 0;
  const tokens = createAccessTokens(clock, async () => ({
    token: new Secret(`access-${++issued}`),
    expiresInSeconds: 3600,
  }));
  const get = async () => (await tokens.get(new AbortController().signal)).reveal();
  return { clock, tokens, get };
}

describe('our access token', () => {
  it('is fetched once for many calls', async () => {
    const { get } = start();
    expect([await get(), await get()]).toEqual(['access-1', 'access-1']);
  });

  it('is fetched anew before it ends', async () => {
    const { clock, get } = start();
    await get();
    await clock.advance(3_539_000);
    expect(await get()).toBe('access-1');
    await clock.advance(1000);
    expect(await get()).toBe('access-2');
  });

  it('is fetched anew when the clock was set back, as it may have ended by then', async () => {
    const { clock, get } = start();
    await get();
    clock.jump(-1);
    expect(await get()).toBe('access-2');
  });

  it('is fetched anew after upstream has refused it', async () => {
    const { tokens, get } = start();
    await get();
    tokens.forget();
    expect(await get()).toBe('access-2');
  });
});
