// The timeout laboratory: every way a direct method can be late, lost or done twice, each as one case. `laboratory.mjs` runs them.
//
// A case has one device of its own. It may begin `away` (never connected) or `dark` (rebooting for so many ms), has `faults`, and is called once;
// `meanwhile` things are done so many ms into the call, `again` calls a second time (at once when the first call is over, or so many ms into it).
// `expect` says what the caller gets, how long that takes (ms, from - to), how often the device executed the method, and what the journal says of it.

/** Executes each call at once, and counts (getStatus). */
const quick = { behaviour: { kind: 'echo' } };
/** Works for so long before it answers, ms. */
const working = (ms) => ({ behaviour: { kind: 'rebootDevice', work: ms, dark: 0 }, method: 'rebootDevice' });
const amqp = { protocol: 'amqp' };
const fixed = (ms) => ({ kind: 'fixed', ms });
/** The least response timeout that the service takes, s. */
const least = 5;
const atOnce = [0, 3_000];
const timedOut = [5_000, 9_000];
const noAnswer = { httpStatus: 504, error: 'GatewayTimeout', elapsed: timedOut };
const away = { httpStatus: 404, error: 'DeviceNotOnline', executed: 0 };
const cut = { httpStatus: 404, error: 'DeviceConnectionClosedRemotely' };
const done = { httpStatus: 200, deviceStatus: 200, elapsed: atOnce, executed: 1 };

export const cases = [
  // --- the device is not there ---
  {
    name: 'offline, connect timeout 0',
    begin: 'away',
    ...quick,
    expect: { ...away, elapsed: atOnce, journal: 'a connect timeout of 0 does not wait' },
  },
  {
    name: 'offline, connect timeout 3 s, stays away',
    begin: 'away',
    ...quick,
    connectTimeout: 3,
    expect: { ...away, elapsed: [3_000, 7_000], journal: 'waited 3 s for the device to connect, and it did not' },
  },
  {
    name: 'offline, comes within the connect timeout',
    begin: 'away',
    ...quick,
    connectTimeout: 20,
    meanwhile: [{ after: 500, do: 'start' }],
    expect: { ...done, elapsed: [500, 20_000] },
  },
  {
    name: 'rebooting, connect timeout 0',
    begin: { dark: 4_000 },
    ...quick,
    expect: { ...away, elapsed: atOnce, journal: 'rebooting' },
  },
  {
    name: 'rebooting, connect timeout above the dark time',
    begin: { dark: 1_000 },
    ...quick,
    connectTimeout: 20,
    expect: { ...done, elapsed: [300, 20_000] },
  },
  {
    name: 'connection refused on the way',
    begin: 'away',
    ...quick,
    faults: [{ kind: 'link.refuse' }],
    connectTimeout: 2,
    meanwhile: [{ after: 0, do: 'start' }],
    expect: { ...away, elapsed: [2_000, 6_000] },
  },
  {
    name: 'refused by the hub',
    begin: 'away',
    ...quick,
    faults: [{ kind: 'hub.refuse', connack: 3 }],
    connectTimeout: 2,
    meanwhile: [{ after: 0, do: 'start' }],
    expect: { ...away, elapsed: [2_000, 6_000] },
  },
  {
    name: 'refused by the hub over AMQP',
    begin: 'away',
    ...quick,
    ...amqp,
    faults: [{ kind: 'hub.refuse', condition: 'amqp:resource-limit-exceeded' }],
    connectTimeout: 2,
    meanwhile: [{ after: 0, do: 'start' }],
    expect: { ...away, elapsed: [2_000, 6_000] },
  },
  {
    name: 'expired token',
    begin: 'away',
    ...quick,
    faults: [{ kind: 'link.expired-token' }],
    connectTimeout: 2,
    meanwhile: [{ after: 0, do: 'start' }],
    expect: { ...away, elapsed: [2_000, 6_000] },
  },
  {
    name: 'a clock that is two hours behind',
    begin: 'away',
    ...quick,
    faults: [{ kind: 'link.skewed-clock', by: -7_200_000 }],
    connectTimeout: 2,
    meanwhile: [{ after: 0, do: 'start' }],
    expect: { ...away, elapsed: [2_000, 6_000] },
  },
  {
    name: 'kept offline',
    ...quick,
    faults: [{ kind: 'link.offline' }],
    waitFor: 'offline',
    expect: { ...away, elapsed: atOnce, journal: 'by fault' },
  },
  {
    name: 'kept offline, back within the connect timeout',
    ...quick,
    faults: [{ kind: 'link.offline' }],
    waitFor: 'offline',
    connectTimeout: 20,
    meanwhile: [{ after: 300, do: 'lift' }],
    expect: { ...done, elapsed: [300, 20_000] },
  },

  // --- the device is there, and nobody answers ---
  {
    name: 'the reply never leaves',
    ...quick,
    faults: [{ kind: 'reply.never' }],
    expect: { ...noAnswer, executed: 1, journal: 'executed the method, and fault' },
  },
  {
    name: 'executed to its end, unanswered',
    ...quick,
    faults: [{ kind: 'reply.unanswered' }],
    expect: { ...noAnswer, executed: 1, journal: 'kept its reply' },
  },
  {
    name: 'the reply names another request',
    ...quick,
    faults: [{ kind: 'reply.wrong-rid' }],
    expect: { ...noAnswer, executed: 1 },
  },
  {
    name: 'the reply is over 128 KB',
    ...quick,
    faults: [{ kind: 'reply.oversize' }],
    expect: { ...noAnswer, executed: 1 },
  },
  {
    name: 'the request never arrives',
    ...quick,
    faults: [{ kind: 'hub.request-lost' }],
    expect: { ...noAnswer, executed: 0, journal: 'which never executed it' },
  },
  {
    // It arrives once the link heals, and is executed although the caller gave up long ago.
    name: 'a half-open link',
    ...quick,
    faults: [{ kind: 'link.half-open' }],
    expect: { ...noAnswer, executed: 1, journal: 'half-open' },
  },
  {
    name: 'a half-open link over AMQP',
    ...quick,
    ...amqp,
    faults: [{ kind: 'link.half-open' }],
    expect: { ...noAnswer, executed: 1, journal: 'half-open' },
  },
  {
    name: 'a device that locked up',
    behaviour: { kind: 'lockup', method: 'hang' },
    method: 'hang',
    powerCycle: true,
    expect: { ...noAnswer, executed: 1 },
  },
  {
    name: 'an unknown method, and a device that ignores those',
    behaviour: { kind: 'reboot' },
    method: 'nobodyKnowsThis',
    methods: { unknown: 'silence' },
    expect: { ...noAnswer },
  },

  // --- too late ---
  {
    name: 'the device works longer than the response timeout',
    ...working(6_000),
    expect: { ...noAnswer, executed: 1, journal: 'after the deadline' },
  },
  {
    name: 'the reply comes half a second after the deadline',
    ...quick,
    faults: [{ kind: 'reply.late', by: fixed(500) }],
    expect: { ...noAnswer, executed: 1, journal: 'after the deadline' },
  },
  {
    name: 'the reply is held longer than the response timeout',
    ...quick,
    faults: [{ kind: 'reply.delay', delay: fixed(6_000) }],
    expect: { ...noAnswer, executed: 1, journal: 'in the device; the hub dropped it' },
  },
  {
    name: 'the reply is held, and lifted in time',
    ...quick,
    faults: [{ kind: 'reply.delay', delay: fixed(60_000) }],
    meanwhile: [{ after: 500, do: 'lift' }],
    expect: { ...done, elapsed: [500, 5_000] },
  },
  {
    name: 'a link so slow that the answer is late',
    ...quick,
    faults: [{ kind: 'link.latency', delay: fixed(3_000) }],
    expect: { ...noAnswer, executed: 1 },
  },
  {
    name: 'a half-open link that heals in time',
    ...quick,
    faults: [{ kind: 'link.half-open' }],
    meanwhile: [{ after: 500, do: 'lift' }],
    expect: { ...done, elapsed: [500, 5_000] },
  },
  {
    name: 'the caller retries, and the reply to its first call comes after the deadline',
    ...quick,
    faults: [{ kind: 'reply.late', by: fixed(500), when: { first: 1 } }],
    again: 'after',
    expect: { ...noAnswer, executed: 2, journal: 'after the deadline', again: { httpStatus: 200, deviceStatus: 200 } },
  },
  {
    name: 'the caller gives up early and calls again, and the device does it twice',
    ...working(1_500),
    again: { after: 700 },
    expect: { ...done, elapsed: [1_500, 5_000], executed: 2, again: { httpStatus: 200, deviceStatus: 200 } },
  },

  // --- the connection ends in the middle ---
  {
    name: 'dropped before executing',
    ...quick,
    faults: [{ kind: 'link.drop', at: 'received', when: { first: 1 } }],
    expect: { ...cut, elapsed: atOnce, executed: 0, journal: 'was lost' },
  },
  {
    name: 'dropped after executing: the reply is lost by a reconnect',
    ...quick,
    faults: [{ kind: 'link.drop', at: 'executed', when: { first: 1 } }],
    expect: { ...cut, elapsed: atOnce, executed: 1, journal: 'its reply could no longer leave' },
  },
  {
    name: 'dropped after executing over AMQP',
    ...quick,
    ...amqp,
    faults: [{ kind: 'link.drop', at: 'executed', when: { first: 1 } }],
    expect: { ...cut, elapsed: atOnce, executed: 1 },
  },
  {
    name: 'dropped after replying',
    ...quick,
    faults: [{ kind: 'link.drop', at: 'replied', when: { first: 1 } }],
    expect: { ...done },
  },
  {
    name: 'reset while it works',
    ...working(3_000),
    faults: [{ kind: 'hub.kill', what: 'tcp', at: 'called', after: 500, when: { first: 1 } }],
    expect: { ...cut, elapsed: [500, 4_500], executed: 1, journal: 'by fault' },
  },
  {
    name: 'a TCP reset before executing',
    ...quick,
    faults: [{ kind: 'link.reset', at: 'received', when: { first: 1 } }],
    expect: { ...cut, elapsed: atOnce, executed: 0 },
  },
  {
    name: 'kicked while it works',
    ...working(3_000),
    faults: [{ kind: 'hub.kick', at: 'called', after: 500, when: { first: 1 } }],
    expect: {
      ...{ httpStatus: 400, error: 'ConnectionForcefullyClosedOnNewConnection' },
      ...{ elapsed: [500, 4_500], executed: 1, journal: 'by fault' },
    },
  },
  {
    name: 'the AMQP session ends while it works',
    ...working(3_000),
    ...amqp,
    faults: [{ kind: 'hub.kill', what: 'session', at: 'called', after: 500, when: { first: 1 } }],
    expect: { ...cut, elapsed: [500, 4_500], executed: 1 },
  },
  {
    name: 'the whole fleet reconnects while it works',
    ...working(3_000),
    faults: [{ kind: 'link.storm', when: { after: { event: 'called', lasting: 60_000 } } }],
    expect: { ...cut, elapsed: atOnce, executed: 1 },
  },

  // --- the service itself ---
  {
    name: 'the service answers 503',
    ...quick,
    faults: [{ kind: 'hub.error', status: 503 }],
    expect: { httpStatus: 503, elapsed: atOnce, executed: 0, journal: 'made the service answer 503' },
  },
  {
    name: 'the service answers 429',
    ...quick,
    faults: [{ kind: 'hub.error', status: 429 }],
    expect: { httpStatus: 429, error: 'ThrottlingException', elapsed: atOnce, executed: 0 },
  },
  {
    name: 'the service is slow to begin',
    ...quick,
    faults: [{ kind: 'hub.slow', delay: fixed(1_200) }],
    expect: { ...done, elapsed: [1_200, 5_000], journal: 's in the hub' },
  },

  // --- answered, and odd ---
  {
    name: 'slow, in time',
    ...quick,
    faults: [{ kind: 'reply.delay', delay: fixed(1_500) }],
    expect: { ...done, elapsed: [1_500, 5_000], journal: 's in the device' },
  },
  {
    name: 'delivered twice: executed twice, answered once',
    ...quick,
    faults: [{ kind: 'hub.request-twice' }],
    expect: { ...done, executed: 2 },
  },
  {
    name: 'answered twice: the second answer is dropped',
    ...quick,
    faults: [{ kind: 'reply.duplicate' }],
    expect: { ...done },
  },
  {
    name: 'another device status',
    ...quick,
    faults: [{ kind: 'reply.status', status: 500 }],
    expect: { ...done, deviceStatus: 500, journal: 'The device answered 500' },
  },
  {
    name: 'busy with another call, and refuses',
    ...working(1_500),
    methods: { busy: 'refuse' },
    again: { after: 300 },
    expect: { ...done, elapsed: [1_500, 5_000], again: { httpStatus: 200, deviceStatus: 503 } },
  },
  {
    name: 'busy with another call, and the second waits for its turn too long',
    ...working(3_500),
    methods: { busy: 'queue' },
    again: { after: 300 },
    expect: { ...done, elapsed: [3_500, 5_000], executed: 2, again: { httpStatus: 504 } },
  },
].map((each) => ({ method: 'work', responseTimeout: least, connectTimeout: 0, faults: [], meanwhile: [], ...each }));
