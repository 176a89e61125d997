import { describe, expect, it } from 'vitest';
import { groupCommit } from '../../src/ledger/redis/durability.ts';
import { parseRedisUrl } from '../../src/words/redis-url.ts';

describe('parseRedisUrl', () => {
  it.each([
    ['redis://cache.test', { kind: 'single', tls: false, nodes: [{ host: 'cache.test', port: 6379 }] }],
    ['redis://10.0.0.1:7000/3', { nodes: [{ host: '10.0.0.1', port: 7000 }], database: 3 }],
    ['rediss://[::1]:6380/', { tls: true, nodes: [{ host: '::1', port: 6380 }], database: 0 }],
    ['redis://ada:p%40ss%2Fword@cache.test', { username: 'ada', password: 'p@ss/word' }],
    ['redis://:secret@cache.test', { password: 'secret' }],
    [
      'rediss+cluster://ada:secret@a.test:7000,b.test',
      {
        ...{ kind: 'cluster', tls: true, username: 'ada', password: 'secret' },
        nodes: [
          { host: 'a.test', port: 7000 },
          { host: 'b.test', port: 6379 },
        ],
      },
    ],
    [
      'redis+sentinel://a.test,b.test:1234/my-master/2',
      {
        ...{ kind: 'sentinel', tls: false, master: 'my-master', database: 2 },
        nodes: [
          { host: 'a.test', port: 26379 },
          { host: 'b.test', port: 1234 },
        ],
      },
    ],
  ])('reads %s', (url, target) => {
    expect(parseRedisUrl(url)).toMatchObject(target);
  });

  it('gives no user name and no password where the URL has none', () => {
    expect(parseRedisUrl('redis://cache.test')).toEqual({
      ...{ kind: 'single', tls: false, database: 0, nodes: [{ host: 'cache.test', port: 6379 }] },
    });
  });

  it.each([
    ['http://:hunter2@cache.test', /not a redis url/i],
    ['redis+proxy://:hunter2@cache.test', /not a redis url/i],
    ['redis://:hunter2@', /not a redis url/i],
    ['redis://:hunter2@cache.test?db=1', /not a redis url/i],
    ['redis://:hunter2@cache.test:99999', /host or port/],
    ['redis://:hunter2@cache.test:hunter2', /host or port/],
    ['redis://:hunter2@cache.test/hunter2', /must be a number/],
    ['redis://:hunter2@a.test,b.test', /several hosts/],
    ['redis+cluster://:hunter2@a.test,b.test/1', /nothing behind/],
    ['redis+sentinel://:hunter2@a.test,b.test', /name of the master/],
    ['redis://:hunter2%@cache.test', /percent sign/],
  ])('refuses %s without repeating any of it', (url, message) => {
    expect(() => parseRedisUrl(url)).toThrow(message);
    expect(() => parseRedisUrl(url)).not.toThrow(/hunter2|\.test/);
  });
});

describe('groupCommit', () => {
  const heldRuns = () => {
    const runs: PromiseWithResolvers<void>[] = [];
    const committed = groupCommit(() => {
      const run = Promise.withResolvers<void>();
      runs.push(run);
      return run.promise;
    });
    return { runs, committed };
  };

  it('covers a caller by a run that starts after its call, and shares that run', async () => {
    const { runs, committed } = heldRuns();
    const settled: string[] = [];
    const first = committed().then(() => settled.push('first'));
    await turn();
    const others = ['second', 'third'].map((name) => committed().then(() => settled.push(name)));
    await turn();
    expect(runs).toHaveLength(1);

    runs[0]?.resolve();
    await first;
    await turn();
    expect(runs).toHaveLength(2);
    expect(settled).toEqual(['first']);

    runs[1]?.resolve();
    await Promise.all(others);
    expect(settled).toEqual(['first', 'second', 'third']);
    expect(runs).toHaveLength(2);
  });

  it('fails those whom a run covered, and nobody else', async () => {
    const { runs, committed } = heldRuns();
    const first = committed();
    await turn();
    const second = committed();

    runs[0]?.reject(new Error('disk full'));
    await expect(first).rejects.toThrow('disk full');
    await turn();
    runs[1]?.resolve();

    await expect(second).resolves.toBeUndefined();
  });
});

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
