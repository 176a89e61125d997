/** What a provider gets of the text around a leak, from the report to its step. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { Dispatcher } from '../../src/dispatch/dispatcher.ts';
import { createPace } from '../../src/dispatch/pace.ts';
import { Failure } from '../../src/provider/failure.ts';
import { Secret } from '../../src/words/secret.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FAKE_TYPE, fakeProvider, fakeRegistry } from '../support/fake-provider.ts';
import { httpFixture, SUBMIT_TOKEN } from '../support/http-fixture.ts';

const OPEN = 'https://gitlab.example.com/acme/app/-/raw/0123456789abcdef/config.yml#L7';
const PRIVATE = 'https://gitlab.example.com/acme/secret-infra/-/raw/0123456789abcdef/deploy.key#L1';
const BY_SUBMIT = { authorization: SUBMIT_TOKEN };
const LINES = 'api_id: 1\napi_key: fake-a';

function reported(location: string, more: object = {}) {
  return [{ type: FAKE_TYPE, token: 'fake-a', location, ...more }];
}

/** A provider that needs the context, and whose first step begins with {@link work}. */
function worldOf() {
  const { ledger, vault, post } = httpFixture();
  const clock = new FakeClock(Date.now());
  const read: (readonly string[])[] = [];
  const contexts: (string | undefined)[] = [];
  const fake = fakeProvider();
  fake.revoke = async (_token, step) => {
    contexts.push((await step.context())?.reveal());
    return { outcome: 'refused', reason: 'needs-context', advice: 'Give the other half.' };
  };
  const dispatcher = new Dispatcher({
    ...{ ledger, vault, clock, pace: createPace(), observe: () => {}, random: () => 0.5 },
  });
  onTestFinished(() => dispatcher.stop(0));
  const failing = new Set<string>();
  const readContext = async (locations: readonly string[]) => {
    read.push(locations);
    const left = locations.filter((location) => !failing.has(location));
    const places = left.map((location) => ({ location, text: new Secret(`read at ${location}`) }));
    const unread = locations.length - left.length;
    if (unread === 0) return places.length > 0 ? { places, unread } : undefined;
    const failure = new Failure('throttled', { scope: 'entry' });
    if (places.length === 0) throw failure;
    return { places, unread, failure };
  };
  const work = async () => {
    dispatcher.start(fakeRegistry([fake]), { readContext, leaseMs: 60_000, retentionDays: 90 });
    await clock.advance(0);
    await dispatcher.stop(0);
  };
  const entry = () => ledger.get(vault.fingerprint('fake', new Secret('fake-a')));
  return { fake, post, work, entry, read, contexts, failing, clock };
}

describe('the text around a leak', () => {
  it('that GitLab reports is read at its place, whatever text comes with it', async () => {
    const { post, work, read, contexts } = worldOf();

    await post(reported(OPEN, { context: LINES }));
    await work();

    expect([read, contexts]).toEqual([[[OPEN]], [`read at ${OPEN}`]]);
  });

  it('that a CI job reports is what it sends, and nothing is read', async () => {
    const { post, work, read, contexts } = worldOf();

    expect((await post(reported(PRIVATE, { context: LINES }), BY_SUBMIT)).status).toBe(204);
    await work();

    expect([read, contexts]).toEqual([[[]], [LINES]]);
  });

  it('is read where GitLab reported it, though a CI job did so before', async () => {
    const { post, work, read, contexts } = worldOf();
    await post(reported(PRIVATE), BY_SUBMIT);
    await post(reported(OPEN), BY_SUBMIT);
    await work();

    await post(reported(OPEN));
    await work();

    expect(read).toEqual([[], [OPEN]]);
    expect(contexts).toEqual([undefined, `read at ${OPEN}`]);
  });

  it('is read where GitLab reports it, though what a CI job sent led to something else', async () => {
    const { fake, post, work, read } = worldOf();
    fake.revoke = async (_token, step) => {
      await step.context();
      return { outcome: 'found', secrets: [{ kind: 'token', token: new Secret('fake-decoy') }] };
    };
    await post(reported(OPEN, { context: 'fake-decoy' }), BY_SUBMIT);
    await work();

    await post(reported(OPEN));
    await work();

    expect(read).toContainEqual([OPEN]);
  });

  it('that comes later lets a token be tried again that lacked it', async () => {
    const { post, work, contexts } = worldOf();
    await post(reported(PRIVATE), BY_SUBMIT);
    await work();

    await post(reported(PRIVATE, { context: LINES }), BY_SUBMIT);
    await work();

    expect(contexts).toEqual([undefined, LINES]);
  });

  it('is cut at 4 KB, and is no text where it is none', async () => {
    const { post, work, contexts } = worldOf();
    await post(reported(PRIVATE, { context: 'x'.repeat(10_000) }), BY_SUBMIT);
    await work();
    await post(reported(PRIVATE, { context: 7 }), BY_SUBMIT);
    await work();

    expect(contexts).toEqual(['x'.repeat(4_096)]);
  });
});

describe('a place that GitLab does not show now, as whoever reported it may see to it', () => {
  const worldWith = async () => {
    const world = worldOf();
    world.failing.add(PRIVATE);
    await world.post([...reported(OPEN), ...reported(PRIVATE)]);
    return world;
  };
  const WAITS = { state: 'queued', outcome: null };

  it('keeps nothing from being done by what is read elsewhere', async () => {
    const { fake, work, entry } = await worldWith();
    fake.revoke = async (_token, step) => {
      const text = (await step.context())?.reveal();
      return text?.includes(OPEN)
        ? { outcome: 'revoked', proven: true }
        : { outcome: 'refused', reason: 'needs-context', advice: 'Give the other half.' };
    };
    await work();
    expect(await entry()).toMatchObject({ state: 'done', outcome: { kind: 'revoked' } });
  });

  it('lets nothing that is missing elsewhere be the end, until it is shown', async () => {
    const { work, entry, failing, clock } = await worldWith();
    await work();
    expect(await entry()).toMatchObject(WAITS);

    failing.clear();
    await clock.advance(5_000);
    await work();
    expect(await entry()).toMatchObject({ state: 'attention', outcome: { reason: 'needs-context' } });
  });

  it('is not passed over where a provider has done without', async () => {
    const { fake, post, work, entry, failing } = worldOf();
    fake.revoke = async (_token, step) => {
      await step.context().catch(() => undefined);
      return { outcome: 'unknown', asked: ['https://fake.example.com'] };
    };
    failing.add(OPEN);
    await post(reported(OPEN));
    await work();
    expect(await entry()).toMatchObject(WAITS);
  });

  it('is read later for what else it leads to, while what was found elsewhere is worked on', async () => {
    const { fake, work, entry, failing, clock } = await worldWith();
    fake.revoke = async (token, step) => {
      await step.context();
      if (token !== 'fake-a') return { outcome: 'revoked', proven: true };
      return { outcome: 'found', secrets: [{ kind: 'token', token: new Secret('fake-b') }] };
    };
    await work();
    expect(await entry()).toMatchObject(WAITS);
    expect(fake.calls).toContain('revoke fake-b');

    failing.clear();
    await clock.advance(5_000);
    await work();
    expect(await entry()).toMatchObject({ state: 'done', outcome: { kind: 'followed' } });
  });

  it('lets nobody be called dead for what stands elsewhere', async () => {
    const { fake, work, entry } = await worldWith();
    fake.revoke = async () => ({ outcome: 'accepted' });
    fake.verify = async (_token, step) => {
      await step.context();
      return 'dead';
    };
    await work();
    expect(await entry()).toMatchObject({ ...WAITS, history: [{}, { event: 'deferred' }] });
  });
});

it('a vulnerability is told of a leak that GitLab reports, and of none of a CI job', async () => {
  const { post, entry } = worldOf();
  await post(reported(OPEN, { vulnerability: { id: 777 } }), BY_SUBMIT);
  expect((await entry())?.findings).toEqual([]);

  await post(reported(OPEN, { vulnerability: { id: 777 } }));

  expect((await entry())?.findings).toEqual(['https://gitlab.example.com 777']);
});
