import { showDuration } from '../../../src/overview/units.ts';
import type { PagePipelines } from '../../../src/records/page-state.ts';
import { flowsOf } from '../model/flow.ts';
import type { Flow, FlowStage } from '../model/flow.ts';
import { showCount, showPerSecond } from '../model/units.ts';

interface Props {
  readonly now: PagePipelines | undefined;
  readonly before: PagePipelines | undefined;
}

/** What passes through the pipelines of the process. */
export function Pipelines({ now, before }: Props) {
  if (now === undefined)
    return (
      <div class="blank">
        <strong>Asking dockrx</strong>
        <p>What its pipelines do appears here.</p>
      </div>
    );
  return (
    <section class="pipelines" aria-label="Pipelines">
      {flowsOf(now, before).map((flow) => (
        <FlowCard key={flow.name} flow={flow} />
      ))}
    </section>
  );
}

function FlowCard({ flow }: { readonly flow: Flow }) {
  const steps = [flow.sources, ...flow.operators.map((one) => [one]), flow.sinks];
  return (
    <article class="flow" data-pipeline={flow.name}>
      <header>
        <h2>{flow.name}</h2>
        <span class={`state ${flow.state === 'running' ? 'good' : flow.state === 'failed' ? 'bad' : 'calm'}`}>
          <i class="dot" aria-hidden="true" />
          {flow.state}
        </span>
      </header>
      <div class="graph">
        {steps.map((stages, i) => (
          <div class="step" key={i}>
            {stages.map((stage) => (
              <StageBox key={stage.name} stage={stage} />
            ))}
          </div>
        ))}
      </div>
    </article>
  );
}

/** A sink that keeps up has been given nothing so long ago, in seconds. */
const LONG_LAG = 5;

function StageBox({ stage }: { readonly stage: FlowStage }) {
  const { kind, name, perSecond, delivered, inFlight, dropped, rejected, retries, gaps = 0 } = stage;
  const trouble = [
    [dropped, 'dropped'],
    [rejected, 'rejected'],
    [gaps, gaps === 1 ? 'gap' : 'gaps'],
    [retries, retries === 1 ? 'retry' : 'retries'],
  ] as const;
  return (
    <div class={`stage ${kind}`} data-stage={name} title={stage.targets.join('\n')}>
      <div class="head">
        <strong>{name}</strong>
        <small class="muted">{kind}</small>
      </div>
      <div class="rate">{showPerSecond(perSecond)}</div>
      <ul>
        <li>
          {showCount(delivered)} {kind === 'sink' ? 'delivered' : 'passed'}
        </li>
        <li>
          {showCount(inFlight)} {kind === 'sink' ? 'queued' : 'held'}
        </li>
        {stage.lagSeconds !== undefined && (
          <li class={stage.lagSeconds < LONG_LAG ? '' : 'warn'}>
            {stage.lagSeconds < 1 ? 'no lag' : `${showDuration(stage.lagSeconds)} lag`}
          </li>
        )}
        {stage.newestSeconds !== undefined && <li>newest {showDuration(stage.newestSeconds)} old</li>}
        {stage.connected === false && <li class="bad">not connected</li>}
        {stage.stalled === true && <li class="bad">stalled</li>}
        {trouble
          .filter(([count]) => count > 0)
          .map(([count, what]) => (
            <li key={what} class={what.startsWith('retr') ? 'warn' : 'bad'}>
              {showCount(count)} {what}
            </li>
          ))}
      </ul>
    </div>
  );
}
