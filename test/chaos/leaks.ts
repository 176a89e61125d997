/** The tokens that leak, and what is true of each. */
import type { FakeGitlab } from '../../src/fakes/gitlab.ts';
import type { FakeToken } from '../../src/fakes/gitlab-tokens.ts';
import { PAT_TYPE } from '../support/post-tokens.ts';
import type { Random } from './random.ts';
import type { Vendor, VendorToken } from './vendor.ts';
import { faultScript } from './vendor-faults.ts';

/** `flaky` proves, `bare` only accepts, `tls` shows wrong certificates at times, `gitlab` goes away at times. */
export const LANES = ['flaky', 'bare', 'tls', 'gitlab'] as const;
export type LaneName = (typeof LANES)[number];

/** `dead`: it was revoked before it was reported; `unknown`: its issuer has never heard of it. */
type Fate = 'live' | 'dead' | 'unknown';

export interface Leak {
  readonly lane: LaneName;
  readonly type: string;
  readonly value: string;
  readonly fate: Fate;
  /** What its issuer knows of it. */
  readonly record: { readonly vendor: VendorToken } | { readonly gitlab: FakeToken };
  /** When the report began that was the first to be answered 204, and when it was, by our clock. */
  sentAt?: number;
  acknowledgedAt?: number;
}

const typeOf: Readonly<Record<LaneName, string>> = {
  flaky: 'chaos_flaky_key',
  bare: 'chaos_bare_key',
  tls: 'chaos_tls_key',
  gitlab: PAT_TYPE,
};

const LANES_BY_WEIGHT: readonly LaneName[] = ['flaky', 'flaky', 'flaky', 'bare', 'tls', 'gitlab'];
const VALUE_LENGTH = 28;

export function isRevoked({ record }: Leak): boolean {
  return 'vendor' in record ? record.vendor.revokedAt !== undefined : record.gitlab.revoked;
}

/** Issues tokens, of all lanes and fates. */
export function issue(
  count: number,
  issuers: { vendor: Vendor; gitlab: FakeGitlab; random: Random },
): Leak[] {
  return Array.from({ length: count }, () => issueOne(issuers));
}

function issueOne({ vendor, gitlab, random }: { vendor: Vendor; gitlab: FakeGitlab; random: Random }): Leak {
  const lane = random.pick(LANES_BY_WEIGHT);
  const type = typeOf[lane];
  if (lane === 'gitlab') {
    const token = gitlab.addToken('personal');
    return { lane, type, value: token.value, fate: 'live', record: { gitlab: token } };
  }
  const fate = random.chance(0.9) ? 'live' : random.pick(['dead', 'unknown'] as const);
  const token: VendorToken = {
    revokedAt: fate === 'dead' ? 0 : undefined,
    known: fate !== 'unknown',
    faults: faultScript(random),
    afterglow: random.chance(0.1) ? Math.ceil(random.between(0, 2)) : 0,
    calls: [],
  };
  const value = `${lane}_${random.text(VALUE_LENGTH)}`;
  vendor.tokens.set(value, token);
  return { lane, type, value, fate, record: { vendor: token } };
}

/** The configuration's entry of a lane of the vendor's. */
export function customProvider(
  lane: Exclude<LaneName, 'gitlab'>,
  { url, tlsUrl }: Vendor,
  concurrency: number,
) {
  const call = (path: string) => ({
    method: 'POST',
    url: `${lane === 'tls' ? tlsUrl : url}${path}`,
    json: { token: '{token}' },
  });
  const verify = {
    request: call('/introspect'),
    answers: [
      { status: 200, json: { active: true }, means: 'alive' },
      { status: 200, json: { active: false }, means: 'dead' },
    ],
  };
  return {
    docs: 'https://vendor.example/docs',
    types: [typeOf[lane]],
    pattern: `\\b${lane}_[0-9a-z]{${VALUE_LENGTH}}\\b`,
    concurrency,
    revoke: [
      {
        request: call('/revoke'),
        answers: [
          { status: 200, json: { revoked: true }, means: lane === 'bare' ? 'accepted' : 'revoked' },
          { status: 410, json: { error: 'gone' }, means: 'already-inactive' },
          { status: 404, json: { error: 'unknown' }, means: 'unknown-token' },
        ],
      },
    ],
    ...(lane !== 'bare' && { verify }),
  };
}
