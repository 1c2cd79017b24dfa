import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dot } from '../../src/cli/graph/dot.ts';
import { mermaid } from '../../src/cli/graph/mermaid.ts';
import { edgesOf, graphOf } from '../../src/cli/graph/model.ts';
import type { PipelineGraph } from '../../src/cli/graph/model.ts';
import { svg } from '../../src/cli/graph/svg.ts';
import { needs } from '../harness/needs.ts';
import { useBrowser } from '../web/browser.ts';
import { LINES_SINK, useFolder } from './program.ts';

const WHOLE = `
import { defineSource, derive, from, journaled, pipeline } from 'dockrx';
import { filter, map, of, pipe } from 'rxjs';
import { lines } from './lines';
const numbers = defineSource({ name: 'numbers', open: () => { throw new Error('opened'); } });
const even = pipe(filter((n: number) => n % 2 === 0), map((n) => n / 2));
export default pipeline('whole', from(numbers, journaled(numbers, { dir: 'kept/numbers' }), of(3)), map((n) => Number(n)), even, [
  lines('a'), lines('b'), pipe(map(String), lines('c')),
]);
export const small = pipeline('small', numbers, lines('d'));
`;

const NASTY = `"]; end <script>alert(1)</script> & &amp; #quot; \`x\` \\N \\" %% "\`m\`" --> 日本 🐳`;
const nasty: PipelineGraph = {
  name: NASTY,
  steps: [
    [
      { kind: 'source', name: NASTY, opaque: false },
      { kind: 'source', name: 'plain', opaque: false, journal: NASTY },
    ],
    [{ kind: 'operator', name: 'end', opaque: true }],
    [{ kind: 'sink', name: `${NASTY}-2`, opaque: false }],
  ],
};

describe('cli: graph', () => {
  const folder = useFolder();
  beforeEach(() => folder.write({ 'lines.ts': LINES_SINK, 'p.ts': WHOLE }));

  it('prints Mermaid: every stage as the books name it, opaque ones dashed, and opens nothing', async () => {
    const { code, stdout, stderr } = await folder.run(['graph', 'p.ts']);
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    expect(stdout).to.equal(`flowchart LR
  subgraph p1["small"]
    direction LR
    p1s0r0(["numbers"])
    p1s1r0[["lines"]]
    p1s0r0 --> p1s1r0
  end
  subgraph p0["whole"]
    direction LR
    p0s0r0(["numbers"])
    p0s0r1[("numbers-journal<br>kept/numbers")]
    p0s0r2(["observable"]):::opaque
    p0s1r0["operator-1"]:::opaque
    p0s2r0["operator-2"]:::opaque
    p0s3r0[["lines"]]
    p0s3r1[["lines-2"]]
    p0s3r2[["sink-3"]]:::opaque
    p0s0r0 --> p0s1r0
    p0s0r1 --> p0s1r0
    p0s0r2 --> p0s1r0
    p0s1r0 --> p0s2r0
    p0s2r0 --> p0s3r0
    p0s2r0 --> p0s3r1
    p0s2r0 --> p0s3r2
  end
  %% dashed: seen as one stage, whatever it is made of
  classDef opaque stroke-dasharray: 4 3
`);
  });

  it('writes a file in the format that its ending or --format says', async () => {
    const wrote = async (...args: readonly string[]): Promise<string> => {
      expect(await folder.run(['graph', 'p.ts', '--out', ...args])).to.deep.equal({
        code: 0,
        stdout: '',
        stderr: '',
      });
      return readFileSync(join(folder.path, args[0]!), 'utf8');
    };
    expect(await wrote('g.svg')).to.match(/^<svg xmlns/);
    expect(await wrote('g.gv')).to.match(/^digraph /);
    expect(await wrote('g.mmd')).to.match(/^flowchart LR/);
    expect(await wrote('g.svg', '--format', 'dot')).to.match(/^digraph /);
  });

  it('writes over no pipeline file, and says what it cannot write', async () => {
    expect(await folder.run(['graph', 'p.ts', '--out', './p.ts'])).to.deep.equal({
      code: 2,
      stdout: '',
      stderr: 'p.ts: --out is one of the pipeline files\n',
    });
    expect(readFileSync(join(folder.path, 'p.ts'), 'utf8')).to.equal(WHOLE);
    const { code, stderr } = await folder.run(['graph', 'p.ts', '--out', 'nowhere/g.svg']);
    expect({ code, stderr }).to.include({ code: 2 });
    expect(stderr).to.match(/^nowhere\/g\.svg: cannot be written: ENOENT.*\n$/);
  });

  it('tells of a wrong file as check does', async () => {
    folder.write({ 'bad.ts': 'const = 1;' });
    expect(await folder.run(['graph', 'bad.ts'])).to.deep.equal({
      code: 2,
      stdout: '',
      stderr: 'bad.ts:1:7: Expected identifier but found "="\n',
    });
  });

  it('has only text in it that can be printed', () => {
    const source = Object.assign(() => undefined, { pipe: () => undefined }) as never;
    const named = (name: string): never =>
      Object.defineProperty(() => undefined, 'name', { value: name }) as never;
    const { steps } = graphOf({
      name: 'p',
      sources: [source],
      operators: [],
      sinks: [named('a\u0000\u0007\nb\ud800\u202ec')],
    });
    expect(steps.at(-1)![0]!.name).to.equal('a\ufffd\ufffd\ufffdb\ufffd\ufffdc');
  });

  it('joins each stage with all of the next step', () => {
    expect(edgesOf(nasty)).to.deep.equal([
      [
        [0, 0],
        [1, 0],
      ],
      [
        [0, 1],
        [1, 0],
      ],
      [
        [1, 0],
        [2, 0],
      ],
    ]);
  });

  it('puts into Mermaid any name by numbers', () => {
    const text = mermaid([nasty]);
    expect(text).to.contain(
      'p0["#34;#93;#59; end #60;script#62;alert(1)#60;/script#62; #38; #38;amp#59; #35;quot#59; #96;x#96; ' +
        '#92;N #92;#34; #37;#37; #34;#96;m#96;#34; --#62; 日本 🐳"]',
    );
    for (const line of text.split('\n')) expect(line).not.to.match(/".*".*"/);
  });

  describe('for Graphviz', () => {
    needs('graphviz');

    it('is read by it with every name as it is', () => {
      const json = execFileSync('dot', ['-Tjson0'], { input: dot([nasty, nasty]), encoding: 'utf8' });
      const { objects, edges } = JSON.parse(json) as {
        objects: readonly { label: string }[];
        edges: readonly object[];
      };
      // It gives labels back as they are written, with what it would print for a reader of HTML.
      const labels = objects.map(({ label }) => label.replaceAll('&amp;', '&').replace(/\\(["\\])/g, '$1'));
      const one = [NASTY, NASTY, `plain\\n${NASTY}`, 'end', `${NASTY}-2`];
      expect(labels.toSorted()).to.deep.equal([...one, ...one].sort());
      expect(edges).to.have.length(6);
    });
  });

  describe('as SVG', () => {
    const open = useBrowser();

    const addressOf = (text: string): string =>
      `data:image/svg+xml;base64,${Buffer.from(text).toString('base64')}`;

    it('is well-formed, holds every name as text, runs and asks for nothing', async () => {
      const text = svg([nasty, nasty]);
      const { page, complaints } = await open(addressOf(text));
      const textsOf = (name: string): Promise<string[]> => page.locator(name).allTextContents();
      expect(await textsOf('parsererror')).to.deep.equal([]);
      expect(await textsOf('script, image, a, use, foreignObject, [href]')).to.deep.equal([]);
      expect(await textsOf('title')).to.include(`${NASTY}\nsource`);
      expect(await textsOf('text')).to.include.members([NASTY, 'end', 'operator', 'source']);
      expect(text.match(/https?:[^"]*/g)).to.deep.equal(['http://www.w3.org/2000/svg']);
      expect(complaints).to.deep.equal([]);
    });

    it('fits its names into their boxes, in the dark too', async () => {
      const { page } = await open(addressOf(svg([nasty])), { colorScheme: 'dark' });
      const stages = await page.locator('g.source, g.operator, g.sink').all();
      expect(stages).to.have.length(4);
      for (const stage of stages) {
        const box = (await stage.locator('.box').boundingBox())!;
        for (const text of await stage.locator('text').all()) {
          const { x, width } = (await text.boundingBox())!;
          expect(x + width).to.be.below(box.x + box.width);
        }
      }
      const fills = await page
        .locator('.panel, .title')
        .evaluateAll((found) => found.map((one) => getComputedStyle(one).getPropertyValue('fill')));
      expect(fills).to.deep.equal(['rgb(22, 29, 35)', 'rgb(228, 234, 239)']);
    });
  });
});
