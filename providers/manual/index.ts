/**
 * Secrets that no API revokes: every report goes to a person, with the page that says how to rotate it.
 *
 * Docs: https://docs.gitlab.com/security/responding_to_security_incidents/, checked 2026-11-21.
 *
 * - Off by default, because it only helps where somebody works through the list of what needs attention. The
 *   operator's `manual` turns it on.
 * - It takes a type only while no other enabled provider does; the registry sees to that. So text that such a
 *   provider cannot read stays a case of that provider, and is tried again there once its configuration is mended.
 * - It proves nothing, asks nobody and changes nothing. So a look, which comes before any approval, is its end already.
 * - It knows a secret by its type alone, so any text will do. A scanner's own type string has no instruction of its
 *   own and gets a general one. So a misspelt type is taken, too, and never comes.
 */
import { z } from 'zod';
import { refused } from '../../src/provider/kit/results.ts';
import type { Provider, ProviderDefinition, Refused, TokenKind } from '../../src/provider/provider.ts';
import gitlabRules from '../gitlab-rules.json' with { type: 'json' };
import guides from '../guides.json' with { type: 'json' };

type GitlabRule = (typeof gitlabRules)[number];

interface Guide {
  readonly type: string;
  /** The rule in words. */
  readonly rule: string;
  /** One sentence: what a person should do, with the page that says more. */
  readonly advice: string;
  readonly page: string;
  /** GitLab's own page on this rule, where it has one. */
  readonly gitlabPage?: string;
}

/** By the kind's id, in GitLab's order. */
const GUIDES: ReadonlyMap<string, Guide> = new Map(gitlabRules.map((rule) => [kindOf(rule), guideFor(rule)]));
const TYPES: readonly string[] = gitlabRules.map((rule) => rule.revocation_type);

const ANY_TEXT = /.+/s;
const SHARED = {
  pattern: ANY_TEXT,
  effect: 'token',
  possession: 'unproven',
  places: { open: 'Nobody is asked.' },
  whole: 'open',
  undo: 'no',
} as const;
const OTHER: TokenKind = { id: 'other', types: [], ...SHARED };

const config = z.strictObject({
  types: z
    .union([z.literal('all'), z.array(z.string().trim().min(1).max(255).toLowerCase())])
    .refine(
      (types) => types === 'all' || !types.includes('all'),
      'expected `manual: all` without a list; own types go below `types`',
    )
    .default([])
    .describe('Like `manual`, which is the usual place for it.'),
});

export const manual: ProviderDefinition<z.output<typeof config>> = {
  id: 'manual',
  title: 'By hand',
  docs: 'https://docs.gitlab.com/security/responding_to_security_incidents/',
  stability: 'stable',
  exactness: 'by type alone',
  proof: 'none',
  effect: 'nothing: a person is told what to do',
  needs: '`manual: all`, or a list of type strings, in the configuration',
  types: TYPES,
  config,
  sharedKeys: { types: 'manual' },
  lastResort: true,
  create: ({ types }) => createManual(types === 'all' ? TYPES : types),
};

function createManual(types: readonly string[]): Provider {
  const kinds = [...GUIDES].flatMap(([id, { type }]): TokenKind[] =>
    types.includes(type) ? [{ id, types: [type], ...SHARED }] : [],
  );
  const own = types.filter((type) => !TYPES.includes(type));
  return {
    kinds: types.length > 0 ? [{ ...OTHER, types: own }, ...kinds] : [],
    revoke: async (_token, { kind }) => instruction(kind),
    look: async (_token, { kind }) => instruction(kind),
  };
}

function instruction(kind: string): Refused {
  const guide = GUIDES.get(kind);
  if (!guide) return refused('manual', 'No API revokes this secret: replace it where it was issued.');
  const { rule, advice, page, gitlabPage } = guide;
  return refused('manual', advice, { rule, page, ...(gitlabPage && { gitlabPage }) });
}

/** Stable, as entries keep it. */
function kindOf({ revocation_type }: GitlabRule): string {
  return revocation_type.replace(/^gitleaks_rule_id_/, '');
}

/** @throws {Error} when the data have no instruction or no page for the rule */
function guideFor(rule: GitlabRule): Guide {
  const guide = guides.find(({ rules }) => rules.includes(rule.rule_id));
  const page = guide?.url ?? rule.gitlab_manual_doc;
  if (!guide || page === undefined)
    throw new Error(`guides.json needs an instruction and a page for ${rule.rule_id}.`);
  return {
    type: rule.revocation_type,
    rule: rule.description,
    advice: `${guide.vendor}: ${guide.instruction} See ${page}`,
    page,
    ...(rule.gitlab_manual_doc !== undefined && { gitlabPage: rule.gitlab_manual_doc }),
  };
}
