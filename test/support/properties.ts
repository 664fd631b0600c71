import fc from 'fast-check';

/**
 * fast-check for the whole suite. The gate draws the same cases every time, so that a failure is of the change under test and can be
 * met again; `PROPERTY_SEED=n` draws others (a property with a seed of its own keeps it).
 */
fc.configureGlobal({ seed: Number(process.env['PROPERTY_SEED'] ?? 1) });

export { fc };
