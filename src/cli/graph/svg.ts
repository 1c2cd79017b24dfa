import stringWidth from 'string-width';
import { edgesOf, hasOpaque, OPAQUE } from './model.ts';
import type { GraphStage, PipelineGraph } from './model.ts';

/** Everything is placed by the width of a character: a monospaced font has one on every machine. */
const FONT_SIZE = 13;
const CHAR = FONT_SIZE * 0.61;
const BOX_HEIGHT = 46;
const PADDING = 14;
const GAP = { step: 56, row: 14, panel: 20 };
const PANEL = { padding: 20, title: 34 };
const LEAST_BOX = 96;
const MOST_CHARACTERS = 36;

const STYLE = `
  svg { --bg: #f6f7f8; --panel: #fff; --text: #16202a; --muted: #5c6b78; --line: #d5dbe1;
        --source: #0f6e84; --operator: #6a4fc0; --sink: #b8680a; }
  @media (prefers-color-scheme: dark) {
    svg { --bg: #0f1418; --panel: #161d23; --text: #e4eaef; --muted: #94a3af; --line: #33404b;
          --source: #4cb8cf; --operator: #a993f2; --sink: #eaa75c; }
  }
  text { font: ${FONT_SIZE}px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; fill: var(--text); }
  .title { font-weight: 600; font-size: 15px; }
  .muted { font-size: 11px; fill: var(--muted); }
  .panel { fill: var(--panel); stroke: var(--line); }
  .box { fill: var(--bg); stroke: var(--line); }
  .opaque .box { stroke: var(--muted); stroke-dasharray: 4 3; }
  .source .bar { fill: var(--source); } .operator .bar { fill: var(--operator); } .sink .bar { fill: var(--sink); }
  .edge { fill: none; stroke: var(--muted); stroke-width: 1.4; }
  .head { fill: var(--muted); }
`;

interface Box {
  readonly stage: GraphStage;
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

interface Placed {
  readonly boxes: readonly (readonly Box[])[];
  readonly width: number;
  readonly height: number;
}

/** The graphs as a picture: a panel each, one below the other. Light or dark as its reader likes; asks for nothing else. */
export function svg(graphs: readonly PipelineGraph[]): string {
  const places = graphs.map(place);
  const panelWidth = Math.max(...places.map((one) => one.width));
  const panels = graphs.map((graph, i) => drawPanel(graph, places[i]!, panelWidth));
  const legend = hasOpaque(graphs);
  const width = Math.max(panelWidth, legend ? OPAQUE.length * 7 : 0) + 2 * GAP.panel;
  const tops = places.map((_, i) =>
    places.slice(0, i).reduce((top, { height }) => top + height + GAP.panel, GAP.panel),
  );
  const bottom = tops.at(-1)! + places.at(-1)!.height + GAP.panel;
  const height = bottom + (legend ? 16 : 0);
  const name = `Pipelines: ${graphs.map((graph) => graph.name).join(', ')}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escape(name)}">
<style>${STYLE}</style>
<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="head" d="M0 0.5 8 4 0 7.5z"/></marker></defs>
<rect width="100%" height="100%" rx="10" style="fill: var(--bg)"/>
${panels.map((panel, i) => `<g transform="translate(${GAP.panel} ${tops[i]!})">\n${panel}</g>\n`).join('')}${
    legend ? `<text class="muted" x="${GAP.panel}" y="${bottom}">${escape(OPAQUE)}</text>\n` : ''
  }</svg>
`;
}

function drawPanel(graph: PipelineGraph, { boxes, height }: Placed, width: number): string {
  const lines = [
    `<rect class="panel" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>`,
    `<text class="title" x="${PANEL.padding}" y="${PANEL.title - 7}">${escape(graph.name)}</text>`,
    ...edgesOf(graph).map(([[fromStep, fromRow], [toStep, toRow]]) =>
      drawEdge(boxes[fromStep]![fromRow]!, boxes[toStep]![toRow]!),
    ),
    ...boxes.flat().map(drawBox),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/** Steps from left to right, each as wide as its widest stage, the stages of one around the middle. */
function place({ name, steps }: PipelineGraph): Placed {
  const widths = steps.map((stages) => Math.max(...stages.map(boxWidth)));
  const stackOf = (rows: number): number => rows * (BOX_HEIGHT + GAP.row) - GAP.row;
  const inner = stackOf(Math.max(...steps.map(({ length }) => length)));
  const lefts = widths.map((_, i) =>
    widths.slice(0, i).reduce((left, width) => left + width + GAP.step, PANEL.padding),
  );
  const boxes = steps.map((stages, step) =>
    stages.map((stage, row) => ({
      stage,
      x: lefts[step]!,
      y:
        PANEL.title + PANEL.padding / 2 + (inner - stackOf(stages.length)) / 2 + row * (BOX_HEIGHT + GAP.row),
      width: widths[step]!,
    })),
  );
  return {
    boxes,
    width: Math.ceil(
      Math.max(lefts.at(-1)! + widths.at(-1)!, PANEL.padding + stringWidth(name) * 9.5) + PANEL.padding,
    ),
    height: PANEL.title + PANEL.padding * 1.5 + inner,
  };
}

const boxWidth = (stage: GraphStage): number =>
  Math.max(
    LEAST_BOX,
    Math.ceil(2 * PADDING + stringWidth(shorten(stage.name)) * CHAR),
    Math.ceil(2 * PADDING + stringWidth(captionOf(stage)) * 6.8),
  );

function drawBox({ stage, x, y, width }: Box): string {
  const full = [stage.name, stage.kind, stage.journal].filter((part) => part !== undefined).join('\n');
  return `<g class="${stage.kind}${stage.opaque ? ' opaque' : ''}"><title>${escape(full)}</title><rect class="box" x="${x}" y="${y}" width="${width}" height="${BOX_HEIGHT}" rx="6"/><rect class="bar" x="${x}" y="${y + 8}" width="3" height="${BOX_HEIGHT - 16}" rx="1.5"/><text x="${x + PADDING}" y="${y + 20}">${escape(shorten(stage.name))}</text><text class="muted" x="${x + PADDING}" y="${y + 36}">${escape(captionOf(stage))}</text></g>`;
}

function drawEdge(from: Box, to: Box): string {
  const [x1, y1] = [from.x + from.width, from.y + BOX_HEIGHT / 2];
  const [x2, y2] = [to.x - 2, to.y + BOX_HEIGHT / 2];
  const bend = (x2 - x1) / 2;
  return `<path class="edge" marker-end="url(#head)" d="M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}"/>`;
}

const captionOf = ({ kind, journal }: GraphStage): string =>
  journal === undefined ? kind : `${kind}, kept in ${shorten(journal)}`;

const shorten = (text: string): string => {
  const characters = Array.from(text);
  return characters.length <= MOST_CHARACTERS
    ? text
    : `${characters.slice(0, MOST_CHARACTERS - 1).join('')}…`;
};

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escape = (text: string): string => text.replace(/[&<>"]/g, (char) => ENTITIES[char]!);
