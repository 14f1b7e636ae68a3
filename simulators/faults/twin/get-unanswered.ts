// `twin.get-unanswered`: the device asks for its twin and hears nothing; nor when the fault is lifted.
import type { FaultMaker } from '../fault.ts';
import { gets } from './operations.ts';

export const twinGetUnanswered: FaultMaker<'twin.get-unanswered'> = () => ({
  concerns: { twin: gets },
  twin: (passage) => passage.lose(),
});
