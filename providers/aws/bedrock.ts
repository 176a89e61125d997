/**
 * Long-term API keys of Bedrock: service specific credentials of an IAM user. The alias inside a key is public, so the key
 * has to open Bedrock before anything is done to the credential of that name.
 */
import { z } from 'zod';
import { readPages } from '../../src/provider/kit/pages.ts';
import { goneSinceSeen, refused, revoked, unknownAt } from '../../src/provider/kit/results.ts';
import type { Liveness, LookResult, RevokeResult, Step, Tools } from '../../src/provider/provider.ts';
import type { Secret } from '../../src/words/secret.ts';
import { type Call, ours, resultOf } from './api.ts';
import { contentOf, mustGoByAlias, opens } from './bedrock-models.ts';
import { type Account, actingCaller, withId } from './operator.ts';

export interface Bedrock {
  readonly accounts: readonly Account[];
  readonly call: Call;
  readonly upstream: Tools['upstream'];
}

const PAGE = z.object({
  ServiceSpecificCredentials: z.array(
    z.object({
      UserName: z.string().min(1),
      ServiceCredentialAlias: z.string().nullish(),
      ServiceSpecificCredentialId: z.string().min(1),
    }),
  ),
  IsTruncated: z.boolean().nullish(),
  Marker: z.string().nullish(),
});
type Credential = z.output<typeof PAGE>['ServiceSpecificCredentials'][number];
const MAX_PAGES = 50;

const UNREADABLE = refused(
  'unrecognised',
  'This key does not name its account in the known way: find its user in IAM and deactivate the API key there.',
);
const FOREIGN = refused(
  'unknown-token',
  'The AWS account that this Bedrock key names is not configured: add it and retry, or tell the owner of the account.',
);
const NOT_LISTED = refused(
  'unknown-token',
  'The key works, but IAM does not list it: find its user in IAM and deactivate the API key there.',
);
const TOO_MANY = refused(
  'ambiguous',
  'The account has too many Bedrock keys to be searched: deactivate this one by hand in IAM.',
);
const NOT_IN =
  'Bedrock does not let this key in: look in IAM whether the API key that it names is still active, and where the key was used.';

type Refusal = ReturnType<typeof refused>;

export async function revokeBedrockKey(token: Secret, step: Step, bedrock: Bedrock): Promise<RevokeResult> {
  const named = await accountOf(token, step, bedrock);
  if ('outcome' in named) return named;
  const { account, alias } = named;
  if (!(await opens(account.partition, token, step, bedrock.upstream))) return gone(account, step);
  step.sawAlive(account.partition);
  await mustGoByAlias(account.partition, token, step, bedrock.upstream);
  const { call } = bedrock;
  const caller = await actingCaller(account, call, step.signal);
  const listed = await readPages<Credential, { readonly Marker?: string }, 'cut'>(
    {},
    MAX_PAGES,
    async (cursor) => {
      const Action = 'ListServiceSpecificCredentials';
      const form = { Action, AllUsers: 'true', ServiceName: 'bedrock.amazonaws.com', ...cursor };
      const result = resultOf(ours(await call(caller, 'iam', form, step.signal)), Action, PAGE);
      const { ServiceSpecificCredentials: items, IsTruncated, Marker } = result;
      if (IsTruncated && !Marker) return 'cut';
      return { items, next: IsTruncated && Marker ? { Marker } : undefined };
    },
  );
  if (!listed || listed === 'cut') return TOO_MANY;
  const found = only(listed.filter((each) => each.ServiceCredentialAlias === alias));
  if ('outcome' in found) return found;
  step.prove('signs-in');
  const { UserName, ServiceSpecificCredentialId } = found;
  const Action = 'UpdateServiceSpecificCredential';
  const form = { Action, UserName, ServiceSpecificCredentialId, Status: 'Inactive' };
  const reply = ours(await call(caller, 'iam', form, step.signal));
  reply.answer.json(z.object({ [`${Action}Response`]: z.object({}) }));
  return revoked({ user: UserName, credential: ServiceSpecificCredentialId });
}

export async function lookAtBedrockKey(token: Secret, step: Step, bedrock: Bedrock): Promise<LookResult> {
  const named = await accountOf(token, step, bedrock);
  if ('outcome' in named) return named;
  const { partition } = named.account;
  if (!(await opens(partition, token, step, bedrock.upstream))) return gone(named.account, step);
  step.sawAlive(partition);
  return { outcome: 'alive', evidence: { partition } };
}

export async function verifyBedrockKey(token: Secret, step: Step, bedrock: Bedrock): Promise<Liveness> {
  const named = await accountOf(token, step, bedrock);
  if ('outcome' in named) return 'unknown';
  return (await opens(named.account.partition, token, step, bedrock.upstream)) ? 'alive' : 'dead';
}

function gone({ partition }: Account, { seenAlive }: Step) {
  return seenAlive.includes(partition) ? goneSinceSeen() : unknownAt([partition], NOT_IN);
}

async function accountOf(
  token: Secret,
  { signal }: Step,
  { accounts, call }: Bedrock,
): Promise<{ readonly account: Account; readonly alias: string } | Refusal> {
  const named = aliasOf(token);
  if (!named) return UNREADABLE;
  const { account } = await withId(named.account, accounts, call, signal);
  return account ? { account, alias: named.alias } : FOREIGN;
}

function only(matches: readonly Credential[]): Credential | Refusal {
  const [credential, ...others] = matches;
  if (!credential) return NOT_LISTED;
  if (others.length === 0) return credential;
  return refused(
    'ambiguous',
    'Several Bedrock keys have this name: deactivate the leaked one by hand in IAM.',
    {
      credentials: matches.map((each) => ({ user: each.UserName, id: each.ServiceSpecificCredentialId })),
    },
  );
}

function aliasOf(token: Secret): { readonly alias: string; readonly account: string } | undefined {
  const match = /^([\w+=,.@-]{1,120}-at-(\d{12})(?:-[\w-]{1,60})?):/.exec(contentOf(token));
  const [, alias, account] = match ?? [];
  return alias && account ? { alias, account } : undefined;
}
