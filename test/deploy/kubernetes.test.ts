import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fastify, { type FastifyInstance, type FastifySchemaValidationError } from 'fastify';
import { serveCommand } from '../../lib/cli/serve';
import { courseRoot } from '../../lib/paths';
import { buildServer } from '../../lib/serving';
import { at, type Manifest, readManifests, readYaml } from './manifests';

type Labels = Readonly<Record<string, string>>;

const definitionOf = {
  'v1 Namespace': 'V1Namespace',
  'apps/v1 Deployment': 'V1Deployment',
  'v1 Service': 'V1Service',
  'autoscaling/v2 HorizontalPodAutoscaler': 'V2HorizontalPodAutoscaler',
  'policy/v1 PodDisruptionBudget': 'V1PodDisruptionBudget',
  'networking.k8s.io/v1 NetworkPolicy': 'V1NetworkPolicy',
};

describe('the Kubernetes manifests', () => {
  const manifests = readManifests();
  const find = (kind: string): Manifest => manifests.get(kind) ?? assert.fail(`no ${kind}`);
  const deployment = find('Deployment');
  const pod = at(deployment, 'spec.template.spec');
  const container = at(pod, 'containers.0');
  let validator: FastifyInstance;

  before(() => {
    // Fastify's own validator of JSON Schema, told to change nothing.
    const customOptions = {
      removeAdditional: false,
      coerceTypes: false,
      useDefaults: false,
      allErrors: true,
    };
    validator = fastify({ ajv: { customOptions } });
    validator.addSchema(JSON.parse(readFileSync(join(__dirname, 'kubernetes-schema.json'), 'utf8')));
    for (const definition of Object.values(definitionOf)) {
      const body = { $ref: `kubernetes#/definitions/${definition}` };
      validator.post(`/${definition}`, { schema: { body }, attachValidation: true }, async (request) => {
        const problems: readonly FastifySchemaValidationError[] = request.validationError?.validation ?? [];
        return problems.map((each) => `${each.instancePath} ${each.message} ${JSON.stringify(each.params)}`);
      });
    }
  });

  /** How it differs from what Kubernetes knows. */
  async function problemsOf(manifest: Manifest): Promise<string[]> {
    const name = `${manifest.apiVersion} ${manifest.kind}`;
    const definition = Object.entries(definitionOf).find(([each]) => each === name)?.[1];
    if (!definition) return [`${name}: unknown`];
    const answer = await validator.inject({ method: 'POST', url: `/${definition}`, payload: manifest });
    assert.equal(answer.statusCode, 200, answer.body);
    return answer.json();
  }

  it('match the schema of Kubernetes', async () => {
    assert.equal(manifests.size, 6);
    for (const [kind, manifest] of manifests) assert.deepEqual(await problemsOf(manifest), [], kind);
  });

  it('would be refused with a field that is misspelt or missing, or of another type', async () => {
    const wrong = structuredClone(deployment);
    Object.assign(at(wrong, 'spec') as object, { replicas: '3', selector: undefined });
    Object.assign(at(wrong, 'spec.template.spec.containers.0.livenessProbe') as object, {
      failureTreshold: 3,
    });
    assert.deepEqual(await problemsOf(wrong), [
      `/spec must have required property 'selector' {"missingProperty":"selector"}`,
      '/spec/replicas must be integer {"type":"integer"}',
      '/spec/template/spec/containers/0/livenessProbe must NOT have additional properties ' +
        '{"additionalProperty":"failureTreshold"}',
    ]);
    assert.deepEqual(
      await problemsOf({ ...find('HorizontalPodAutoscaler'), apiVersion: 'autoscaling/v2beta2' }),
      ['autoscaling/v2beta2 HorizontalPodAutoscaler: unknown'],
    );
  });

  it('select the pods that the deployment makes', () => {
    const labels = at(deployment, 'spec.template.metadata.labels');
    const spread = at(pod, 'topologySpreadConstraints') as readonly unknown[];
    const selectors = [
      at(deployment, 'spec.selector.matchLabels'),
      at(find('Service'), 'spec.selector'),
      at(find('PodDisruptionBudget'), 'spec.selector.matchLabels'),
      at(find('NetworkPolicy'), 'spec.podSelector.matchLabels'),
      ...spread.map((constraint) => at(constraint, 'labelSelector.matchLabels')),
    ];
    assert.equal(selectors.length, 6);
    for (const selector of selectors) assert.deepEqual(selector, labels);
    const { kind, name } = at(find('HorizontalPodAutoscaler'), 'spec.scaleTargetRef') as Record<
      string,
      unknown
    >;
    assert.deepEqual([kind, name], [deployment.kind, deployment.metadata.name]);
    assert.equal(at(deployment, 'spec.replicas'), undefined, 'two would set how many there are');
  });

  it('send requests to the port that the image listens on', () => {
    const { name, containerPort } = at(container, 'ports.0') as Record<string, unknown>;
    assert.equal(containerPort, Number(serveCommand().opts().port));
    assert.equal(at(find('Service'), 'spec.ports.0.targetPort'), name);
    assert.equal(at(find('NetworkPolicy'), 'spec.ingress.0.ports.0.port'), name);
    for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe'])
      assert.equal(at(container, `${probe}.httpGet.port`), name);
  });

  it('probe routes that need no token, and do not restart a server that loads', async () => {
    const folder = join(courseRoot(), 'data', 'pretrained', 'baseline-cifar10');
    const server = await buildServer({ folder, token: 'x'.repeat(16) }); // its models are not started
    try {
      const statusOf = async (probe: string) =>
        (await server.inject(String(at(container, `${probe}.httpGet.path`)))).statusCode;
      assert.equal(await statusOf('livenessProbe'), 200);
      assert.equal(await statusOf('readinessProbe'), 503);
      assert.equal(await statusOf('startupProbe'), 503);
    } finally {
      await server.close();
    }
  });

  it('leave a pod the time that its requests may take', () => {
    const { operands, unknown } = serveCommand().parseOptions([...(at(container, 'args') as string[])]);
    assert.deepEqual([operands, unknown], [[], []]);
    const [, drain] = /--drain-seconds=(\d+)/.exec(String(at(container, 'args'))) ?? [];
    const before = Number(at(container, 'lifecycle.preStop.sleep.seconds'));
    assert.ok(Number(at(pod, 'terminationGracePeriodSeconds')) > before + Number(drain));
  });

  it('keep to the restricted standard of pod security, with limits and without a writable root', () => {
    const { 'pod-security.kubernetes.io/enforce': enforced } = at(
      find('Namespace'),
      'metadata.labels',
    ) as Labels;
    assert.equal(enforced, 'restricted');
    const { runAsNonRoot, runAsUser, seccompProfile } = at(pod, 'securityContext') as Record<string, unknown>;
    assert.deepEqual([runAsNonRoot, runAsUser, seccompProfile], [true, 10001, { type: 'RuntimeDefault' }]);
    assert.deepEqual(at(container, 'securityContext'), {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    assert.equal(at(pod, 'automountServiceAccountToken'), false);
    for (const kind of ['requests', 'limits'])
      assert.deepEqual(Object.keys(at(container, `resources.${kind}`) as object), ['cpu', 'memory'], kind);
    for (const volume of at(pod, 'volumes') as readonly object[])
      assert.ok('secret' in volume || 'emptyDir' in volume, JSON.stringify(volume));
  });

  it('run the image of this version', () => {
    const { version } = JSON.parse(readFileSync(join(courseRoot(), 'package.json'), 'utf8'));
    const [image] = at(readYaml('kustomization.yaml'), 'images') as readonly Record<string, unknown>[];
    assert.deepEqual([image.name, image.newTag], [at(container, 'image'), version]);
  });
});
