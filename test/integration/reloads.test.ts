import { expect, it } from 'vitest';
import { Reloads } from '../../src/cli/reloads.ts';

it('brings a configuration into force on top of the one that was under way', async () => {
  const first = Promise.withResolvers<{ mode: string; secret: string }>();
  const seen: object[] = [];
  const reloads = new Reloads({ mode: 'revoke', secret: 'old' }, () => expect.unreachable());

  void reloads.next(() => first.promise);
  const second = reloads.next(async (inForce) => {
    seen.push(inForce);
    return { ...inForce, secret: 'new' };
  });
  first.resolve({ mode: 'hold', secret: 'old' });
  await second;
  await reloads.next(async (inForce) => {
    seen.push(inForce);
    return inForce;
  });

  expect(seen).toEqual([
    { mode: 'hold', secret: 'old' },
    { mode: 'hold', secret: 'new' },
  ]);
});

it('keeps what is in force when another one cannot be brought, and tells why', async () => {
  const why: unknown[] = [];
  const reloads = new Reloads('first', (error) => why.push(error));
  const fault = new Error('bad');

  await reloads.next(() => Promise.reject(fault));

  expect(why).toEqual([fault]);
  await reloads.next(async (inForce) => {
    expect(inForce).toBe('first');
    return inForce;
  });
  expect(why).toHaveLength(1);
});
