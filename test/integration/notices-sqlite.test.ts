import { sqlite } from '../support/ledgers.ts';
import { describeNotices } from './notices-suite.ts';

describeNotices(sqlite);
