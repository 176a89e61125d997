/** Why Redis does not do what it should, and which key of the configuration has to do with it. */
import { LedgerError } from '../ledger.ts';

const CREDENTIALS = 'set ledger.username and ledger.passwordFile to a user of this Redis';
const SENTINEL_CREDENTIALS =
  'set ledger.sentinelUsername and ledger.sentinelPasswordFile to a user of the Sentinels';

/** By the codes of Redis, Node.js and OpenSSL; the first that fits. */
const FAULTS: readonly (readonly [code: RegExp, sentence: string])[] = [
  [/^NOAUTH$/, `Redis wants a password: ${CREDENTIALS}`],
  [/^WRONGPASS$/, `Redis refuses the user name or the password: ${CREDENTIALS}`],
  [
    /^NOPERM$/,
    'The user in ledger.username lacks a right: it needs the keys ~{quash}:* (with ledger.partitions also ~{quash.*}:*), the channel &{quash}:* and the commands that src/ledger/README.md lists',
  ],
  [
    /^LAYOUT$/,
    'A newer version of Quash has begun to store this ledger in another way, or it was copied to another place: stop this replica, and start that version, or Quash with that place, instead',
  ],
  [
    /^EMPTIED$/,
    'Redis was emptied, or is another one than the ledger was opened in, so that what waited, the modes that persons set and who is told are gone: restore its backup, or restart Quash to begin anew and report again what waited (quash sweep)',
  ],
  [
    /^UNNAMED$/,
    'The ledger in Redis has no id any more: a backup of an earlier version of Quash was restored, Redis went back to what it had before the update, or a replica of an earlier version has begun anew there. Look whether what waited is there, and restart this replica to go on with it',
  ],
  [
    /^REPLACED$/,
    'Redis was emptied and a new ledger was made there, or ledger.url leads to another ledger now than the one that this replica opened, so that what waited, the modes that persons set and who is told are gone: restore the backup, or restart this replica to go on with the new one and report again what waited (quash sweep)',
  ],
  [
    /^READONLY$/,
    'The Redis in ledger.url is a replica, which takes no writes: name its master, or the Sentinels that know the master',
  ],
  [/^OOM$/, 'Redis has used up its memory and takes no more: raise its maxmemory'],
  [/^MISCONF$/, 'Redis cannot write to its disk, and takes nothing until it can: make room there'],
  [
    /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    'The certificate of Redis is for another name: write the host in ledger.url as the certificate has it',
  ],
  [
    /CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE|ALERT_.*CERTIFICATE|ALERT_UNKNOWN_CA/,
    'Redis wants a client certificate that it trusts: set ledger.tls.certFile and ledger.tls.keyFile',
  ],
  [
    /CERT|^UNABLE_TO_VERIFY/,
    'The certificate of Redis is not trusted: set ledger.tls.caFile to that of its authority, or renew it',
  ],
  [
    /^ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG)$|^EPROTO$/,
    'Redis does not speak TLS on this port: correct the port in ledger.url, or write redis for rediss',
  ],
  [
    /^ECONNRESET$/,
    'The connection is broken off: with rediss, Redis may want a client certificate (ledger.tls.certFile and ledger.tls.keyFile)',
  ],
  [
    /^NO_SUCH_DATABASE$/,
    'Redis has no database of the number in ledger.url: take a lower one, or raise databases there',
  ],
  [/^NO_CLUSTER$/, 'The Redis in ledger.url is no Cluster: write redis or rediss without +cluster'],
  [
    /^NO_SENTINEL$/,
    'What ledger.url names is a Redis and no Sentinel: name the Sentinels, or leave +sentinel out',
  ],
  [
    /^MOVED$/,
    'Another node of a Redis Cluster has the ledger: ledger.url has to begin with redis+cluster or rediss+cluster; where it does, the ledger is on its way between nodes',
  ],
  [/^(ENOTFOUND|EAI_AGAIN)$/, 'The name of the host in ledger.url is not known'],
  [
    /^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH)$/,
    'Nothing listens at the address in ledger.url, or no route leads there',
  ],
  [
    /^ETIMEDOUT$/,
    'Redis does not answer in time: it is busy, no route leads to the address in ledger.url, or its port does not speak TLS as rediss wants',
  ],
];

/** What Sentinels say of themselves. */
const SENTINEL_FAULTS: typeof FAULTS = [
  [/^NOAUTH$/, `The Sentinels want a password: ${SENTINEL_CREDENTIALS}`],
  [/^WRONGPASS$/, `The Sentinels refuse the user name or the password: ${SENTINEL_CREDENTIALS}`],
  [/^NOPERM$/, 'The user in ledger.sentinelUsername lacks the right to the command SENTINEL'],
];

/** Has the error's code only: the library's errors carry the command with all its arguments. */
export function unavailable(error: unknown): LedgerError {
  const { code, isOfSentinel } = codeOf(error);
  const faults = isOfSentinel ? [...SENTINEL_FAULTS, ...FAULTS] : FAULTS;
  const [, sentence = 'Redis cannot be reached, or does not take writes now'] =
    faults.find(([codes]) => codes.test(code)) ?? [];
  return new LedgerError('unavailable', `${sentence} (${code}).`);
}

/** Whether nothing is known but that no answer came in time. */
export function isTimeout(error: unknown): boolean {
  return codeOf(error).code === 'ETIMEDOUT';
}

/** Whether it says more than that there is no connection. */
export function hasCode(error: unknown): error is Error {
  return error instanceof Error && codeOf(error).code !== error.name;
}

function codeOf(error: unknown): { readonly code: string; readonly isOfSentinel?: boolean } {
  if (!(error instanceof Error)) return { code: 'unknown error' };
  if ('code' in error && typeof error.code === 'string') return { code: error.code };
  // Of a Cluster: none of the nodes could be asked, the last one for this.
  if ('lastNodeError' in error && error.lastNodeError) return codeOf(error.lastNodeError);
  const [, ofSentinel] = /^All sentinels are unreachable.* Last error: (.*)$/.exec(error.message) ?? [];
  if (ofSentinel !== undefined) return { code: wordOf(ofSentinel) ?? error.name, isOfSentinel: true };
  return { code: wordOf(error.message) ?? error.name };
}

/** By the words of errors that Redis gives no code of their own. */
const WORDS: readonly (readonly [words: RegExp, code: string])[] = [
  [/DB index is out of range|invalid DB index/i, 'NO_SUCH_DATABASE'],
  [/cluster support disabled/i, 'NO_CLUSTER'],
  [/unknown command '?sentinel/i, 'NO_SENTINEL'],
  // Of the library, where the server owes an answer.
  [/^Socket timeout\b/, 'ETIMEDOUT'],
];

/** The code at the beginning of Redis's own errors, and in the text of others that were made from one. */
function wordOf(message: string): string | undefined {
  const [, known] = WORDS.find(([words]) => words.test(message)) ?? [];
  return known ?? /^[A-Z]{3,}\b/.exec(message)?.[0] ?? /\b(E[A-Z]{4,}(?:_[A-Z]+)?)\b/.exec(message)?.[0];
}
