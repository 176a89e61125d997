/** All that listens to a running service: its log, its metrics and its traces. */
import type { Config } from '../config/schema.ts';
import { fanOut, type Observe } from '../observe/events.ts';
import { createLog, logEvents } from '../observe/log.ts';
import { createMetrics, type Metrics } from '../observe/metrics.ts';
import { Scrubber } from '../observe/scrub.ts';
import { sparing } from '../observe/sparing.ts';
import { startTracing, type Tracing } from '../observe/tracing.ts';
import type { Io } from './io.ts';

export interface Telemetry {
  readonly observe: Observe;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
  /** Keeps what it is told of out of the log. */
  readonly scrubber: Scrubber;
}

export async function startTelemetry(io: Io, config: Config): Promise<Telemetry> {
  const scrubber = new Scrubber();
  scrubber.keep(config);
  const { level } = config.log;
  const log = logEvents(createLog({ level, destination: io.stdout, scrub: scrubber.scrub }));
  const metrics = createMetrics();
  const tracing = await startTracing(io.env, log);
  return { observe: fanOut(sparing(log), metrics.observe, tracing.observe), metrics, tracing, scrubber };
}
