// Makes kubernetes-schema.json anew, for another version of Kubernetes:
//   npm install --prefix FOLDER --ignore-scripts @kubernetes/client-node@VERSION
//   node test/deploy/make-kubernetes-schema.mjs FOLDER && npx biome format --write test/deploy/kubernetes-schema.json
// The client is generated from the OpenAPI document of Kubernetes: its classes list fields and types, its declarations say
// which are required. Here it becomes a JSON Schema that refuses fields it does not know, as `kubectl` does.
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const kinds = [
  'V1Namespace',
  'V1Deployment',
  'V1Service',
  'V2HorizontalPodAutoscaler',
  'V1PodDisruptionBudget',
  'V1NetworkPolicy',
];

// What a cluster writes, and disks of one vendor or another: a third of the file, and no part of these manifests.
const leftOut =
  /Status$|^V1(ManagedFieldsEntry|EphemeralContainer)$|^V1(?!Secret|ConfigMap|EmptyDir|Image|PersistentVolumeClaim|Projected)\w*VolumeSource$/;

const folder = resolve(process.argv[2] ?? '.', 'node_modules', '@kubernetes', 'client-node');
const models = join(folder, 'dist', 'gen', 'models');
/** @type {Record<string, { getAttributeTypeMap(): { name: string, baseName: string, type: string, format: string }[] }>} */
const classes = await import(pathToFileURL(join(models, 'all.js')).href);
/** @type {Record<string, object>} */
const definitions = {};
for (const kind of kinds) define(kind);
const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
const release = /OpenAPI spec version: release-([\d.]+)/.exec(
  readFileSync(join(models, 'V1Pod.js'), 'utf8'),
)?.[1];
const $comment = `Kubernetes ${release}, by make-kubernetes-schema.mjs from @kubernetes/client-node ${version}`;
const file = join(import.meta.dirname, 'kubernetes-schema.json');
writeFileSync(file, JSON.stringify({ $id: 'kubernetes', $comment, definitions }));

/** @param {string} name */
function define(name) {
  if (definitions[name]) return;
  const declaration = readFileSync(join(models, `${name}.d.ts`), 'utf8');
  const fields = classes[name]
    .getAttributeTypeMap()
    .filter(({ type }) => !leftOut.test(type.replace(/^Array<(.*)>$/, '$1')));
  const required = fields
    .filter((field) => declaration.includes(`'${field.name}':`))
    .map((field) => field.baseName);
  /** @type {Record<string, object>} */
  const properties = {};
  definitions[name] = {
    type: 'object',
    ...(required.length > 0 && { required }),
    additionalProperties: false,
    properties,
  };
  for (const { baseName, type, format } of fields) properties[baseName] = schemaOf(type, format);
}

/** @returns {object} */
function schemaOf(/** @type {string} */ type, format = '') {
  const list = /^(?:Array|Set)<(.*)>$/.exec(type);
  if (list) return { type: 'array', items: schemaOf(list[1]) };
  const map = /^\{ \[key: string\]: (.*); \}$/.exec(type);
  if (map) return { type: 'object', additionalProperties: schemaOf(map[1]) };
  if (type === 'IntOrString') return { anyOf: [{ type: 'integer' }, { type: 'string' }] };
  if (type === 'number') return { type: format.startsWith('int') ? 'integer' : 'number' };
  if (type === 'string' || type === 'boolean') return { type };
  if (type === 'Date' || type === 'V1MicroTime') return { type: 'string' };
  if (!classes[type]) throw new Error(`${type}: expected a class of the client`);
  define(type);
  return { $ref: `#/definitions/${type}` };
}
