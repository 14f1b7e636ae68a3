// Who asked for the flows of a device hears of each once, and is undone once: when the flow is over, or when it lets go.
import { expect, test } from 'vitest';
import { EachFlow } from '../../../../simulators/devices/flow/each-flow.ts';
import type { Flow } from '../../../../simulators/vocabulary/passages.ts';

class AFlow implements Flow {
  readonly #enders: (() => void)[] = [];
  constructor(readonly name: string) {}
  tap = () => () => {};
  silence = () => () => {};
  readonly silencedBy = [];
  onceOver(run: () => void): void {
    this.#enders.push(run);
  }
  end(): void {
    for (const run of this.#enders) run();
  }
}

function theFlows() {
  const device: { flow: AFlow | undefined; asked: number } = { flow: undefined, asked: 0 };
  const flows = new EachFlow({
    get flow() {
      device.asked += 1;
      return device.flow;
    },
  });
  const lines: string[] = [];
  const noting = (who: string) => (flow: Flow) => {
    const { name } = flow as AFlow;
    lines.push(`${who} ${name}`);
    return () => lines.push(`${who} off ${name}`);
  };
  const opens = (name: string) => {
    device.flow = new AFlow(name);
    flows.opened();
    return device.flow;
  };
  return { device, flows, lines, noting, opens };
}

test('hears of the flow there is, and of those that open later', () => {
  const { flows, lines, noting, opens } = theFlows();
  opens('one');
  flows.each(noting('a'));
  opens('two');
  expect(lines).toEqual(['a one', 'a two']);
});

test('a device without a flow is no trouble, and without anybody who asks its flow is left alone', () => {
  const { device, flows, lines, noting, opens } = theFlows();
  opens('one');
  expect(device.asked).toBe(0);
  device.flow = undefined;
  flows.each(noting('a'));
  expect(lines).toEqual([]);
});

test('a flow that is over is undone, for each who asked, and no more by the undo', () => {
  const { flows, lines, noting, opens } = theFlows();
  const undo = flows.each(noting('a'));
  const one = opens('one');
  flows.each(noting('b'));
  opens('two');
  one.end();
  lines.push('-');
  undo();
  undo();
  expect(lines).toEqual(['a one', 'b one', 'a two', 'b two', 'a off one', 'b off one', '-', 'a off two']);
});

test('the same function given twice is two wishes', () => {
  const { flows, lines, noting, opens } = theFlows();
  const run = noting('a');
  const undo = flows.each(run);
  flows.each(run);
  opens('one');
  undo();
  expect(lines).toEqual(['a one', 'a one', 'a off one']);
});
