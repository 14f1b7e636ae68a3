// What a fleet's devices do on a direct method and with desired properties: the fields are made from the behaviours' own schemas.
import type { useDraft } from '../widgets/form.tsx';
import { SchemaFields, VariantChoice } from '../widgets/schema/SchemaFields.tsx';
import { Words } from '../widgets/Words.tsx';
import { acknowledgeForm, behaviourForms, formOfBehaviour, methodsForm } from './behaviours.ts';
import type { Draft } from './draft.ts';
import styles from './Fleet.module.css';

type Form = ReturnType<typeof useDraft<Draft>>;

export function BehaviourFields({ form: { draft, change, problems } }: { readonly form: Form }) {
  const form = formOfBehaviour(draft.behaviour.kind);
  return (
    <>
      <VariantChoice
        label="Behaviour"
        variants={behaviourForms}
        form={form}
        change={(behaviour) => change({ behaviour })}
      />
      <p className={styles.saying}>
        <Words text={form.description} />
      </p>
      {form.fields.length === 0 ? null : (
        <fieldset className={styles.part}>
          <legend className="unseen">Parameters of the behaviour</legend>
          <SchemaFields
            form={form}
            value={draft.behaviour}
            change={(behaviour) => change({ behaviour })}
            problems={problems}
            at="behaviour"
          />
        </fieldset>
      )}
    </>
  );
}

export function MethodFields({ form: { draft, change, problems } }: { readonly form: Form }) {
  return (
    <>
      <fieldset className={styles.titled}>
        <legend>Methods</legend>
        <SchemaFields
          form={methodsForm}
          value={draft.methods}
          change={(methods) => change({ methods })}
          problems={problems}
          at="methods"
        />
      </fieldset>
      <fieldset className={styles.titled}>
        <legend>Desired properties are acknowledged</legend>
        <SchemaFields
          form={
            draft.acknowledge.how === 'value'
              ? acknowledgeForm
              : {
                  ...acknowledgeForm,
                  fields: acknowledgeForm.fields.filter(
                    ({ name }) => name === 'how' || (name === 'after' && draft.acknowledge.how !== 'never'),
                  ),
                }
          }
          value={draft.acknowledge}
          change={(acknowledge) => change({ acknowledge })}
          problems={problems}
          at="acknowledge"
        />
      </fieldset>
    </>
  );
}
