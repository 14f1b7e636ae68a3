// How devices can speak, and which device of a fleet speaks which protocol.
export { protocolsOf, protocolText } from '../../simulators/vocabulary/protocols.ts';
export { authenticationKinds, linkProtocols, settlements } from '../../simulators/vocabulary/specs.ts';
