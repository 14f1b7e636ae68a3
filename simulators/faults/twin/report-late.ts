// `twin.report-late`: reported properties reach the twin late, each by a draw of its own: one may overtake another.
import { drawing } from '../../random/distributions.ts';
import type { FaultMaker } from '../fault.ts';
import { Held } from '../held.ts';
import { reports } from './operations.ts';

export const twinReportLate: FaultMaker<'twin.report-late'> = ({ delay }, { clock, randomOf }) => {
  const held = new Held(clock);
  const draw = drawing(delay, randomOf);
  return {
    concerns: { twin: reports },
    twin: (passage) => held.hold(draw(passage.device), () => passage.pass()),
    release: () => held.releaseAll(),
  };
};
