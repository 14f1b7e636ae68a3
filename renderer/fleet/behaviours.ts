// The behaviours there are, with the forms they are set by. Made from the host's own schemas.
import { acknowledgeSchema, behaviourSchemas, jsonSchemaOf, methodsSchema } from '../../preload/contract/spec-forms.ts';
import { type Form, formOf } from '../widgets/schema/shape.ts';

export const behaviourForms: readonly Form[] = behaviourSchemas.map((schema) => formOf(jsonSchemaOf(schema)));
export const methodsForm: Form = formOf(jsonSchemaOf(methodsSchema));
export const acknowledgeForm: Form = formOf(jsonSchemaOf(acknowledgeSchema));

export const formOfBehaviour = (kind: unknown): Form => {
  const form = behaviourForms.find((each) => each.kind === kind) ?? behaviourForms[0];
  if (!form) throw new Error('there are no behaviours');
  return form;
};
