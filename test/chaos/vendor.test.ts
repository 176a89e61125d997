import { expect, it, onTestFinished } from 'vitest';
import { statusFailure } from '../../src/upstream/failed-call.ts';
import { Random } from './random.ts';
import { startVendor, type VendorToken } from './vendor.ts';

it('asks for a quarter of a minute by its own clock, however far that is from the clock of the machine', async () => {
  const now = Date.now() + 5 * 3_600_000;
  const vendor = await startVendor({ patienceMs: 1_000, now: () => now, random: new Random(1) });
  onTestFinished(() => vendor.close());
  const known = { known: true, revokedAt: undefined, afterglow: 0, calls: [] };
  const token: VendorToken = { ...known, faults: [{ kind: 'unavailable', afterWork: false }] };
  vendor.tokens.set('a token', token);

  const body = JSON.stringify({ token: 'a token' });
  const { status, headers } = await fetch(`${vendor.url}/revoke`, { method: 'POST', body });

  const header = (name: string) => headers.get(name) ?? undefined;
  const failure = statusFailure(vendor.url, { status, header }, now);
  expect(failure).toMatchObject({ code: 'unavailable', retryAfterMs: 15_000 });
});
