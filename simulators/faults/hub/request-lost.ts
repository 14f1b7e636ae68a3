// `hub.request-lost`: the method request never reaches the device, and is not sent when the fault is lifted; the caller gets 504.
import type { FaultMaker } from '../fault.ts';

export const hubRequestLost: FaultMaker<'hub.request-lost'> = () => ({ delivery: (passage) => passage.lose() });
