import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { runStep, startBench } from '../../test/contract/provider-suite.ts';
import { aStep } from '../../test/support/a-step.ts';
import {
  config,
  letIn,
  listCall,
  listOf,
  otherCall,
  probeCall,
  probedRevoked,
  REFUSED,
  recordCall,
  revokeCall,
  TOKEN,
} from './cases.ts';
import { gocd } from './index.ts';
import { readSaltIds } from './salt-ids.ts';

const OF_ALICE = { username: 'alice', created_at: '2025-12-01T08:00:00Z', last_used_at: null };
const list = () => listCall(200, listOf([41, 42, 43].map((id) => ({ ...OF_ALICE, id }))));

const withMap = (saltIds: string) => (url: string) => ({
  servers: config(url).servers.map((server) => ({ ...server, saltIds })),
});

describe('a map of salt ids', () => {
  it.each([
    ['JSON', '{"a1b2c3d4":42,"00000000":7}'],
    ['CSV', 'a1b2c3d4,42\n00000000,7\n'],
    ['CSV with a head, quotes and CRLF', 'SALTID,ID\r\n"a1b2c3d4","42"\r\n"00000000","7"\r\n'],
    ['the output of psql', 'a1b2c3d4|42\n00000000|7'],
  ])('is read as %s', (_name, text) => {
    expect(Object.fromEntries(readSaltIds(new Secret(text), []))).toEqual({ a1b2c3d4: 42, '00000000': 7 });
  });

  it.each(['a1b2c3d4', 'A1B2C3D4,42', 'a1b2c3d4,x', 'a1b2c3d4,42,1', '{"a1b2c3d4":"42"}', '{', '[]'])(
    'is refused as %j',
    (text) => {
      expect(() => readSaltIds(new Secret(text), ['servers', 0, 'saltIds'])).toThrow(
        /expected a JSON object/,
      );
    },
  );

  it('is refused when it leads to two records, one of which would be the wrong one', () => {
    expect(() => readSaltIds(new Secret('a1b2c3d4,42\na1b2c3d4,43'), [])).toThrow(/two records/);
    expect(readSaltIds(new Secret('a1b2c3d4,42\na1b2c3d4,42'), []).size).toBe(1);
  });

  it('leads to the record at once', async () => {
    const bench = await startBench(gocd, withMap('a1b2c3d4,42'), [
      list(),
      ...letIn,
      ...letIn,
      revokeCall(),
      probedRevoked,
      recordCall(),
    ]);
    try {
      const { result } = await runStep(bench, new Secret(TOKEN), { kind: 'access-token' });
      expect(result).toMatchObject({ outcome: 'revoked', evidence: { recordId: 42, identified: 'salt-id' } });
      expect(result).not.toHaveProperty('evidence.inferred');
      bench.verify();
    } finally {
      await bench.close();
    }
  });

  it('names no record for a text at which the server failed, which may have been chance', async () => {
    const failing = [probeCall(500, ''), otherCall(401, REFUSED)];
    const bench = await startBench(gocd, withMap('a1b2c3d4,42'), [list(), ...failing]);
    try {
      const notes: unknown[] = [];
      const step = aStep({ kind: 'access-token', remember: (note) => void notes.push(note) });
      await bench.provider.revoke(new Secret(TOKEN), step);
      expect(notes).toEqual([expect.objectContaining({ plan: null, burst: expect.anything() })]);
      bench.verify();
    } finally {
      await bench.close();
    }
  });

  it('changes nothing for a text that only begins like a token', async () => {
    const refused = [1, 2, 3].flatMap(() => [list(), probeCall(401, REFUSED)]);
    const bench = await startBench(gocd, withMap('a1b2c3d4,42'), refused);
    try {
      const { result } = await runStep(bench, new Secret(TOKEN), { kind: 'access-token' });
      expect(result).toMatchObject({ outcome: 'refused', reason: 'unknown-token' });
      bench.verify();
    } finally {
      await bench.close();
    }
  });
});
