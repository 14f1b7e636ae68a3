// One example of settings for each kind of fault, as it would be typed, and on which side it acts. Tests hold both against the faults themselves.
import type { FaultKind, FaultSettingsInput } from '../../simulators/vocabulary/specs.ts';

type Typed<Kind extends FaultKind> = Omit<Extract<FaultSettingsInput, { kind: Kind }>, 'kind'>;

export const faultExamples: { readonly [Kind in FaultKind]: Typed<Kind> } = {
  'reply.delay': { delay: { kind: 'log-normal', median: 800, sigma: 0.5 } },
  'reply.never': {},
  'reply.unanswered': {},
  'reply.late': { by: { kind: 'uniform', low: 100, high: 2_000 } },
  'reply.status': { status: 500 },
  'reply.body': { body: { error: 'flash is full' } },
  'reply.malformed': {},
  'reply.oversize': { bytes: 200_000 },
  'reply.duplicate': { copies: 2, after: 100 },
  'reply.wrong-rid': {},
  'link.drop': { at: 'executed' },
  'link.reset': { at: 'replied' },
  'link.flap': { up: { kind: 'uniform', low: 20_000, high: 40_000 }, down: { kind: 'fixed', ms: 5_000 } },
  'link.refuse': {},
  'link.half-open': {},
  'link.latency': { delay: { kind: 'normal', mean: 120, deviation: 40 }, direction: 'up' },
  'link.bandwidth': { bytesPerSecond: 1_200 },
  'link.offline': { lasting: 60_000 },
  'link.skewed-clock': { by: -7_200_000 },
  'link.expired-token': {},
  'link.certificate': { which: 'wrong-ca' },
  'link.storm': { within: 1_000, again: 60_000 },
  'twin.report-lost': {},
  'twin.report-late': { delay: { kind: 'pareto', least: 500, shape: 1.5 } },
  'twin.report-rejected': { status: 429 },
  'twin.get-unanswered': {},
  'twin.wrong-version': { off: -1 },
  'hub.refuse': { connack: 5, condition: 'amqp:unauthorized-access' },
  'hub.error': { status: 503, operations: ['methods', 'twins'] },
  'hub.throttle': { tier: 'S1', units: 1 },
  'hub.slow': { delay: { kind: 'spike', base: 20, spike: 4_000, probability: 0.02 } },
  'hub.request-lost': {},
  'hub.request-twice': {},
  'hub.kick': { at: 'answered', after: 500 },
  'hub.kill': { what: 'method-response-link', at: 'called' },
  'hub.desired-lost': {},
};

/** Those that act in the local hub though their names do not say so. */
const inHub: readonly FaultKind[] = [
  'reply.late',
  'twin.report-lost',
  'twin.report-late',
  'twin.report-rejected',
  'twin.get-unanswered',
];

export const sideOf = (kind: FaultKind): 'device' | 'hub' =>
  kind.startsWith('hub.') || inHub.includes(kind) ? 'hub' : 'device';
