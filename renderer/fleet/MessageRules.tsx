// What a fleet's devices do with the messages they get: the first rule that fits decides.
import { IconPlus, IconX } from '@tabler/icons-react';
import { Button, IconButton } from '../widgets/Button.tsx';
import { NumberField, SelectField, TextField } from '../widgets/Field.tsx';
import { problemAt, type useDraft } from '../widgets/form.tsx';
import { type Draft, type Rule, type Settlement, speaksMqtt } from './draft.ts';
import styles from './Fleet.module.css';

export const settlementWords: Readonly<Record<Settlement, string>> = {
  complete: 'Complete',
  reject: 'Reject',
  abandon: 'Abandon',
};
const hints: Readonly<Record<Draft['messages'], string>> = {
  complete: 'Every message is taken.',
  reject: 'Every message is refused; its sender is told if it asked for feedback.',
  abandon: 'Every message is given back, and comes again until the hub gives it up.',
  rules: 'The first rule that fits decides.',
};

const mqttHint = ' MQTT has no word for reject and abandon: such a message is left unacknowledged.';

export function MessageRules({ form }: { readonly form: ReturnType<typeof useDraft<Draft>> }) {
  const { draft, change, problems, fields } = form;
  const put = (key: number, part: Partial<Rule>) =>
    change({ rules: draft.rules.map((rule) => (rule.key === key ? { ...rule, ...part } : rule)) });
  const add = () =>
    change({
      rules: [
        ...draft.rules,
        {
          key: Math.max(0, ...draft.rules.map(({ key }) => key)) + 1,
          property: '',
          value: '',
          share: 10,
          do: 'abandon',
        },
      ],
    });
  return (
    <>
      {fields.choice(
        'messages',
        'Messages to devices',
        { ...settlementWords, rules: 'By rules' },
        {
          hint: `${hints[draft.messages]}${draft.messages !== 'complete' && speaksMqtt(draft) ? mqttHint : ''}`,
        },
      )}
      {draft.messages === 'rules' ? (
        <fieldset className={styles.part}>
          <legend className="unseen">Rules for messages</legend>
          {draft.rules.map((rule, place) => (
            <div key={rule.key} className={styles.rule}>
              <TextField
                label="Property"
                mono
                placeholder="any"
                value={rule.property}
                onChange={(event) => put(rule.key, { property: event.target.value })}
              />
              <TextField
                label="Value"
                mono
                placeholder="any"
                disabled={rule.property === ''}
                value={rule.value}
                onChange={(event) => put(rule.key, { value: event.target.value })}
              />
              <NumberField
                label="Share"
                unit="%"
                min={0}
                max={100}
                value={rule.share}
                change={(share) => put(rule.key, { share })}
              />
              <SelectField
                label="Then"
                value={rule.do}
                onChange={(event) => put(rule.key, { do: event.target.value as Settlement })}
              >
                {Object.entries(settlementWords).map(([value, words]) => (
                  <option key={value} value={value}>
                    {words}
                  </option>
                ))}
              </SelectField>
              <IconButton
                label={`Remove rule ${place + 1}`}
                onClick={() => change({ rules: draft.rules.filter(({ key }) => key !== rule.key) })}
              >
                <IconX />
              </IconButton>
            </div>
          ))}
          {problemAt(problems, 'messages') ? <p className={styles.wrong}>{ruleProblem(draft)}</p> : null}
          <div className={styles.pair}>
            {fields.choice('otherwise', 'All others', settlementWords, { at: 'messages.otherwise' })}
            <div className={styles.addRule}>
              <Button icon={<IconPlus aria-hidden="true" />} onClick={add}>
                Add a rule
              </Button>
            </div>
          </div>
        </fieldset>
      ) : null}
    </>
  );
}

/** The schema says of rules only what they may look like; which one is wrong is worked out here. */
function ruleProblem({ rules }: Draft): string {
  if (rules.length === 0) return 'messages: add a rule, or choose what is done with every message.';
  const wrong = rules.findIndex(({ share }) => !(share >= 0 && share <= 100));
  return wrong >= 0 ? `messages: the share of rule ${wrong + 1} must be 0 to 100%.` : 'messages: a rule is too long.';
}
