// The template of telemetry messages, for the window's preview: it is read and written by the rules the devices have.
export {
  parseTemplate,
  placeholders,
  TemplateProblem,
  writeTemplate,
} from '../../simulators/vocabulary/telemetry-template.ts';
