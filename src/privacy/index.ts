/**
 * Personal fields: in the log as salted hashes, their openings beside it, so that a field can be shown to one reader and
 * erased for all without touching the log. Pure. docs/privacy.md.
 */
export * from './hidden';
export { formatDisclosures, parseDisclosure, type Disclosure } from './disclosed';
