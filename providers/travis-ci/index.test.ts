import { describeProvider } from '../../test/contract/provider-suite.ts';
import { cases } from './cases.ts';

for (const spec of cases) describeProvider(spec);
