// `hub.desired-lost`: the device is not told of changed desired properties; the twin has them all the same.
import type { FaultMaker } from '../fault.ts';

export const hubDesiredLost: FaultMaker<'hub.desired-lost'> = () => ({ notification: (passage) => passage.lose() });
