import { describe, expect, it } from 'vitest';
import { idsOf } from '../../src/admin/known-tokens.ts';
import { FAKE_TYPE, fakeProvider, fakeRegistry } from '../support/fake-provider.ts';

describe('the ids of a token that may be written in several ways', () => {
  it.each([undefined, FAKE_TYPE])(
    'are those of each of them, as an earlier version named it by what was reported: type %s',
    (type) => {
      const fake = fakeProvider();
      fake.kind = { pattern: /fake-[a-z\d]+/i, canonical: (token) => token.toLowerCase() };
      const fingerprint = (provider: string, token: { reveal(): string }) => `${provider} ${token.reveal()}`;
      const ids = idsOf('key=FAKE-1', type, { registry: fakeRegistry([fake]), fingerprint });
      expect(ids).toEqual(expect.arrayContaining(['fake fake-1', 'fake FAKE-1']));
    },
  );
});
