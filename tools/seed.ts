/**
 * @file The seed of the property tests: the same for everybody, so that a run says something of the code and nothing of
 * the day. `CHAINRULE_SEED=random` draws another one, as the long check does; a number repeats it.
 */
import fc from 'fast-check';

const asked = process.env['CHAINRULE_SEED'] ?? '20261126';
const seed = asked === 'random' ? Date.now() | 0 : Number(asked);

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed });
