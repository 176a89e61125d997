/**
 * Hugging Face.
 *
 * Docs: https://huggingface.co/docs/hub/security-tokens#revoking-a-leaked-token; checked 2026-11-21.
 *
 * Quirks:
 * - Revokes by value, without any credential, any number in a call. It answers 202 whether or not a token existed, so
 *   that the proof is the token's own call, which has to fail.
 * - The Hub limits `whoami-v2` strictly and on its own: a 429 there says nothing of the other calls, so it holds up the
 *   proof of this token alone.
 * - The owner is told by e-mail, once. Repeating the call is harmless.
 * - Organization tokens (`api_org_`) are deprecated; those that still work are revoked the same way.
 */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import { ask, isEmptyOrJson, row } from '../../src/provider/kit/answers.ts';
import { inParts } from '../../src/provider/kit/parts.ts';
import { unexpected } from '../../src/provider/kit/results.ts';
import type {
  BatchItem,
  Provider,
  ProviderDefinition,
  RevokeResult,
  TokenKind,
  Tools,
} from '../../src/provider/provider.ts';
import { bearer } from '../../src/provider/upstream.ts';
import type { Secret } from '../../src/words/secret.ts';

const config = z.strictObject({});

export type HuggingfaceConfig = z.output<typeof config>;

const HUB = 'https://huggingface.co';

const KIND: TokenKind = {
  id: 'access-token',
  types: [
    'gitleaks_rule_id_huggingfaceuseraccesstoken',
    'gitleaks_rule_id_huggingface-access-token',
    'gitleaks_rule_id_huggingface-organization-api-token',
  ],
  pattern: /(?<!\w)(?:hf|api_org)_[A-Za-z0-9]{34}(?!\w)/,
  effect: 'token',
  possession: 'by-value',
  places: { all: [HUB] },
  whole: 'exact',
  undo: 'no',
};

export const huggingface: ProviderDefinition<HuggingfaceConfig> = {
  id: 'huggingface',
  title: 'Hugging Face',
  docs: 'https://huggingface.co/docs/hub/security-tokens#revoking-a-leaked-token',
  stability: 'stable',
  exactness: 'by value',
  proof: 'the Hub refuses the token',
  effect: 'the token only; its owner gets an e-mail',
  needs: 'nothing',
  types: KIND.types,
  config,
  create: (_config, tools) => create(tools),
};

/** No limit is documented; this keeps the body small and a failure cheap. */
const BATCH_SIZE = 100;

const WHO_AM_I = [
  row([200], z.object({ type: z.string() }), 'alive'),
  row([401], z.object({ error: z.string().regex(/invalid|expired|revoked/i) }), 'dead'),
];

/** What it says of a list that it does not take is not documented. */
const REFUSALS: ReadonlySet<number | undefined> = new Set([400, 413, 422]);

function isRefused(failure: unknown): boolean {
  return failure instanceof Failure && REFUSALS.has(failure.status);
}

/** Where one stood in a list that the Hub did not take: anybody can invent any number of odd texts. */
const ALONE = { alone: true } as const;
const WAS_REFUSED = z.object({ alone: z.literal(true) });
const MAX_ALONE = 10;
const NEXT_TURN: RevokeResult = { outcome: 'continue', afterMs: 1_000 };

function create({ upstream }: Tools): Provider {
  const hub = upstream(HUB);

  const submit = async (tokens: readonly Secret[], signal: AbortSignal): Promise<void> => {
    const answer = await hub.request({
      method: 'POST',
      path: '/api/credentials/revoke',
      json: { credentials: tokens },
      statuses: [202],
      signal,
    });
    // The documentation shows no body, and the bare name of the status is none; a page of HTML would be a proxy's.
    if (answer.text.trim() !== 'Accepted' && !isEmptyOrJson(answer)) throw unexpected(hub, answer);
  };

  return {
    kinds: [KIND],
    async revoke(token, { signal }) {
      await submit([token], signal);
      return { outcome: 'accepted' };
    },
    async verify(token, { signal }) {
      const headers = { authorization: bearer(token) };
      try {
        const tells = {
          owner: ['email', 'name'],
          reach: 'orgs.*.name',
          name: 'auth.accessToken.displayName',
        };
        const request = { method: 'GET', path: '/api/whoami-v2', headers, signal, tells } as const;
        return (await ask(hub, request, WHO_AM_I)).means;
      } catch (error) {
        throw error instanceof Failure && error.code === 'throttled' ? error.ofEntry() : error;
      }
    },
    batch: {
      size: BATCH_SIZE,
      async revoke(items, signal) {
        const send = (part: readonly BatchItem[]) =>
          submit(
            part.map(({ token }) => token),
            signal,
          );
        const isAlone = ({ step }: BatchItem) => WAS_REFUSED.safeParse(step.note).success;
        const alone = items.filter(isAlone);
        const together = items.filter((item) => !isAlone(item));
        const failed = new Map(await inParts(together, send, isRefused));
        for (const [{ step }, failure] of failed) if (isRefused(failure)) step.remember(ALONE);
        for (const item of alone.slice(0, MAX_ALONE)) {
          for (const [each, failure] of await inParts([item], send, isRefused)) failed.set(each, failure);
        }
        const later = new Set(alone.slice(MAX_ALONE));
        return items.map((item): RevokeResult | Error => {
          const failure = failed.get(item);
          if (failure instanceof Error) return failure;
          return later.has(item) ? NEXT_TURN : { outcome: 'accepted' };
        });
      },
    },
  };
}
