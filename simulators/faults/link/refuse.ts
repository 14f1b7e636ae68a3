// `link.refuse`: nobody takes the device's connections any more. A link that is up stays up.
import type { FaultMaker } from '../fault.ts';

export const linkRefuse: FaultMaker<'link.refuse'> = (_settings, { name }) => ({
  dial: (passage) => passage.refuse(name, 'connection refused'),
});
