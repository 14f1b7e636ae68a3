// `twin.report-lost`: reported properties never reach the twin, and nobody answers; nor when the fault is lifted.
import type { FaultMaker } from '../fault.ts';
import { reports } from './operations.ts';

export const twinReportLost: FaultMaker<'twin.report-lost'> = () => ({
  concerns: { twin: reports },
  twin: (passage) => passage.lose(),
});
