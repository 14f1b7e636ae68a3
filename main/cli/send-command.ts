// `hubfleet send`: a cloud-to-device message from a terminal.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Feedback, MessageClient, OutgoingMessage } from '../../simulators/invoker/messages.ts';
import { LabError } from '../../simulators/vocabulary/errors.ts';
import { seconds } from '../../simulators/vocabulary/units.ts';
import { reasonOf } from '../workspace/data-folder.ts';
import { refusalOf } from './answers.ts';
import { identity, jsonText, wholeNumber } from './flags.ts';
import type { CliHost, CliTools } from './host.ts';
import { type HubFlagsOfService, withHubFlags, withMessages } from './target-hub.ts';

interface SendFlags extends HubFlagsOfService {
  readonly body?: string;
  readonly file?: string;
  readonly property?: Readonly<Record<string, string>>;
  readonly messageId?: string;
  readonly contentType?: string;
  readonly ack?: 'none' | 'positive' | 'negative' | 'full';
  readonly expiry?: number;
  readonly wait?: number;
}

export function addSendCommand(program: Command, host: CliHost, tools: CliTools): void {
  withHubFlags(program.command('send').description('send a message to a device or module'), 'AMQPS')
    .alias('c2d-message')
    .argument('<id>', 'device id, or device/module', identity)
    .argument('[text]', 'the body as text')
    .option('--body <json>', 'the body as JSON', jsonText)
    .option('--file <file>', 'the body from a file')
    .option('--property <name=value>', 'a property of the application; may be given again', property)
    .option('--message-id <id>', 'one is made up when left out')
    .option('--content-type <type>', 'application/json with --body')
    .addOption(
      new Option('--ack <outcomes>', 'which outcomes the hub reports').choices([
        'none',
        'positive',
        'negative',
        'full',
      ]),
    )
    .option('--expiry <seconds>', 'how long the hub keeps it; an hour unless told', wholeNumber(1, 172_800, ' s'))
    .option(
      '--wait <seconds>',
      'wait so long for the feedback on it, taking that on other messages too; asks for all outcomes',
      wholeNumber(1, 172_800, ' s'),
    )
    .action((id: string, text: string | undefined, flags: SendFlags) =>
      withMessages(flags, host, tools, async (messages) => {
        const message = messageOf(text, flags, host, tools);
        const feedback = flags.wait === undefined ? undefined : await feedbackOn(message.messageId, messages);
        const { problem } = await messages.send(id, message);
        if (flags.json && problem !== undefined) {
          host.out(JSON.stringify({ to: id, messageId: message.messageId, sent: false, error: problem }));
        }
        if (problem !== undefined) throw refusalOf(`the hub did not take the message for ${id}:`, problem);
        const heard = feedback && (await withLimit(feedback, seconds(flags.wait ?? 0), tools));
        if (flags.json) {
          const outcome = heard === undefined ? {} : { feedback: heard };
          host.out(JSON.stringify({ to: id, messageId: message.messageId, sent: true, ...outcome }));
        } else {
          const size = message.body.length;
          host.out(`sent ${message.messageId} to ${id}, ${size} ${size === 1 ? 'byte' : 'bytes'}`);
          if (heard !== undefined) host.out(`${heard.statusCode}${heard.description ? `: ${heard.description}` : ''}`);
        }
        if (feedback !== undefined && heard === undefined) {
          throw new LabError('hub.refused', `no feedback on ${message.messageId} came within ${flags.wait} s`);
        }
      }),
    );
}

function messageOf(text: string | undefined, flags: SendFlags, host: CliHost, tools: CliTools): OutgoingMessage {
  const { body, file, expiry, wait, contentType = body === undefined ? undefined : 'application/json' } = flags;
  const given = [text, body, file].filter((source) => source !== undefined);
  if (given.length > 1) throw new LabError('input.invalid', 'send: give one body: a text, --body or --file');
  const ack = flags.ack ?? (wait === undefined ? undefined : 'full');
  return {
    body: file === undefined ? Buffer.from(text ?? body ?? '') : readBody(resolve(host.cwd, file)),
    messageId: flags.messageId ?? tools.randomBytes(16).toString('hex'),
    ...(contentType === undefined ? {} : { contentType, contentEncoding: 'utf-8' }),
    ...(ack === undefined ? {} : { ack }),
    ...(expiry === undefined ? {} : { expiresAt: tools.clock.now() + seconds(expiry) }),
    ...(flags.property === undefined ? {} : { properties: flags.property }),
  };
}

function readBody(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new LabError('file.unreadable', `--file: ${file} cannot be read: ${reasonOf(error)}`, undefined, error);
  }
}

/** Listens from now on: resolves, once the link is there, with the promise of what became of the message. */
async function feedbackOn(
  messageId: string | undefined,
  messages: MessageClient,
): Promise<{ readonly heard: Promise<Feedback> }> {
  let found: (feedback: Feedback) => void = () => {};
  const heard = new Promise<Feedback>((resolve) => {
    found = resolve;
  });
  await messages.receiveFeedback((records) => {
    const own = records.find(({ originalMessageId }) => originalMessageId === messageId);
    if (own !== undefined) found(own);
  });
  return { heard };
}

function withLimit(
  { heard }: { readonly heard: Promise<Feedback> },
  limit: number,
  tools: CliTools,
): Promise<Feedback | undefined> {
  return new Promise((resolve) => {
    const cancel = tools.clock.after(limit, () => resolve(undefined));
    void heard.then((feedback) => {
      cancel();
      resolve(feedback);
    });
  });
}

function property(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const split = text.indexOf('=');
  if (split <= 0) throw new InvalidArgumentError('Expected name=value.');
  return { ...before, [text.slice(0, split)]: text.slice(split + 1) };
}
