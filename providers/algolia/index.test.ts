import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import { describeProvider, runStep, startBench } from '../../test/contract/provider-suite.ts';
import { ADMIN, APPLICATION, call, cases, config, deleted, found, KEY, missing } from './cases.ts';
import { algolia } from './index.ts';

for (const spec of cases) describeProvider(spec);

describe('algolia', () => {
  it('can act on nothing without an application', async () => {
    const bench = await startBench(algolia, () => ({}), []);
    await bench.close();
    expect(bench.provider.kinds).toEqual([]);
  });

  it('knows after a crash that a key which it saw alive is dead now', async () => {
    const exchanges = [found('addObject'), found('addObject'), deleted, missing, missing, missing];
    const bench = await startBench(algolia, config, exchanges);
    const step = { kind: 'api-key', notes: [] };
    await runStep(bench, new Secret(KEY), step);
    const { result } = await runStep(bench, new Secret(KEY), step);
    await bench.close();
    expect(result).toMatchObject({ outcome: 'already-inactive', proven: true });
  });

  it('deletes a key that is not there at first, as it was made a moment ago', async () => {
    const exchanges = [missing, found('addObject'), found('addObject'), deleted, missing];
    const bench = await startBench(algolia, config, exchanges);
    const ended = await runStep(bench, new Secret(KEY), { kind: 'api-key' });
    await bench.close();
    expect(ended).toMatchObject({ result: { outcome: 'revoked' }, verified: true });
  });

  it('deletes a key that one server has, and the next one not yet, as it was made a moment ago', async () => {
    const exchanges = [found('addObject'), missing, found('addObject'), deleted, missing];
    const bench = await startBench(algolia, config, exchanges);
    const ended = await runStep(bench, new Secret(KEY), { kind: 'api-key' });
    await bench.close();
    expect(ended).toMatchObject({ result: { outcome: 'revoked' }, verified: true });
  });

  it('leaves a key that can only search to a person, unless told otherwise', async () => {
    const bench = await startBench(algolia, config, [found('search')]);
    const { result } = await runStep(bench, new Secret(KEY), { kind: 'api-key' });
    await bench.close();
    expect(result).toMatchObject({ outcome: 'refused', reason: 'manual' });

    const exchanges = [found('search'), found('search'), deleted, missing];
    const eager = await startBench(algolia, () => ({ ...config(), searchOnlyKeys: 'revoke' }), exchanges);
    const ended = await runStep(eager, new Secret(KEY), { kind: 'api-key' });
    await eager.close();
    expect(ended).toMatchObject({ result: { outcome: 'revoked' }, verified: true });
  });

  it('does not delete the key that it works with', async () => {
    const bench = await startBench(algolia, config, []);
    const { result } = await runStep(bench, new Secret(ADMIN), { kind: 'api-key' });
    await bench.close();
    expect(result).toMatchObject({ outcome: 'refused', reason: 'own-credential' });
  });

  it('asks every application, and deletes the key at the one that has it', async () => {
    const other = 'OTHER1APP0';
    const applications = [other, APPLICATION].map((id) => ({ id, adminApiKey: ADMIN }));
    const absent = call('GET', 404, { message: 'Key does not exist', status: 404 }, other);
    const exchanges = [absent, found('addObject'), found('addObject'), deleted, missing];
    const bench = await startBench(algolia, () => ({ applications }), exchanges);
    const { result } = await runStep(bench, new Secret(KEY), { kind: 'api-key' });
    await bench.close();
    bench.verify();
    expect(result).toMatchObject({ outcome: 'revoked', evidence: { application: APPLICATION } });
  });

  it('pauses no lane for a key that may not be deleted', async () => {
    const kept = call('DELETE', 403, { message: 'This key can not be deleted', status: 403 });
    const bench = await startBench(algolia, config, [found('addObject'), found('addObject'), kept]);
    const { result } = await runStep(bench, new Secret(KEY), { kind: 'api-key' });
    await bench.close();
    expect(result).toMatchObject({ outcome: 'refused', reason: 'not-permitted' });
  });

  it('does not take another 404 than that of a missing key for a dead key', async () => {
    const bench = await startBench(algolia, config, [
      call('GET', 404, { message: 'Path not found', status: 404 }),
    ]);
    const step = { kind: 'api-key' };
    await expect(runStep(bench, new Secret(KEY), step)).rejects.toMatchObject({ code: 'unexpected-answer' });
    await bench.close();
  });

  it('passes the check only with an admin key', async () => {
    const probe = (status: number, message: string) => {
      const exchange = call('GET', status, { message, status });
      const path = exchange.expect.path.replace(KEY, '0'.repeat(32));
      return { ...exchange, expect: { ...exchange.expect, path } };
    };
    const bench = await startBench(algolia, config, [
      probe(404, 'Key does not exist'),
      probe(403, 'Method not allowed with this API key'),
    ]);
    const signal = new AbortController().signal;
    const checks = [await bench.provider.check?.(signal), await bench.provider.check?.(signal)].flat();
    await bench.close();
    expect(checks.map((check) => check?.ok)).toEqual([true, false]);
  });
});
