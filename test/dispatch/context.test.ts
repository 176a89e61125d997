/** What a provider gets of the text around a leak, from the report to its step. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { Dispatcher } from '../../src/dispatch/dispatcher.ts';
import { createPace } from '../../src/dispatch/pace.ts';
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
  const readContext = async (locations: readonly string[]) => {
    read.push(locations);
    const places = locations.map((location) => ({ location, text: new Secret(`read at ${location}`) }));
    return places.length > 0 ? { places, unread: 0 } : undefined;
  };
  const work = async () => {
    dispatcher.start(fakeRegistry([fake]), { readContext, leaseMs: 60_000, retentionDays: 90 });
    await clock.advance(0);
    await dispatcher.stop(0);
  };
  const entry = () => ledger.get(vault.fingerprint('fake', new Secret('fake-a')));
  return { fake, post, work, entry, read, contexts };
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

it('a vulnerability is told of a leak that GitLab reports, and of none of a CI job', async () => {
  const { post, entry } = worldOf();
  await post(reported(OPEN, { vulnerability: { id: 777 } }), BY_SUBMIT);
  expect((await entry())?.findings).toEqual([]);

  await post(reported(OPEN, { vulnerability: { id: 777 } }));

  expect((await entry())?.findings).toEqual(['https://gitlab.example.com 777']);
});
