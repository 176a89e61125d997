/** API keys and static access keys of service accounts, which an operator deletes. */
import { z } from 'zod';
import { Failure } from '../../src/provider/failure.ts';
import type { Account, Sight } from '../../src/provider/kit/accounts.ts';
import { firstOfHalves, MAX_HALVES } from '../../src/provider/kit/halves.ts';
import { mayBe } from '../../src/provider/kit/redacted.ts';
import { refused, revoked } from '../../src/provider/kit/results.ts';
import { isPair } from '../../src/provider/kit/s3-pair.ts';
import type { Step, Tools } from '../../src/provider/provider.ts';
import type { Secret } from '../../src/words/secret.ts';
import { API_KEY, STATIC_KEY } from './kinds.ts';
import type { ListRequest, Operator } from './operator.ts';

/** The path of the key's record and, of a static key, the id that it signs with. Earlier versions noted the path alone. */
export const FOUND = z.union([
  z.object({ path: z.string(), keyId: z.string().optional() }),
  z.string().transform((path): { path: string; keyId?: string } => ({ path })),
]);
type Found = z.output<typeof FOUND>;

const KEY_ID = /(?<![\w-])YCA[\w-]{22}(?![\w-])/;
/** https://yandex.cloud/en/docs/storage/s3/signing-requests, .../storage/s3/api-ref/response-codes */
const STORAGE = { host: 'storage.yandexcloud.net', region: 'ru-central1' };
const MAX_SERVICE_ACCOUNTS = 300;
const SHOWN = { fixedHead: 'AQVN', minShown: 6 };

const SERVICE_ACCOUNTS = { path: '/iam/v1/serviceAccounts', name: 'serviceAccounts' };
const API_KEYS = { path: '/iam/v1/apiKeys', name: 'apiKeys' };
const STATIC_KEYS = { path: '/iam/aws-compatibility/v1/accessKeys', name: 'accessKeys' };

const SERVICE_ACCOUNT = z.object({ id: z.string() });
const API_KEY_RECORD = z.object({ id: z.string(), maskedSecret: z.string().optional() });
const STATIC_KEY_RECORD = z.object({ id: z.string(), keyId: z.string() });

const NO_KEY_ID = refused(
  'needs-context',
  'Static access keys are found by their key id (YCA…), and none near the secret belongs to it: find out which key it is of, and delete that by hand.',
);
const TOO_MANY = refused(
  'needs-context',
  'There are too many service accounts or keys to look for this one: delete it by hand in the console.',
);
const AMBIGUOUS =
  'Several API keys end like this one: find out by hand which of them leaked, and delete that one.';

const ABSENT = { state: 'absent' } as const;
const unable = (refusal: ReturnType<typeof refused>) => ({ state: 'unable', refusal }) as const;

/** @param name shown and stored: the operator's service account */
export function accountOf(
  name: string,
  folderIds: readonly string[],
  operator: Operator,
  tools: Tools,
): Account<Found> {
  /** What all service accounts of the folders have; undefined where that is too much. */
  const ofAll = async <T>(
    { path, name: list }: typeof API_KEYS,
    item: ListRequest<T>['item'],
    signal: AbortSignal,
  ): Promise<readonly T[] | undefined> => {
    const accounts: string[] = [];
    for (const folderId of folderIds) {
      const query = { folderId };
      const found = await operator.list({ ...SERVICE_ACCOUNTS, query, item: SERVICE_ACCOUNT }, signal);
      if (!found || accounts.length + found.length > MAX_SERVICE_ACCOUNTS) return undefined;
      accounts.push(...found.map(({ id }) => id));
    }
    const items: T[] = [];
    for (const serviceAccountId of accounts) {
      const found = await operator.list({ path, name: list, query: { serviceAccountId }, item }, signal);
      if (!found) return undefined;
      items.push(...found);
    }
    return items;
  };

  /** Of a key that was let in just before, see `proof.ts`. */
  const apiKey = async (token: Secret, { signal }: Step, known: Found | undefined): Promise<Sight<Found>> => {
    const alive = (path: string) =>
      ({ state: 'alive', found: { path }, by: 'one-fits', toldBy: 'text' }) as const;
    if (known) return (await operator.exists(known.path, signal)) ? alive(known.path) : ABSENT;
    const keys = await ofAll(API_KEYS, API_KEY_RECORD, signal);
    if (!keys) return unable(TOO_MANY);
    const alike = keys.filter(({ maskedSecret = '' }) => mayBe(token.reveal(), maskedSecret, SHOWN));
    const [key, ...others] = alike;
    if (others.length > 0) {
      return unable(refused('ambiguous', AMBIGUOUS, { candidates: alike.map(({ id }) => ({ id })) }));
    }
    return key ? alive(recordPath(API_KEYS.path, key.id)) : ABSENT;
  };

  /** The key id that signs together with the secret: the known one alone, or one near the leak. */
  const signingId = async (token: Secret, step: Step, known?: Found): Promise<string | undefined> => {
    const around = async () => (await step.matchesAround(KEY_ID)).map((each) => each.reveal());
    const candidates = known?.keyId === undefined ? await around() : [known.keyId];
    return firstOfHalves(candidates.slice(0, MAX_HALVES), async (id) =>
      (await isPair(STORAGE, id, token, tools, step.signal)) ? id : undefined,
    );
  };

  const staticKey = async (token: Secret, step: Step, known: Found | undefined): Promise<Sight<Found>> => {
    const isGone = known !== undefined && !(await operator.exists(known.path, step.signal));
    const keyId = await signingId(token, step, known);
    if (keyId === undefined) return isGone ? ABSENT : unable(NO_KEY_ID);
    const keys = isGone ? [] : await ofAll(STATIC_KEYS, STATIC_KEY_RECORD, step.signal);
    // The signature tells this key from any other, so it may be looked for in other folders.
    if (!keys) return { ...unable(TOO_MANY), maybeElsewhere: true };
    const key = keys.find((each) => each.keyId === keyId);
    const found = key && { path: recordPath(STATIC_KEYS.path, key.id), keyId };
    if (found) return { state: 'alive', found, by: 'signs-in' };
    if (known === undefined) return ABSENT;
    // Its record is not shown any more, but it signed just now.
    throw new Failure('still-active', { target: `https://${STORAGE.host}` });
  };

  return {
    name,
    look: (token, step, known) =>
      step.kind === API_KEY.id ? apiKey(token, step, known) : staticKey(token, step, known),
    async revoke({ path }, _token, { signal }) {
      await operator.remove(path, signal);
      return revoked({ record: path });
    },
    async verify(known, token, step) {
      if (await operator.exists(known.path, step.signal)) return 'alive';
      const works = step.kind === STATIC_KEY.id && (await signingId(token, step, known)) !== undefined;
      return works ? 'alive' : 'dead';
    },
    async probe(signal) {
      for (const folderId of folderIds) {
        await operator.list({ ...SERVICE_ACCOUNTS, query: { folderId }, item: SERVICE_ACCOUNT }, signal);
      }
    },
  };
}

function recordPath(list: string, id: string): string {
  return `${list}/${encodeURIComponent(id)}`;
}
