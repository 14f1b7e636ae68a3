// `hub.slow`: the service API takes longer to begin with what it was asked. A method's timeouts begin when the hub does.
import { drawing } from '../../random/distributions.ts';
import type { FaultMaker } from '../fault.ts';
import { Held } from '../held.ts';

export const hubSlow: FaultMaker<'hub.slow'> = ({ delay, operations }, { clock, randomOf }) => {
  const held = new Held(clock);
  const draw = drawing(delay, randomOf);
  return {
    concerns: { request: ({ operation }) => operations === undefined || operations.includes(operation) },
    request: (passage) => held.hold(draw(passage.device), () => passage.pass()),
    release: () => held.releaseAll(),
  };
};
