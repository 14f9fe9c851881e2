// Eight small skills in one module, since most of each is what they share: which one runs is the manifest's `entry`.
export { alloc } from '../../lib/abi';
export { run as checklist } from '../../checklist/assembly/index';
export { run as csv_query } from '../../csv-query/assembly/index';
export { run as csv_summary } from '../../csv-summary/assembly/index';
export { run as json_diff } from '../../json-diff/assembly/index';
export { run as notarise } from '../../notarise/assembly/index';
export { run as redact } from '../../redact/assembly/index';
export { run as reminder } from '../../reminder/assembly/index';
export { run as text_diff } from '../../text-diff/assembly/index';
