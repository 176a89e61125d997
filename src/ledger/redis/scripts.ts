/** The Lua scripts beside this file: their names, what they answer, and how they are read and called. */
import { readFileSync } from 'node:fs';
import { AT_ONCE_AHEAD_MS } from '../claim.ts';
import { FIRST_LOCATIONS, MAX_EVENTS, MAX_FINDINGS, MAX_LOCATIONS, STATES } from '../entry.ts';
import { ALL_LANES } from '../lane-state.ts';
import { MAX_NOTICES } from '../notice.ts';
import { MAX_PROJECTS_MERGED } from '../projects.ts';
import { COUNTS_KEPT_MS, MAX_RESTARTS_OF_HELD } from '../report.ts';
import { MAX_JOINING, MAX_PUT_ASIDE, RETRIED, retriedKeys } from '../shares.ts';
import { DEAD, HOUR_MS, OF_PROVIDER } from '../tallies.ts';
import { VALVE_BUCKET_MS, VALVE_BUCKETS } from '../valve.ts';
import type { RedisClient } from './connection.ts';
import { type PartitionKeys, WORK_CHANNEL } from './keys.ts';
import { LAYOUT } from './layout.ts';

/** What the scripts answer; Lua's nil and false arrive as null. */
export interface Replies {
  readonly ping: number;
  readonly open: readonly [
    keyCheck: string,
    layout: string | null,
    version: string | null,
    handedOver: string | null,
    id: string | null,
    isNew: 0 | 1,
  ];
  readonly repeat: string;
  readonly accept:
    | readonly [
        ...counts: [created: number, repeated: number],
        ...lists: [providers: readonly string[], setAside: readonly number[], beyond: readonly number[]],
      ]
    | null;
  readonly 'begin-migration': 0 | 1;
  readonly 'old-places': readonly (readonly string[])[];
  readonly 'seal-places': 1;
  readonly 'index-entries': 1;
  readonly 'new-of-shares': 'none' | 'full' | 'free';
  readonly queued: readonly number[];
  readonly look: readonly LookReply[];
  readonly claim:
    | readonly [
        ...answer: [lane: LaneReply, nextAt: string, surplus: 0 | 1, claims: readonly ClaimReply[]],
        usage: UsageReply | '',
      ]
    | null;
  readonly settle: readonly (0 | 1)[];
  readonly 'put-off': 0 | 1;
  readonly 'end-waits': number | null;
  readonly renew: number;
  readonly release: 0 | 1;
  readonly requeue: string | null;
  readonly reopen: 0 | 1;
  readonly dismiss: 0 | 1;
  readonly get:
    | readonly [
        fields: Fields,
        places: readonly string[],
        keys: string,
        findings: readonly string[],
        history: readonly string[],
        projects: readonly string[],
      ]
    | null;
  readonly list: readonly [last: string, ...(readonly [id: string, Fields, projects: readonly string[]])[]];
  readonly causes: readonly (string | number)[];
  readonly projects: readonly [last: string, ...(readonly [name: string, tallies: readonly string[]])[]];
  readonly count: readonly (string | number)[];
  readonly 'oldest-queued': string | null;
  readonly hours: readonly (readonly string[])[];
  readonly purge: readonly [looked: number, deleted: number];
  readonly 'pause-lane': LaneReply;
  readonly 'lane-healthy': 0 | 1;
  readonly 'park-lane': 1;
  readonly 'resume-lane': 1;
  readonly lanes: readonly LaneReply[];
  readonly 'set-mode': 0 | 1;
  readonly modes: readonly string[];
  readonly 'save-session': 0 | 1;
  readonly 'set-channels': 1;
  readonly 'take-announcements': readonly [missed: number, found: readonly AnnouncementReply[]] | null;
  readonly 'confirm-announcements': 0 | 1;
  readonly 'put-off-announcements': 0 | 1;
  readonly 'lead-channel': 0 | 1;
  readonly 'save-notice': 1;
  readonly notices: readonly string[];
  readonly 'send-again': 0 | 1;
  readonly 'count-of-day': 0 | 1;
  readonly dump: readonly (readonly [
    ...texts: [id: string, hash: readonly string[], sealed: string, namespace: string, group: string],
    ...lists: [places: readonly string[], findings: readonly string[], history: readonly string[]],
  ])[];
  readonly restore: 1;
}

export type LaneReply = readonly [
  provider: string,
  epoch: number,
  streak: number,
  pausedUntil: number,
  reason: string,
  parked: 0 | 1,
  mode: string,
  lastDoneAt: string,
  revokedLastHour: number,
  valveOpensAt: number | '',
  shareOpensAt: number | '',
];

/** Names and values, one after the other. */
export type UsageReply = readonly [revoked: readonly string[], hand: readonly string[]];

export type LookReply = readonly [
  lane: LaneReply,
  valveMax: number,
  probeEnd: number,
  probeEpoch: number,
  usage: UsageReply,
];

export type AnnouncementReply = readonly [id: string, namesAndValues: readonly string[]];

export type ClaimReply = readonly [
  ...head: [id: string, lease: string, sealed: string | null, approval: string | null, act: string | null],
  ...middle: [
    kind: string,
    note: string | null,
    approved: string | null,
    state: string,
    firstReportedAt: string,
  ],
  ...progress: Fields,
];

export type Fields = readonly (string | null)[];

export type ScriptName = keyof Replies;

/** What a script takes. */
export type Values = readonly (string | number)[];

const SCRIPT_NAMES = [
  ...([
    'ping',
    'open',
    'begin-migration',
    'old-places',
    'seal-places',
    'index-entries',
    'repeat',
    'accept',
    'new-of-shares',
    'queued',
    'look',
    'claim',
    'settle',
    'put-off',
    'end-waits',
    'renew',
    'release',
    'requeue',
    'reopen',
    'dismiss',
  ] as const),
  ...(['get', 'list', 'count', 'causes', 'projects', 'oldest-queued', 'hours', 'purge'] as const),
  ...([
    'pause-lane',
    'lane-healthy',
    'park-lane',
    'resume-lane',
    'lanes',
    'set-mode',
    'modes',
    'save-session',
  ] as const),
  ...([
    'set-channels',
    'take-announcements',
    'confirm-announcements',
    'put-off-announcements',
    'lead-channel',
  ] as const),
  ...(['save-notice', 'notices', 'send-again', 'count-of-day'] as const),
  ...(['dump', 'restore'] as const),
] satisfies readonly ScriptName[];

/**
 * What a migration or a copy calls; all others do nothing once a newer version has begun to store entries in another way,
 * the ledger was copied, nothing is left of it, or another one stands in its place, as a replica makes that starts on an
 * emptied server: a hold that a person set would be over, and nobody would be told.
 */
const IN_ANY_LAYOUT: readonly ScriptName[] = [
  ...(['open', 'begin-migration', 'old-places', 'seal-places', 'index-entries', 'list'] as const),
  ...(['dump', 'restore', 'count'] as const),
];

const FENCE = `do
  local layout, id = unpack(redis.call('HMGET', META, 'layout', 'id'))
  if not layout then return redis.error_reply('EMPTIED since it was opened') end
  if layout ~= LAYOUT then return redis.error_reply('LAYOUT is another one now') end
  if not id then return redis.error_reply('UNNAMED since it was opened') end
  if id ~= OPENED_ID then return redis.error_reply('REPLACED since it was opened') end
end
`;

/** By the names of the commands that {@link callScript} calls. */
export function readScripts({ maxAnnouncements }: { maxAnnouncements: number }): Record<string, string> {
  const constants = [
    `local MAX_LOCATIONS, MAX_FINDINGS, MAX_EVENTS = ${MAX_LOCATIONS}, ${MAX_FINDINGS}, ${MAX_EVENTS}`,
    `local FIRST_LOCATIONS = ${FIRST_LOCATIONS}`,
    `local MAX_RESTARTS_OF_HELD = ${MAX_RESTARTS_OF_HELD}`,
    `local MAX_ANNOUNCEMENTS, MAX_NOTICES, HOUR_MS = ${maxAnnouncements}, ${MAX_NOTICES}, ${HOUR_MS}`,
    `local VALVE_BUCKET_MS, VALVE_BUCKETS = ${VALVE_BUCKET_MS}, ${VALVE_BUCKETS}`,
    `local MAX_PROJECTS_MERGED = ${MAX_PROJECTS_MERGED}`,
    `local MAX_PUT_ASIDE, COUNTS_KEPT_MS, AT_ONCE_AHEAD_MS = ${MAX_PUT_ASIDE}, ${COUNTS_KEPT_MS}, ${AT_ONCE_AHEAD_MS}`,
    `local MAX_JOINING, RETRIED, NO_NAMESPACE = ${MAX_JOINING}, '${RETRIED}', '${retriedKeys(null, '').namespace}'`,
    `local STATES, DEAD = ${luaList(STATES)}, ${luaList(DEAD)}`,
    `local OF_PROVIDER = '${OF_PROVIDER}'`,
    `local ALL_LANES, WORK_CHANNEL, LAYOUT = '${ALL_LANES}', '${WORK_CHANNEL}', '${LAYOUT}'`,
  ];
  const head = `${constants.join('\n')}\n${readScript('shared')}\n`;
  const fence = (name: ScriptName) => (IN_ANY_LAYOUT.includes(name) ? '' : FENCE);
  return Object.fromEntries(
    SCRIPT_NAMES.map((name) => [commandName(name), head + fence(name) + readScript(name)]),
  );
}

function luaList(names: readonly string[]): string {
  return `{ ${names.map((name) => `'${name}'`).join(', ')} }`;
}

function readScript(name: string): string {
  return readFileSync(new URL(`./lua/${name}.lua`, import.meta.url), 'utf8');
}

/** Apart from the names of Redis's own commands. */
function commandName(name: ScriptName): string {
  return `quash:${name}`;
}

/** @param ledgerId of the ledger that was opened; empty for one that is not open yet */
export function callScript<Name extends ScriptName>(
  client: RedisClient,
  keys: PartitionKeys,
  name: Name,
  args: Values,
  ledgerId: string,
): Promise<Replies[Name]> {
  const command: unknown = Reflect.get(client, commandName(name));
  if (typeof command !== 'function') throw new TypeError('A script is not defined.');
  // One array for all arguments: they may be too many for a call, and the library flattens it.
  return command.call(client, ...keys.ofScripts, args, ledgerId);
}
