import type { ContractCase } from './spec.ts';

/** @throws {AggregateError} that says which of the cases fail, and why */
export async function runEach(cases: readonly ContractCase[]): Promise<void> {
  const ended = await Promise.allSettled(cases.map(({ run }) => run()));
  const failed = ended.flatMap((end, index) =>
    end.status === 'rejected' ? [{ name: cases[index]?.name, reason: end.reason }] : [],
  );
  if (failed.length === 0) return;
  const lines = failed.map(({ name, reason }) => `It ${name}: ${reason?.message ?? reason}`);
  throw new AggregateError(
    failed.map(({ reason }) => reason),
    lines.join('\n'),
  );
}
