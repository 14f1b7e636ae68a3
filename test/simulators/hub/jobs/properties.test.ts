// What holds for every job request and for every course a job can take.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readJobRequest } from '../../../../simulators/hub/jobs/job-request.ts';
import { openStore } from '../../../../simulators/hub/store/store.ts';
import { Refusal, refuse } from '../../../../simulators/vocabulary/service-errors.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';
import { answered, type Called, ids, someJobs } from './a-jobs.ts';

const checks = { condition: () => undefined, patch: () => undefined };
const fields = ['jobId', 'queryCondition', 'startTime', 'maxExecutionTimeInSeconds', 'updateTwin'] as const;
const call = fc.oneof(
  fc.jsonValue(),
  fc.record({ methodName: fc.oneof(fc.string(), fc.constant('m')), payload: fc.jsonValue() }, { requiredKeys: [] }),
);
const body = fc.record(
  {
    ...Object.fromEntries(fields.map((field) => [field, fc.jsonValue()])),
    type: fc.oneof(fc.constantFrom('scheduleDeviceMethod', 'scheduleUpdateTwin'), fc.jsonValue()),
    cloudToDeviceMethod: call,
  },
  { requiredKeys: [] },
);

test('every body gives a job that can be kept and run, or a refusal that names a field', () => {
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), body), fc.string(), (value, id) => {
      const bytes = Buffer.from(JSON.stringify(value));
      const request = readJobRequest(id, value, bytes, 1_000, checks);
      if (request instanceof Refusal) {
        expect(request.status).toBeGreaterThanOrEqual(400);
        expect(request.message).toMatch(/^(type|jobId|[a-zA-Z]+(\.\w+)?: |The request body)/);
        return;
      }
      const { spec } = request;
      expect(JSON.parse(JSON.stringify(spec))).toEqual(spec);
      expect(spec.startAt).toBeGreaterThanOrEqual(1_000);
      expect((spec.call === undefined) !== (spec.updateTwin === undefined)).toBe(true);
      if (spec.call !== undefined) expect(JSON.parse(spec.call)).toHaveProperty('methodName');
    }),
    { numRuns: 2_000 },
  );
});

const step = fc.oneof(
  fc.record({ do: fc.constant('answer' as const), which: fc.nat(200), fails: fc.boolean() }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.nat(4_000) }),
  fc.constant({ do: 'restart' as const }),
  fc.constant({ do: 'cancel' as const }),
);

test('whatever answers, waits, restarts and cancels come: counts add up, an answered device is never called again', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(150), fc.array(step, { maxLength: 25 }), async (count, steps) => {
      const clock = new VirtualClock();
      const store = openStore(undefined, clock.now());
      const devices = ids(count);
      let life = someJobs({ clock, store, devices });
      life.create('j', { maxExecutionTimeInSeconds: 10 });
      const settled = new Set<string>();
      /** Calls of this life that nobody answered yet. */
      const open = (): Called[] => life.called.filter(({ device }) => !settled.has(device));

      for (const one of steps) {
        const over = ['completed', 'failed', 'cancelled'].includes(life.get('j').status);
        if (one.do === 'wait') await clock.advance(one.ms);
        else if (one.do === 'cancel') life.jobs.cancel('j');
        else if (one.do === 'restart') {
          life.jobs.stop();
          expect(clock.pending).toBe(0);
          life = someJobs({ clock, store, devices });
        } else {
          const waiting = open();
          const chosen = waiting[one.which % Math.max(1, waiting.length)];
          chosen?.answer(one.fails ? refuse('DeviceNotOnline', 'off') : answered());
          await clock.advance(0);
          if (chosen !== undefined && !over) settled.add(chosen.device);
        }
        const { status, deviceJobStatistics: counts } = life.get('j');
        const { deviceCount = 0, failedCount = 0, succeededCount = 0, runningCount = 0, pendingCount = 0 } = counts;
        const counted = failedCount + succeededCount + runningCount + pendingCount;
        if (status === 'cancelled') expect(counted).toBeLessThanOrEqual(deviceCount);
        else expect(counted).toBe(deviceCount);
        if (['completed', 'failed', 'cancelled'].includes(status)) expect(runningCount + pendingCount).toBe(0);
        const called = life.called.map(({ device }) => device);
        expect(new Set(called).size).toBe(called.length);
        expect(life.rows()).toHaveLength(deviceCount);
      }
      await clock.advance(10_001);
      expect(['completed', 'failed', 'cancelled']).toContain(life.get('j').status);
      expect(clock.pending).toBe(0);
    }),
    { numRuns: 150 },
  );
});
