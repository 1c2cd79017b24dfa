import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import { containersIn, listedContainersIn } from '../../src/records/container-list.ts';

const FIXTURES = new URL('../fixtures/', import.meta.url);
const lists = ['docker', 'docker-cgroupv2'].flatMap((folder) =>
  readdirSync(new URL(folder, FIXTURES))
    .filter((name) => name.startsWith('containers-json-all'))
    .map((name) => `${folder}/${name}`),
);

interface Listed {
  readonly Id: string;
  readonly Names: readonly string[];
  readonly Image: string;
  readonly ImageID: string;
  readonly Labels: Readonly<Record<string, string>>;
}

describe('containersIn', () => {
  for (const name of lists)
    it(`reads ${name}`, () => {
      const answer = JSON.parse(readFileSync(new URL(name, FIXTURES), 'utf8')) as Listed[];
      expect(answer.length).to.be.greaterThan(0);
      expect(containersIn(answer)).to.deep.equal(
        answer.map(({ Id, Names, Image, ImageID, Labels }) => ({
          id: Id,
          name: Names[0]!.replace('/', ''),
          image: Image,
          imageId: ImageID,
          labels: Labels,
        })),
      );
    });

  const one = (more: object): unknown => containersIn([{ Id: 'abcdef0123456789', ...more }])[0];

  it('takes the own name of a container that others are linked to', () => {
    expect(one({ Names: ['/other/alias', '/mine', '/third/alias'] })).to.have.property('name', 'mine');
    expect(one({ Names: ['/other/alias'] })).to.have.property('name', 'other/alias');
    expect(one({ Names: ['bare'] })).to.have.property('name', 'bare');
  });

  it('names a container without a name by the beginning of its id', () => {
    for (const Names of [undefined, null, [], [7]])
      expect(one({ Names })).to.have.property('name', 'abcdef012345');
  });

  it('has nothing where nothing is', () => {
    expect(one({ Labels: null, Image: null })).to.deep.equal({
      id: 'abcdef0123456789',
      name: 'abcdef012345',
      image: '',
      imageId: '',
      labels: {},
    });
  });

  it('passes over entries without an id', () => {
    expect(containersIn([null, 7, {}, { Id: '' }, { Id: 7 }, []])).to.deep.equal([]);
  });

  it('refuses what is no list', () => {
    for (const answer of [null, {}, 'x', { message: 'oh' }, undefined])
      expect(() => containersIn(answer)).to.throw(TypeError, 'not a list');
  });
});

describe('listedContainersIn', () => {
  for (const name of lists)
    it(`reads ${name}`, () => {
      const answer = JSON.parse(readFileSync(new URL(name, FIXTURES), 'utf8')) as (Listed & {
        readonly State: string;
        readonly Created: number;
        readonly Status: string;
      })[];
      const plain = containersIn(answer);
      expect(listedContainersIn(answer)).to.deep.equal(
        answer.map(({ State, Created, Status }, i) => ({
          ...plain[i],
          phase: State === 'running' ? 'up' : State === 'paused' ? 'paused' : 'down',
          createdNano: `${Created}000000000`,
          exitCode: Status.startsWith('Exited (') ? Number.parseInt(Status.slice(8), 10) : undefined,
        })),
      );
    });

  it('knows how a run ended that is about to be followed by another', () => {
    const [one] = listedContainersIn([
      { Id: 'a', State: 'restarting', Status: 'Restarting (3) 1 second ago' },
    ]);
    expect(one).to.include({ phase: 'down', exitCode: 3, createdNano: undefined });
  });
});
