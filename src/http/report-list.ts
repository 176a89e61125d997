import type { ReportedToken, ReportList } from '../ledger/report.ts';

/** Makes reports whenever they are asked for: those of a large request take several times as much memory as its body. */
export class ReportsOnDemand<Source> implements Pick<readonly ReportedToken[], 'length' | 'slice'> {
  readonly #sources: readonly Source[];
  readonly #make: (source: Source) => ReportedToken;

  constructor(sources: readonly Source[], make: (source: Source) => ReportedToken) {
    this.#sources = sources;
    this.#make = make;
  }

  get length(): number {
    return this.#sources.length;
  }

  slice(start?: number, end?: number): ReportedToken[] {
    return this.#sources.slice(start, end).map(this.#make);
  }
}

/** Those that stand where `wanted` says so. */
export function selected(reports: ReportList, wanted: (position: number) => boolean): ReportList {
  const positions = [...Array(reports.length).keys()].filter(wanted);
  return new ReportsOnDemand(positions, (position) => reportAt(reports, position));
}

/** @throws {RangeError} */
export function reportAt(reports: ReportList, position: number): ReportedToken {
  const [report] = reports.slice(position, position + 1);
  if (!report) throw new RangeError('There is no such report.');
  return report;
}
