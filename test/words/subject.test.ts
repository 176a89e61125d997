import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { subjectIn } from '../../src/provider/kit/subject.ts';
import { Secret } from '../../src/words/secret.ts';
import { boundedSubject, subjectLines, withoutMarkup } from '../../src/words/subject.ts';

const TOKEN = 'example_0123456789abcdefghij';
const bounded = (told: Parameters<typeof boundedSubject>[0]) => boundedSubject(told, new Secret(TOKEN));
const answerOf = (body: unknown) => ({
  maybeJson: <T>(schema: z.core.$ZodType<T>) => z.safeParse(schema, body).data,
});

describe('what a vendor tells of a token', () => {
  it('is read from the first field that is there, through lists, and never from what is inherited', () => {
    const answer = answerOf({ user: { name: 'Ada' }, projects: [{ id: 1 }, { id: 2 }], at: null });
    const fields = {
      owner: ['user.email', 'user.name'],
      reach: 'projects.*.id',
      created: 'at',
      name: 'constructor.name',
    };
    expect(subjectIn(answer, fields)).toEqual({ owner: 'Ada', reach: [1, 2] });
    expect(subjectIn(answerOf('text'), fields)).toEqual({});
  });

  it('has times in one form, and lists from texts', () => {
    const told = {
      created: 1_767_225_600,
      expires: 1_767_225_600_000,
      lastUsed: '2026-01-02',
      scopes: 'read, write',
    };
    expect(bounded(told)).toEqual({
      created: '2026-01-01T00:00:00.000Z',
      expires: '2026-01-01T00:00:00.000Z',
      lastUsed: '2026-01-02',
      scopes: ['read', 'write'],
    });
    expect(bounded({ expires: 0, created: 1e300, owner: {}, scopes: 7, name: ' ' })).toEqual({});
  });

  it('is cut, stands on one line and turns nothing round', () => {
    const { owner, scopes } = bounded({
      owner: `a\n\u202e${'b'.repeat(5_000)}`,
      scopes: Array(500).fill('s'.repeat(500)),
    });
    expect(owner).toMatch(/^a b{117}…$/);
    expect(scopes).toHaveLength(21);
    expect(Math.max(...(scopes ?? []).map(({ length }) => length))).toBe(80);
  });

  it('has no part of the token, and nothing that looks like a secret', () => {
    const other = ['gl', 'pat-', 'x'.repeat(20)].join('');
    expect(bounded({ owner: `by ${TOKEN.slice(5, 20)}`, name: `x ${other}`, reach: [TOKEN, 'api'] })).toEqual(
      {
        name: 'x [secret]',
        reach: ['api'],
      },
    );
  });

  it('calls nobody, commands nothing and shows no image where markup is read', () => {
    const text = '/close @all ![x](https://evil.example/p.png) `<b>` &amp; ada@example.com';
    expect(withoutMarkup(text)).toBe(
      '/close ?all ??x?(https:evil.example/p.png) ??b?? ?amp? ada@example.com',
    );
    expect(subjectLines({ reach: ['a', 'b'], owner: 'ada' })).toEqual([
      ['Owner', 'ada'],
      ['Reaches', 'a, b'],
    ]);
  });
});
