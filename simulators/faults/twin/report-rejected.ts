// `twin.report-rejected`: the hub refuses reported properties, and the twin stays as it is.
import type { FaultMaker } from '../fault.ts';
import { reports } from './operations.ts';

export const twinReportRejected: FaultMaker<'twin.report-rejected'> = ({ status }, { name }) => ({
  concerns: { twin: reports },
  twin: (passage) => passage.refuse(status, `The reported properties were refused (fault ${name}).`),
});
