// `link.half-open`: nothing leaves and nothing arrives, and nobody is told. It strikes once for each link that falls silent: the one that is up when
// its time begins, and each that the device opens after it gave up on that one. To the hub the old one stays open, until it closes it itself.
import type { FaultMaker } from '../fault.ts';

export const linkHalfOpen: FaultMaker<'link.half-open'> = (_settings, { name, due, watch }) => ({
  on(grip) {
    const nothing = () => {};
    let speak = nothing;
    const unwatch = watch(grip.device, (holds) => {
      speak();
      speak = holds
        ? grip.eachFlow((flow) => (due(grip.device, 'made its link half-open') ? flow.silence(name) : nothing))
        : nothing;
    });
    return () => {
      unwatch();
      speak();
    };
  },
});
