import { DefaultReporter, type TestModule, type TestRunEndReason } from 'vitest/node';

/** Matches the message of a test that gave up waiting. */
const SLOW = /^(Too slow: |(Test|Hook) timed out in )/;

/**
 * Says a line for each file once it has ended, at a terminal, in CI and for a program alike, then what failed, and in
 * one sentence what came of all.
 */
export class LineReporter extends DefaultReporter {
  constructor() {
    super({ summary: false });
    this.renderSucceed = false;
  }

  /** What failed is said at once, too: a run may be ended before it comes to its list. */
  override onTestModuleEnd(module: TestModule): void {
    super.onTestModuleEnd(module);
    const inSuites = [module, ...module.children.allSuites()].flatMap((suite) => suite.errors());
    const inTests = [...module.children.allTests('failed')].flatMap((test) => test.result().errors ?? []);
    for (const { message } of [...inSuites, ...inTests])
      this.log(`     ${message.replaceAll('\n', '\n     ')}`);
  }

  override onTestRunEnd(
    modules: readonly TestModule[],
    errors: Parameters<DefaultReporter['onTestRunEnd']>[1],
    reason: TestRunEndReason,
  ): void {
    super.onTestRunEnd([...modules], errors, reason);
    this.log(sentenceOf(modules, errors.length));
  }
}

function sentenceOf(modules: readonly TestModule[], errors: number): string {
  const results = modules.flatMap((module) => [...module.children.allTests()].map((test) => test.result()));
  const failed = results.filter(({ state }) => state === 'failed');
  const slow = failed.filter((result) => result.errors?.every(({ message }) => SLOW.test(message)));
  const broken = modules.filter((module) => module.errors().length > 0).length;
  const count = (state: string) => results.filter((result) => result.state === state).length;
  const parts = [
    `${count('passed')} passed`,
    ...(count('skipped') > 0 ? [`${count('skipped')} skipped`] : []),
    ...(failed.length > 0 ? [`${failed.length} failed`] : []),
    ...(broken > 0 ? [`${broken} files could not be run`] : []),
    ...(errors > 0 ? [`${errors} errors beside the tests`] : []),
  ];
  const hint =
    slow.length === 0
      ? ''
      : ` ${slow.length} of the failures only say that the machine was too slow: QUASH_TEST_PATIENCE=3 waits longer.`;
  return `${results.length} tests in ${modules.length} files: ${parts.join(', ')}.${hint}`;
}
