import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { courseRoot } from '../../lib/paths';

/** A Kubernetes object, as far as it has been checked: not at all. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly [field: string]: unknown;
}

/** A file of deploy/, parsed. */
export function readYaml(name: string): unknown {
  return parse(readFileSync(join(courseRoot(), 'deploy', name), 'utf8'));
}

/** What `kubectl apply -k deploy` applies, by kind. */
export function readManifests(): ReadonlyMap<string, Manifest> {
  const { resources } = readYaml('kustomization.yaml') as { readonly resources: readonly string[] };
  return new Map(
    resources.map((name) => readYaml(name) as Manifest).map((manifest) => [manifest.kind, manifest]),
  );
}

/** What is at `path`, such as `spec.ports.0.name`; fails where there is nothing. */
export function at(value: unknown, path: string): unknown {
  return path.split('.').reduce((inside, key) => {
    assert.ok(inside !== null && typeof inside === 'object', `${path}: nothing at ${key}`);
    return (inside as Record<string, unknown>)[key];
  }, value);
}
