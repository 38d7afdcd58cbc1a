/**
 * @file The seed of the property tests: the same for everybody, so that the result of a run depends on the code and not on
 * the day. `CHAINRULE_SEED=random` draws a new one, as the long check does; a number repeats it.
 */
import fc from 'fast-check';

const asked = process.env['CHAINRULE_SEED'] ?? '20261126';
const seed = asked === 'random' ? Date.now() | 0 : Number(asked);

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed });
