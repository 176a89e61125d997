/** What became of a report. */
import { type Refusal, type SubmitClient, SubmitFault } from './client.ts';
import type { Plan, Shown, Submission } from './plan.ts';

export interface Posted {
  readonly accepted: readonly Submission[];
  readonly refused: readonly Refusal[];
  /** Not posted, or nobody knows whether Quash has them. */
  readonly open: readonly Submission[];
  /** Why some are open. */
  readonly fault?: string;
}

export interface Outcome extends Posted {
  readonly format: string;
  readonly findings: number;
  /** What of the report is missing, in sentences. */
  readonly faults: readonly string[];
  readonly plan: Plan;
  readonly dryRun: boolean;
}

/** Posts one batch after the other, and keeps what was reached when it cannot go on. */
export async function postAll(
  client: SubmitClient,
  batches: readonly (readonly Submission[])[],
  onPosted: (done: number) => void,
): Promise<Posted> {
  const refused: Refusal[] = [];
  const accepted: Submission[] = [];
  let done = 0;
  for (const [index, batch] of batches.entries()) {
    try {
      const refusals = await client.post(batch);
      const bad = new Set(refusals.map(({ submission }) => submission));
      refused.push(...refusals);
      accepted.push(...batch.filter((submission) => !bad.has(submission)));
    } catch (error) {
      if (!(error instanceof SubmitFault)) throw error;
      return { accepted, refused, open: batches.slice(index).flat(), fault: error.message };
    }
    done += batch.length;
    onPosted(done);
  }
  return { accepted, refused, open: [] };
}

/** What of a plan would be refused, as far as it can be known without sending it. */
export function refusalsOf(
  { submissions }: Plan,
  faultOf: (type: string, token: string) => string | undefined,
): readonly Refusal[] {
  return submissions.flatMap((submission) => {
    const reason = faultOf(submission.type, submission.token);
    return reason === undefined ? [] : [{ submission, reason, known: false }];
  });
}

/** One row of the overview. */
export interface TypeCount {
  readonly type: string;
  readonly result: string;
  readonly count: number;
}

/** The elements by type and what became of them, in the order of the types. */
export function countTypes({ plan, accepted, refused, open, dryRun }: Outcome): readonly TypeCount[] {
  const bad = new Set(refused.map(({ submission }) => submission));
  const results: [string, readonly Shown[]][] = [
    [
      'would be sent',
      dryRun ? plan.submissions.filter((one) => !bad.has(one)).map(({ shown }) => shown) : [],
    ],
    ['accepted', accepted.map(({ shown }) => shown)],
    [dryRun ? 'would be refused' : 'refused', shownOf(refused.filter(({ known }) => !known))],
    ['refused earlier', shownOf(refused.filter(({ known }) => known))],
    ['not sent', open.map(({ shown }) => shown)],
    ['without its token', plan.withoutToken],
    ...[...Map.groupBy(plan.unconfigured, ({ provider }) => provider)].map(
      ([provider, all]): [string, readonly Shown[]] => [`configure ${provider}`, all],
    ),
    ['no provider', plan.unsupported],
  ];
  const counts = results.flatMap(([result, all]) =>
    [...Map.groupBy(all, ({ type }) => type)].map(([type, { length }]) => ({ type, result, count: length })),
  );
  return counts.sort((a, b) => (a.type < b.type ? -1 : Number(a.type > b.type)));
}

function shownOf(refused: readonly Refusal[]): readonly Shown[] {
  return refused.map(({ submission }) => submission.shown);
}

/** For scripts; it holds no token. */
export function outcomeDocument(outcome: Outcome): object {
  const { format, findings, faults, plan, dryRun, accepted, refused, open, fault } = outcome;
  return {
    format,
    dryRun,
    findings,
    faults,
    repeated: plan.repeated,
    accepted: accepted.length,
    refused: refused.map(({ submission, reason, known }) => ({ ...submission.shown, reason, known })),
    notSent: open.length,
    withoutToken: plan.withoutToken,
    unconfigured: plan.unconfigured,
    unsupported: plan.unsupported.length,
    types: countTypes(outcome),
    ...(fault !== undefined && { fault }),
  };
}
