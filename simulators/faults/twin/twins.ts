// The faults on twins, by kind.
import type { FaultMakers } from '../kinds.ts';
import { twinGetUnanswered } from './get-unanswered.ts';
import { twinReportLate } from './report-late.ts';
import { twinReportLost } from './report-lost.ts';
import { twinReportRejected } from './report-rejected.ts';
import { twinWrongVersion } from './wrong-version.ts';

export const twins = {
  'twin.report-lost': twinReportLost,
  'twin.report-late': twinReportLate,
  'twin.report-rejected': twinReportRejected,
  'twin.get-unanswered': twinGetUnanswered,
  'twin.wrong-version': twinWrongVersion,
} satisfies Partial<FaultMakers>;
