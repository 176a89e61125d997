/** Long-term API keys of Bedrock: service specific credentials of an IAM user, found by the alias inside the key. */
import { z } from 'zod';
import { readPages } from '../../src/provider/kit/pages.ts';
import { alreadyInactive, refused, revoked } from '../../src/provider/kit/results.ts';
import type { Liveness, RevokeResult, Step } from '../../src/provider/provider.ts';
import type { Secret } from '../../src/words/secret.ts';
import { type Call, type Caller, ours, resultOf } from './api.ts';
import { type Account, actingCaller, withId } from './operator.ts';

const PAGE = z.object({
  ServiceSpecificCredentials: z.array(
    z.object({
      UserName: z.string(),
      Status: z.enum(['Active', 'Inactive', 'Expired']),
      ServiceCredentialAlias: z.string().nullish(),
      ServiceSpecificCredentialId: z.string(),
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
const UNKNOWN = refused(
  'unknown-token',
  'No configured AWS account has this Bedrock key: add the account that it names, or dismiss it when the key was deleted.',
);
const TOO_MANY = refused(
  'ambiguous',
  'The account has too many Bedrock keys to be searched: deactivate this one by hand in IAM.',
);

interface Found {
  readonly caller: Caller;
  readonly credential: Credential;
}
type Refusal = ReturnType<typeof refused>;

export async function revokeBedrockKey(
  token: Secret,
  { signal }: Step,
  accounts: readonly Account[],
  call: Call,
): Promise<RevokeResult> {
  const found = await find(token, accounts, call, signal);
  if ('outcome' in found) return found;
  const { caller, credential } = found;
  const { UserName, ServiceSpecificCredentialId } = credential;
  const evidence = { user: UserName, credential: ServiceSpecificCredentialId };
  if (credential.Status !== 'Active') return alreadyInactive(evidence);
  const Action = 'UpdateServiceSpecificCredential';
  const form = { Action, UserName, ServiceSpecificCredentialId, Status: 'Inactive' };
  const reply = ours(await call(caller, 'iam', form, signal));
  reply.answer.json(z.object({ [`${Action}Response`]: z.object({}) }));
  return revoked(evidence);
}

export async function verifyBedrockKey(
  token: Secret,
  { signal }: Step,
  accounts: readonly Account[],
  call: Call,
): Promise<Liveness> {
  const found = await find(token, accounts, call, signal);
  if ('outcome' in found) return 'unknown';
  return found.credential.Status === 'Active' ? 'alive' : 'dead';
}

async function find(
  token: Secret,
  accounts: readonly Account[],
  call: Call,
  signal: AbortSignal,
): Promise<Found | Refusal> {
  const named = aliasOf(token);
  if (!named) return UNREADABLE;
  const { account } = await withId(named.account, accounts, call, signal);
  if (!account) return UNKNOWN;
  const caller = await actingCaller(account, call, signal);
  const listed = await readPages<Credential, { readonly Marker?: string }, 'cut'>(
    {},
    MAX_PAGES,
    async (cursor) => {
      const Action = 'ListServiceSpecificCredentials';
      const form = { Action, AllUsers: 'true', ServiceName: 'bedrock.amazonaws.com', ...cursor };
      const result = resultOf(ours(await call(caller, 'iam', form, signal)), Action, PAGE);
      const { ServiceSpecificCredentials: items, IsTruncated, Marker } = result;
      if (IsTruncated && !Marker) return 'cut';
      return { items, next: IsTruncated && Marker ? { Marker } : undefined };
    },
  );
  if (!listed || listed === 'cut') return TOO_MANY;
  return only(
    listed.filter((each) => each.ServiceCredentialAlias === named.alias),
    caller,
  );
}

function only(matches: readonly Credential[], caller: Caller): Found | Refusal {
  const [credential, ...others] = matches;
  if (!credential) return UNKNOWN;
  if (others.length === 0) return { caller, credential };
  return refused(
    'ambiguous',
    'Several Bedrock keys have this name: deactivate the leaked one by hand in IAM.',
    {
      credentials: matches.map((each) => ({ user: each.UserName, id: each.ServiceSpecificCredentialId })),
    },
  );
}

/** `ABSK` and, in Base64, the public alias, a colon and the secret. */
function aliasOf(token: Secret): { readonly alias: string; readonly account: string } | undefined {
  const text = Buffer.from(token.reveal().slice('ABSK'.length), 'base64').toString('latin1');
  const match = /^([\w+=,.@-]{1,120}-at-(\d{12})(?:-[\w-]{1,60})?):/.exec(text);
  const [, alias, account] = match ?? [];
  return alias && account ? { alias, account } : undefined;
}
