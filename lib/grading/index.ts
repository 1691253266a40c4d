export { assertClose, assertShape } from './assertions';
export { check } from './check';
