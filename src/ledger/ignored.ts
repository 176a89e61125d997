import type { Outcome } from '../words/outcome.ts';
import type { ReportedToken } from './report.ts';

/** The report of a token that the configuration says is never to be touched: it is counted, and nothing of it is kept. */
export function ignoredReport(report: ReportedToken, outcome: Outcome): ReportedToken {
  const { beyond, recheckEndedBefore, restartsAtNewPlace, ...others } = report;
  return { ...others, sealed: '', initial: { state: 'dismissed', outcome }, restarts: [] };
}
