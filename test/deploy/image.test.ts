import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { serveCommand } from '../../lib/cli/serve';
import { courseRoot } from '../../lib/paths';
import { at, readYaml } from './manifests';

const root = courseRoot();
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const { version, engines } = JSON.parse(read('package.json'));

interface Instruction {
  readonly name: string;
  readonly value: string;
}

/** Without comments, one a line that a backslash continues. */
function instructionsOf(dockerfile: string): Instruction[] {
  const lines = dockerfile
    .replaceAll(/^\s*#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n');
  return lines
    .filter((line) => line.trim())
    .map((line) => {
      const [, name, value] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? assert.fail(`no instruction: ${line}`);
      return { name, value };
    });
}

describe('the Dockerfile', () => {
  const instructions = instructionsOf(read('deploy/Dockerfile'));
  const all = (name: string) => instructions.filter((each) => each.name === name).map(({ value }) => value);
  const last = (name: string) => all(name).at(-1) ?? assert.fail(`no ${name}`);

  it('names one exact version of Node, which the course runs on', () => {
    const [node] = all('ARG')[0].split('=').slice(1);
    assert.match(node, /^\d+\.\d+\.\d+$/);
    const [major, minor] = node.split('.').map(Number);
    const [leastMajor, leastMinor] = engines.node.slice(2).split('.').map(Number);
    assert.ok(major % 2 === 0 && (major > leastMajor || (major === leastMajor && minor >= leastMinor)), node);
    const stages = all('FROM').map((value) => value.split(' AS '));
    const names = stages.map(([, name]) => name);
    for (const [base] of stages)
      assert.ok(
        base === `docker.io/library/node:\${NODE_VERSION}-bookworm-slim` || names.includes(base),
        base,
      );
  });

  it('installs what the lock file says, and runs no script of a package', () => {
    const installs = all('RUN').filter((value) => /\bnpm\b(?! run)/.test(value.replace('/.npm ', ' ')));
    assert.equal(installs.length, 1);
    assert.match(installs[0], /npm ci --ignore-scripts/);
    for (const value of all('RUN')) assert.doesNotMatch(value, /apt|curl|wget|sudo|\|/);
    assert.deepEqual(all('ADD'), []);
  });

  it('copies files that exist and that .dockerignore lets through', () => {
    const allowed = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'));
    const patterns = allowed.map(
      (line) => new RegExp(`^${line.slice(1).replaceAll('.', '\\.').replaceAll('*', '[^/]*')}(/|$)`),
    );
    assert.ok(read('.dockerignore').split('\n').includes('*'), 'nothing is let through but what is named');
    const [model] = all('ARG').flatMap((value) => /^MODEL=(.*)/.exec(value)?.[1] ?? []);
    const copies = all('COPY').filter((value) => !value.startsWith('--from'));
    const sources = copies
      .flatMap((value) => value.split(' ').slice(0, -1))
      .map((path) => path.replace(`\${MODEL}`, model));
    assert.ok(sources.length >= 8);
    for (const source of sources) {
      assert.ok(existsSync(join(root, source)), source);
      assert.ok(
        patterns.some((pattern) => pattern.test(source)),
        source,
      );
    }
  });

  it('runs the server as nobody in particular, as process 1, and says how to ask it', () => {
    assert.match(last('USER'), /^[1-9]\d{3,}:[1-9]\d{3,}$/);
    assert.equal(last('STOPSIGNAL'), 'SIGTERM');
    const [node, script, ...args] = JSON.parse(last('ENTRYPOINT'));
    assert.deepEqual([node, existsSync(join(root, script))], ['node', true]);
    assert.deepEqual(serveCommand().parseOptions(args), { operands: ['/models'], unknown: [] });
    assert.equal(Number(last('EXPOSE')), serveCommand().opts().port);
    const [, check] = /CMD (\[.*\])$/.exec(last('HEALTHCHECK')) ?? [];
    assert.ok(JSON.parse(check)[2].includes(`http://127.0.0.1:${last('EXPOSE')}/v2/health/ready`));
    assert.match(last('ENV'), /NODE_ENV=production HOME=\/tmp/);
  });

  it('is labelled with the version of the course', () => {
    assert.ok(all('LABEL')[0].includes(`org.opencontainers.image.version="${version}"`));
  });
});

describe('compose.yaml', () => {
  const compose = readYaml('compose.yaml');
  const server = at(compose, 'services.server');

  it('publishes the server on this machine only, with a token', () => {
    assert.deepEqual(at(server, 'ports'), [`127.0.0.1:\${PORT:-8501}:8501`]);
    const [secret] = at(server, 'secrets') as readonly string[];
    assert.equal(at(server, 'environment.COURSE_TOKEN_FILE'), `/run/secrets/${secret}`);
    assert.ok(at(compose, `secrets.${secret}.file`));
  });

  it('lets the server write to /tmp and nowhere else, with no rights and limited means', () => {
    assert.equal(at(server, 'read_only'), true);
    assert.match(String(at(server, 'tmpfs.0')), /^\/tmp:size=\d+m,.*noexec/);
    assert.deepEqual(at(server, 'cap_drop'), ['ALL']);
    assert.deepEqual(at(server, 'security_opt'), ['no-new-privileges:true']);
    assert.equal(at(server, 'volumes.0.read_only'), true);
    for (const limit of ['mem_limit', 'cpus', 'pids_limit']) assert.ok(at(server, limit), limit);
  });

  it('waits longer at the end than requests may take', () => {
    assert.ok(
      Number.parseInt(String(at(server, 'stop_grace_period')), 10) > serveCommand().opts().drainSeconds,
    );
  });

  it('builds the image of this version', () => {
    assert.equal(at(server, 'image'), `course-serve:${version}-bare`);
    assert.ok(read('deploy/Dockerfile').includes(` AS ${at(server, 'build.target')}\n`));
  });
});
