import { expect, it } from 'vitest';
import { attempt } from '../../src/dispatch/attempt.ts';
import { originsOf, RunningStep } from '../../src/dispatch/running-step.ts';
import { Failure } from '../../src/provider/failure.ts';
import type { Provider } from '../../src/provider/provider.ts';
import { Secret } from '../../src/words/secret.ts';
import { TRUSTED } from '../support/trusted-kind.ts';

it('tells the origins of an entry newest first, each once, and nothing of what is no address', () => {
  const locations = [
    'https://a.example.com/acme/app/-/raw/0123abc/key',
    'https://b.example.com:8443/gitlab/acme/app',
    '',
    'config/prod.env',
    'file:///etc/passwd',
    'https://user:password@a.example.com/acme/other',
  ];
  expect(originsOf(locations)).toEqual(['https://a.example.com', 'https://b.example.com:8443']);
});

it('keeps what was told of a revocation whose proof fails', async () => {
  const kind = { id: 'token', types: [], pattern: /x/, effect: 'token', ...TRUSTED } as const;
  const evidence = { accessor: 'a-1' };
  const provider: Provider = {
    kinds: [kind],
    revoke: async () => ({ outcome: 'revoked', proven: false, evidence }),
    async verify() {
      throw new Failure('unreachable');
    },
  };
  const token = new Secret('x');
  const given = { kind, token, note: undefined, parts: {}, mayActUnproven: false };
  const { signal } = new AbortController();
  const step = new RunningStep({ ...given, signal, context: async () => undefined });
  const result = await attempt({ provider, token, step, phase: 'revoke', unknownTokens: 'attention' });
  expect(result).toMatchObject({ outcome: 'failed', phase: 'verify', evidence });
});
