/** The shapes of the admin API: what is validated coming in, and what the OpenAPI document says of what goes out. */
import { z } from '@hono/zod-openapi';
import { ADMIN_ROLES } from '../words/caller.ts';
import { ACTIONS, MAX_DECIDED } from './decisions.ts';
import { EXPORT_FORMATS } from './export.ts';
import { entryFilter, moment, outcomeKind, projectFilter, stateSchema } from './filter.ts';
import { OVERVIEW_WINDOWS } from './trend.ts';

const MAX_PAGE = 200;
const MAX_REASON_LENGTH = 500;

const time = () => z.int().describe('Milliseconds since the Unix epoch.');
const nullableTime = (what: string) =>
  z.int().nullable().describe(`${what} Milliseconds since the Unix epoch.`);

const modeSchema = z.enum(['revoke', 'hold', 'dry-run']).openapi('Mode');

export const listQuery = entryFilter.extend({
  cursor: z.string().optional().describe('From an earlier page.'),
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(50),
});

export const exportQuery = entryFilter.extend({ format: z.enum(EXPORT_FORMATS).default('csv') });

export const projectsQuery = z.strictObject({
  project: projectFilter.optional(),
  cursor: z.string().optional().describe('From an earlier page.'),
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(50),
});

export const overviewQuery = z.strictObject({
  window: z.enum(OVERVIEW_WINDOWS).default('24h').describe('How far back.'),
});

export const entryParameter = z.object({ id: z.string().describe('Id of an entry.') });
export const providerParameter = z.object({ id: z.string().describe('Id of a provider.') });

export const sessionParameter = z.object({ id: z.string().describe('Id of a session.') });

export const sessionList = z.object({
  sessions: z.array(
    z
      .object({
        id: z.string(),
        since: time(),
        until: time(),
        caller: z.object({ id: z.string(), name: z.string(), role: z.enum(ADMIN_ROLES) }),
      })
      .openapi('Session'),
  ),
});

export const ended = z.object({ id: z.string() });

const asOf = moment()
  .optional()
  .describe('When somebody looked, e.g. `2026-01-31T09:30:00Z`: what has changed since then stays as it is.');

export const decisionQuery = z.strictObject({ asOf });

export const dismissal = z
  .strictObject({
    reason: z.string().trim().min(1).max(MAX_REASON_LENGTH).describe('Kept in the history.'),
  })
  .openapi('Dismissal');

export const decisions = z
  .strictObject({
    action: z.enum(ACTIONS),
    ids: z.array(z.string()).min(1).max(MAX_DECIDED).optional().describe('Ids, or beginnings of ids.'),
    filter: entryFilter
      .optional()
      .describe(
        'All that fit. Without a state: what is held is approved, what needs attention is retried or dismissed. What is `unproven` is approved only when the reason says so.',
      ),
    cursor: z.string().optional().describe('From an earlier answer with the same filter.'),
    reason: dismissal.shape.reason.optional(),
    asOf,
    dryRun: z.boolean().default(false).describe('Only tells what would be done.'),
  })
  .refine(({ ids, filter }) => (ids === undefined) !== (filter === undefined), {
    message: 'either ids or a filter',
  })
  .refine(
    ({ filter = {}, ids }) => ids !== undefined || Object.values(filter).some((value) => value !== undefined),
    {
      path: ['filter'],
      message: 'an empty filter would mean everything',
    },
  )
  .refine(({ action, reason }) => action !== 'dismiss' || reason !== undefined, {
    path: ['reason'],
    message: 'a dismissal needs a reason',
  })
  .openapi('Decisions');

export const decided = z
  .object({
    results: z.array(
      z.object({
        id: z.string().describe('As it was asked for.'),
        done: z.boolean().describe('Or would be done, in a dry run.'),
        state: stateSchema.optional().describe('In which it is now.'),
        problem: z.string().optional().describe('Why nothing was done.'),
      }),
    ),
    done: z.int(),
    failed: z.int(),
    at: time().describe(
      'When it was looked at which they are: what `asOf` may be for them. Milliseconds since the Unix epoch.',
    ),
    cursor: z.string().optional().describe('There may be more that the filter fits.'),
  })
  .openapi('Decided');

export const search = z
  .strictObject({
    token: z.string().min(1).describe('The secret. It is neither kept nor logged.'),
    type: z.string().optional().describe('The type string under which it may have been reported.'),
  })
  .openapi('Search');

export const laneMode = z
  .strictObject({
    mode: modeSchema
      .nullable()
      .describe('null: as configured. `revoke` never lets wider actions through by itself.'),
  })
  .openapi('LaneMode');

export const generalMode = z
  .strictObject({
    mode: z
      .enum(['hold', 'dry-run'])
      .nullable()
      .describe('For all providers that have no mode of their own set here; null: as configured.'),
  })
  .openapi('GeneralMode');

const outcomeSchema = z
  .object({
    kind: outcomeKind,
    verified: z.boolean().describe('An upstream answer said that the token no longer works.'),
    reason: z.string().optional(),
    advice: z.string().optional().describe('What a person should do.'),
    evidence: z.record(z.string(), z.unknown()).optional(),
  })
  .openapi('Outcome');

const historyEvent = z
  .object({
    at: time(),
    event: z.string(),
    by: z.string().optional().describe('Who did it, where that was a person.'),
    outcome: outcomeSchema.optional(),
    code: z.string().optional(),
    message: z.string().optional(),
    dueAt: z.int().optional(),
  })
  .openapi('HistoryEvent');

const entrySchema = z
  .object({
    id: z.string(),
    provider: z.string(),
    kind: z.string(),
    types: z.array(z.string()),
    state: stateSchema,
    outcome: outcomeSchema.nullable(),
    approved: z.boolean(),
    reports: z.int().describe('How often it was reported.'),
    firstReportedAt: time(),
    lastReportedAt: time(),
    dueAt: nullableTime('When work on it goes on.'),
    endedAt: nullableTime('When it last became `done`, `attention` or `dismissed`.'),
    projects: z.array(z.string()).describe('The URLs of the projects in which it was found.'),
    caller: z.string().nullable().describe('Who reported it first; null where that is not known.'),
    phase: z.enum(['revoke', 'verify', 'recheck']),
    attempts: z.int(),
    verifications: z.int(),
    deferrals: z.int(),
  })
  .openapi('Entry');

const subjectSchema = z
  .object({
    owner: z.string(),
    account: z.string(),
    name: z.string(),
    scopes: z.array(z.string()),
    created: z.string(),
    expires: z.string(),
    lastUsed: z.string(),
    reach: z.array(z.string()),
  })
  .partial()
  .describe('What the vendor told of the token while it lived; text that other people chose.')
  .openapi('Subject');

export const entryDetails = entrySchema
  .extend({
    locations: z.array(z.string()).describe('Where it was found; the first ten and the newest, at most 50.'),
    unreadableLocations: z
      .array(z.string())
      .describe('Those of them that GitLab itself did not report; Quash reads nothing there.'),
    locationsLeftOut: z.int().describe('Places between these that made room.'),
    findings: z.array(z.string()).describe('Vulnerabilities in GitLab that it belongs to.'),
    subject: subjectSchema.optional(),
    warning: z.string().optional().describe('What else an approval hits, while it is held.'),
    history: z.array(historyEvent),
  })
  .openapi('EntryDetails');

export const listPage = z
  .object({
    entries: z.array(entrySchema),
    cursor: z
      .string()
      .optional()
      .describe('Absent on the last page; a page may be short and still have one.'),
  })
  .openapi('ListPage');

export const searchResult = z.object({ entries: z.array(entryDetails) }).openapi('SearchResult');

export const projectList = z
  .object({
    projects: z.array(
      z
        .object({
          project: z.string().describe('Its URL.'),
          open: z.int().describe('Entries that are queued, held or need attention.'),
          entries: z.record(stateSchema, z.int()),
          delayMs: z
            .object({ median: z.number().nullable(), p95: z.number().nullable() })
            .describe('From first report to death; upper bounds, exact to a factor of 1.5.'),
        })
        .openapi('Project'),
    ),
    cursor: z
      .string()
      .optional()
      .describe('Absent on the last page; a page may be short and still have one.'),
  })
  .openapi('ProjectList');

const delays = (when: string) =>
  z
    .object({ median: z.number().nullable(), p95: z.number().nullable() })
    .describe(`From first report to death${when}; upper bounds, exact to a factor of 1.5.`);

const entryCounts = z.record(stateSchema, z.int());

const credentialCheck = z
  .object({ name: z.string(), ok: z.boolean(), advice: z.string().optional() })
  .openapi('CredentialCheck');

const laneSchema = z
  .object({
    provider: z.string(),
    epoch: z.int(),
    streak: z.int().describe('Pauses in a row.'),
    pausedUntil: z.int().describe('0 when it is not paused.'),
    reason: z
      .string()
      .nullable()
      .describe(
        'Why it is paused or parked, or, where it works, what entries wait for that need our credential.',
      ),
    parked: z.boolean().describe('Stands still until it is resumed.'),
    mode: modeSchema.nullable(),
    lastDoneAt: nullableTime('When an entry last became `done`.'),
    revokedLastHour: z
      .int()
      .describe('Tokens that were alive and that it revoked: what the safety valve counts.'),
    valveOpensAt: nullableTime('When the safety valve lets the next one through; null while it is open.'),
    shareOpensAt: nullableTime(
      'When it lets through the next one of a namespace that has had its tenth of the hour; null while none has.',
    ),
  })
  .openapi('Lane');

export const providerSchema = z
  .object({
    id: z.string(),
    title: z.string(),
    docs: z.string(),
    needs: z.string(),
    effect: z.string(),
    enabled: z.boolean(),
    stability: z.enum(['stable', 'beta', 'experimental']),
    types: z.array(z.string()),
    modes: z.array(modeSchema).describe('Modes in force for its kinds of tokens.'),
    modeOverride: modeSchema.nullable().describe('Set by a person in place of the configured mode.'),
    maxPerHour: z.int().describe('Safety valve; 0 is no limit.'),
    lane: laneSchema.nullable().describe('null: nothing was ever reported for it.'),
    entries: z.partialRecord(stateSchema, z.int()),
    credentials: z
      .object({ at: time(), checks: z.array(credentialCheck) })
      .nullable()
      .describe('What the last check of our own credentials found; null before the first.'),
  })
  .openapi('Provider');

export const providerList = z
  .object({ modeOverride: modeSchema.nullable(), providers: z.array(providerSchema) })
  .openapi('ProviderList');

const step = z
  .object({
    at: time(),
    dead: z.int().describe('Shown to be dead in it.'),
    others: z.int().describe('Ended in another way.'),
    attention: z.int().describe('Put before a person.'),
    open: z.int().describe('Open at its end, counted back from now.'),
    delayMs: delays(''),
  })
  .openapi('Step');

export const overviewSchema = z
  .object({
    entries: entryCounts.describe('All entries by state.'),
    ledgerWarnings: z.array(z.string()).describe('What endangers the entries in their storage.'),
    oldestQueuedAt: nullableTime('First report of the oldest queued entry, sweeps apart.'),
    window: z.enum(OVERVIEW_WINDOWS),
    created: z.int().describe('New entries in the window.'),
    dead: z.int().describe('Tokens shown to be dead in the window.'),
    ended: z.record(z.string(), z.int()).describe('Ends in the window by kind of outcome.'),
    endedDry: z.int().describe('Entries that a dry run ended, whenever that was: they may still work.'),
    delayMs: delays(', in the window'),
    hours: z.array(
      z.object({ at: time(), created: z.int(), ended: z.record(z.string(), z.int()) }).openapi('Hour'),
    ),
    trend: z.array(step).describe('The window in hours (24h) or days, the oldest first.'),
    providers: z
      .array(
        z
          .object({
            provider: z.string(),
            open: z.int().describe('Entries that are queued, held or need attention.'),
            dead: z.int().describe('Tokens shown to be dead in the time.'),
            delayMs: delays(', in the time'),
            trend: z.array(step).describe('By day (UTC), the oldest first.'),
          })
          .openapi('ProviderTrend'),
      )
      .describe('Of the last 30 days, whatever the window is.'),
  })
  .openapi('Overview');

export const causeList = z
  .object({
    causes: z.array(
      z
        .object({
          provider: z.string(),
          state: stateSchema,
          outcome: z.string().describe('Kind of outcome.'),
          reason: z.string().describe('Empty where the outcome has none.'),
          entries: z.int(),
        })
        .openapi('Cause'),
    ),
  })
  .openapi('CauseList');

export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string().optional(),
    requestId: z.string().optional().describe('By which the log knows the request.'),
    invalid: z.array(z.object({ key: z.string(), message: z.string() })).optional(),
  })
  .openapi('Problem');
