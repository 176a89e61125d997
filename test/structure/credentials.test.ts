import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { definitions } from '../../providers/index.ts';
import { secretsIn } from '../../src/words/secret.ts';
import type { ProviderSpec } from '../contract/provider-suite.ts';
import { FakeClock } from '../support/fake-clock.ts';

const PROVIDERS = resolve(import.meta.dirname, '../../providers');
const TESTED = definitions.filter(({ id }) => existsSync(`${PROVIDERS}/${id}/cases.ts`));
/** Those whose vendor offers no call that would tell, and what their credential is. */
const CANNOT_TELL: Readonly<Record<string, string>> = {
  miro: 'The credentials of an app are only looked at together with one of its tokens.',
};

const BASE_URL = 'https://acme.example.com';

it.each(TESTED.map(({ id }) => id))('%s can say of each of its credentials whether it works', async (id) => {
  const { cases } = (await import(`../../providers/${id}/cases.ts`)) as {
    cases: readonly ProviderSpec<unknown>[];
  };
  const unable = cases.filter(({ definition, config }) => {
    const parsed = definition.config.parse(config(BASE_URL));
    if (secretsIn(parsed).next().done) return false;
    const provider = definition.create(parsed, {
      upstream: (base) => ({ base, request: () => Promise.reject(new Error('Nothing is called here.')) }),
      clock: new FakeClock(),
      log: { info: () => {}, warn: () => {} },
    });
    return provider.check === undefined;
  });
  // An exemption ends once it is no longer needed.
  expect(unable.length > 0).toBe(id in CANNOT_TELL);
});
