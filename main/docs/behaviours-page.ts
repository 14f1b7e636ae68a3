// docs/behaviours.md, out of the schemas that the program itself reads fleets with.
import type { z } from 'zod';
import {
  acknowledgeSchema,
  behaviourKinds,
  behaviourSchemas,
  methodsSchema,
  stubSchema,
} from '../../simulators/vocabulary/specs.ts';
import { jsonSchemaOf } from '../commands/json-schemas.ts';
import { made } from './faults-page.ts';
import { fieldsOf, tableOf } from './fields.ts';

export function behavioursPage(): string {
  const kinds = behaviourSchemas.map((schema, index) => ({
    kind: behaviourKinds[index] ?? '',
    ...jsonSchemaOf(schema as z.ZodType),
  }));
  const overview = tableOf(
    ['behaviour', 'title', 'methods'],
    kinds.map(({ kind, title = '', methods = 'any' }) => [
      `[\`${kind}\`](#${kind.toLowerCase()})`,
      title,
      methods === 'any' ? 'any' : methods.map((name) => `\`${name}\``).join(', '),
    ]),
  );
  const parts = kinds.map(({ kind, description = '', ...schema }) =>
    [`### ${kind}`, description, fieldsOf(schema), ...(kind === 'module' ? [ownModule] : [])].join('\n\n'),
  );
  return `${[made('simulators/vocabulary/behaviour-specs.ts'), introduction, '## Behaviours', overview, ...parts]
    .concat(methods, fieldsOf(jsonSchemaOf(methodsSchema)))
    .concat('### Answers by rule', stubs, fieldsOf(jsonSchemaOf(stubSchema)))
    .concat('## Desired properties', acknowledging, fieldsOf(jsonSchemaOf(acknowledgeSchema)))
    .join('\n\n')}\n`;
}

const introduction = `# Behaviours

What the devices of a fleet do on a direct method and with desired properties. Chosen for each fleet, and changed while it runs without dropping a link:

\`\`\`
hubfleet fleet add --name pumps --count 20 --protocol mqtt --behaviour reboot --settings '{"dark":3000}'
hubfleet fleet change pumps --behaviour firmwareUpdate --settings '{"failing":0.1}'
hubfleet fleet change pumps --spec '{"methods":{"unknown":"501"},"acknowledge":{"how":"value","after":200}}'
hubfleet fleet add --name valves --count 5 --spec '{"behaviour":{"kind":"several","of":[{"kind":"reboot"},{"kind":"getStatus"}]},"protocol":{"mqtt":60,"amqp":40}}'
\`\`\`

\`--behaviour\` and \`--settings\` are the field \`behaviour\` of a fleet; \`--spec\` may hold every field of one: \`behaviour\`, \`methods\` and \`acknowledge\` as they are
described here, and \`telemetry\`, \`messages\`, \`modules\`, \`authentication\`, \`connect\`, \`reconnect\`, \`tags\`, \`desired\` and what else a fleet has.
What goes wrong on purpose is in [faults.md](faults.md).`;

const ownModule = `A module is called as ours are: \`request\` has \`name\`, \`rid\`, \`payload\` (text) and \`json\`; \`device\` has \`id\`, \`settings\`, \`reply(status, payload)\`,
\`report(patch)\`, \`wait(ms)\`, \`reboot(ms)\`, \`random()\`, \`twin\` and \`memory\`. What it throws is told on the device and answered with 500; it harms nobody else.

\`\`\`js
export async function onMethod(request, device) {
  if (request.name !== 'blink') return device.reply(404, 'Unknown method');
  await device.wait(200);
  await device.reply(200, { blinked: request.json?.times ?? 1 });
  await device.report({ lastBlink: new Date().toISOString() });
}
\`\`\``;

const methods = `## Methods

\`methods\` of a fleet: what is answered by rule before its behaviour is asked, and what becomes of methods that nobody knows or that come while another is under way.`;

const stubs = `The first rule that fits answers. A text of \`body\` that is one placeholder alone becomes what it stands for, number, list or object.

\`\`\`
hubfleet fleet change pumps --spec '{"methods":{"stubs":[{"method":"get*","nth":3,"status":503},{"method":"get*","body":{"from":"{deviceId}","call":"{count}"}}]}}'
\`\`\``;

const acknowledging = '`acknowledge` of a fleet: what its devices report of desired properties that reached them.';
