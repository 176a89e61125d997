/** The kinds of keys. Quirks are listed in `index.ts`. */
import { refused } from '../../src/provider/kit/results.ts';
import type { TokenKind } from '../../src/provider/provider.ts';

/** It knows all keys, also those that only the host of a region lets in. */
export const HOST = 'https://api.openai.com';
/** Of projects with data residency: https://developers.openai.com/api/docs/guides/data-residency, checked 2026-11-29. */
const REGIONS = ['us', 'eu', 'au', 'ca', 'jp', 'in', 'sg', 'kr', 'gb', 'ae'];
export const REGIONAL_HOSTS = REGIONS.map((region) => `https://${region}.api.openai.com`);

/** Rules overlap, and one of gitleaks finds them all: the text decides. */
export const OPENAI_TYPES = [
  'gitleaks_rule_id_open_ai_token',
  'gitleaks_rule_id_openaiprojectkey',
  'gitleaks_rule_id_openaiserviceaccountkey',
  'gitleaks_rule_id_openai-api-key',
];

/** Both halves of a key are equally long, and these are the lengths that gitleaks has seen. */
const WHOLE =
  /^sk-(?:proj|svcacct|admin)-(?:[\w-]{20}T3BlbkFJ[\w-]{20}|[\w-]{58}T3BlbkFJ[\w-]{58}|[\w-]{74}T3BlbkFJ[\w-]{74})$/;

const SHARED = {
  types: OPENAI_TYPES,
  effect: 'token',
  possession: 'one-fits',
  places: { all: [HOST] },
  whole: (token: string) => WHOLE.test(token),
  undo: 'no',
} as const;

export const PROJECT_KEY: TokenKind = {
  ...SHARED,
  id: 'project-key',
  pattern: /(?<![\w-])sk-(?:proj|svcacct)-[\w-]{20,200}T3BlbkFJ[\w-]{20,200}(?![\w-])/,
};
export const LEGACY_KEY: TokenKind = {
  ...SHARED,
  id: 'legacy-key',
  pattern: /(?<![\w-])sk-[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}(?![\w-])/,
  whole: 'exact',
};
export const ADMIN_KEY: TokenKind = {
  ...SHARED,
  id: 'admin-key',
  pattern: /(?<![\w-])sk-admin-[\w-]{20,200}T3BlbkFJ[\w-]{20,200}(?![\w-])/,
};

/** OpenAI knows the key, but not at a host that is asked. */
export const ELSEWHERE = refused(
  'not-permitted',
  'OpenAI knows this key and lets it in only at the host of another region: delete it in the settings of its project.',
);
